import type { Incident } from '../../shared/model/alert.ts'
import { byWeight } from './severity.ts'
import { safeLink, safeText } from './text.ts'
import type { DeployInfo, Notification, Signal } from './types.ts'

/** More would make a message that nobody reads, and bodies beyond what receivers take (20 kB). */
export const MAX_SIGNALS = 10

/** What is to be said of an incident now. */
export function notificationOf(o: {
  event: 'firing' | 'resolved'
  incident: Incident
  signals: readonly Signal[]
  deploy: DeployInfo | null
  baseUrl: string
  madeAt: string
}): Notification {
  const sorted = [...o.signals].sort(byWeight)
  return {
    event: o.event,
    incident: { ...o.incident, anomaly_ids: o.incident.anomaly_ids.slice(0, MAX_SIGNALS) },
    signals: sorted.slice(0, MAX_SIGNALS).map((s) => ({ ...s, trace_ids: s.trace_ids.slice(0, 3) })),
    truncated: Math.max(0, sorted.length - MAX_SIGNALS),
    deploy: o.deploy && { ...o.deploy, commits: o.deploy.commits.slice(0, 10) },
    base_url: o.baseUrl,
    merged: false,
    made_at: o.madeAt,
  }
}

export const deployLink = (n: Pick<Notification, 'base_url'>, deployId: string): string =>
  `${n.base_url}/deploys/${encodeURIComponent(deployId)}`

/** The page of ours that explains it: the deploy's verdict, else the incident. */
export const linkOf = (n: Pick<Notification, 'base_url' | 'deploy' | 'incident'>): string => {
  const id = n.deploy?.id ?? n.incident.deploy_id
  return id ? deployLink(n, id) : `${n.base_url}/incidents/${encodeURIComponent(n.incident.id)}`
}

export const traceLink = (n: Pick<Notification, 'base_url'>, traceId: string): string =>
  `${n.base_url}/traces/${encodeURIComponent(traceId)}`

/** `owner/name` of a GitHub-like repository URL, or of `owner/name` itself. */
export function repositoryPath(repository: string | null): string | null {
  const path = (repository ?? '').replace(/^(?:https?:\/\/|git@)[^/:]+[/:]/, '').replace(/\.git$|\/$/g, '')
  return /^[\w.-]+\/[\w.-]+$/.test(path) ? path : null
}

/** The difference that was deployed, where repository and both ends are known. */
export function diffUrl(deploy: DeployInfo | null): string | null {
  if (!deploy) return null
  const path = repositoryPath(deploy.repository)
  const commit = safeText(deploy.commit, 64)
  if (!path || !/^[0-9a-fA-F]{7,64}$/.test(commit)) return safeLink(deploy.commits[0]?.url)
  const host = safeLink(deploy.repository)
  const root = host ? host.replace(/\.git$|\/$/g, '') : `https://github.com/${path}`
  const base = deploy.base_commit ?? ''
  return /^[0-9a-fA-F]{7,64}$/.test(base) ? `${root}/compare/${base}...${commit}` : `${root}/commit/${commit}`
}
