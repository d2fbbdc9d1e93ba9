import type { Deploy, DeployKind } from '../model/deploy.ts'

export type DeploySource = Deploy['sources'][number]

/** A deploy as somebody told of it: the body of `POST /api/v1/deploys`, or what a foreign event was read as. */
export type DeployEventInput = {
  service: string
  environment: string
  version?: string | undefined
  commit?: string | undefined
  base_commit?: string | null | undefined
  commits?: Deploy['commits'] | undefined
  repository?: string | null | undefined
  kind?: DeployKind | undefined
  /** ISO 8601 */
  started_at: string
  finished_at?: string | null | undefined
  url?: string | null | undefined
  actor?: string | null | undefined
  attributes?: Record<string, string> | undefined
  /** What the source calls this event, where it has a name for it; later events of the same name update the same deploy. */
  event_id?: string | undefined
}

/** A version that telemetry showed for the first time, or again after another one had taken over. */
export type Sighting = {
  service: string
  environment: string
  version: string
  commit: string
  kind: 'deploy' | 'rollback'
  firstSeenMs: number
  lastSeenMs: number
}

/** An announcement and the first telemetry are one deploy when they are at most this far apart: a slow rollout takes an hour. */
export const MERGE_WINDOW_MS = 60 * 60_000
/** Git shows seven characters of a revision; fewer are not taken as one. */
const SHORTEST_SHA = 7

export const iso = (ms: number): string => new Date(ms).toISOString()
export const ms = (time: string): number => Date.parse(time)

/** True where one revision is the other, or its abbreviation. */
export function sameCommit(a: string, b: string): boolean {
  if (a === '' || b === '') return false
  if (a === b) return true
  const [short, long] = a.length < b.length ? [a, b] : [b, a]
  return short.length >= SHORTEST_SHA && long.toLowerCase().startsWith(short.toLowerCase())
}

/** True where both name the same build: by commit where both know one, else by version. */
export function sameBuild(a: { version: string; commit: string }, b: { version: string; commit: string }): boolean {
  if (a.commit !== '' && b.commit !== '') return sameCommit(a.commit, b.commit)
  return a.version !== '' && a.version === b.version
}

/** Configuration and flags change without a new build: they are never the same as what telemetry shows of a version. */
export const changesBuild = (kind: DeployKind): boolean => kind !== 'config' && kind !== 'flag'

/**
 * The deploy that a new telling at `atMs` belongs to: the nearest of the same build within the merge window, with no other
 * build between the two (that would make it a return to an older build).
 */
export function findMatch(
  near: readonly Deploy[],
  told: { version: string; commit: string },
  atMs: number,
): Deploy | undefined {
  const builds = near.filter((d) => changesBuild(d.kind))
  const between = (d: Deploy) =>
    builds.some((o) => {
      const t = ms(o.started_at)
      const [low, high] = [Math.min(ms(d.started_at), atMs), Math.max(ms(d.started_at), atMs)]
      return t > low && t < high && !sameBuild(o, told)
    })
  return builds
    .filter((d) => sameBuild(d, told) && Math.abs(ms(d.started_at) - atMs) <= MERGE_WINDOW_MS && !between(d))
    .sort((a, b) => Math.abs(ms(a.started_at) - atMs) - Math.abs(ms(b.started_at) - atMs))[0]
}

const longer = (a: string, b: string) => (b.length > a.length ? b : a)

/** Adds what an event tells to a deploy that is known already. The first announcement's time stays. */
export function mergeEvent(deploy: Deploy, event: DeployEventInput, source: DeploySource, nowMs: number): Deploy {
  const announced = deploy.sources.some((s) => s !== 'telemetry')
  const commit = event.commit ?? ''
  return {
    ...deploy,
    version: deploy.version || (event.version ?? ''),
    commit: sameCommit(deploy.commit, commit) ? longer(deploy.commit, commit) : deploy.commit || commit,
    base_commit: event.base_commit ?? deploy.base_commit,
    commits: event.commits && event.commits.length > 0 ? event.commits : deploy.commits,
    repository: event.repository ?? deploy.repository,
    kind: event.kind && event.kind !== 'deploy' ? event.kind : deploy.kind,
    sources: deploy.sources.includes(source) ? deploy.sources : [...deploy.sources, source],
    started_at: announced ? deploy.started_at : iso(ms(event.started_at)),
    finished_at: event.finished_at ? iso(ms(event.finished_at)) : deploy.finished_at,
    url: event.url ?? deploy.url,
    actor: event.actor ?? deploy.actor,
    attributes: { ...deploy.attributes, ...(event.attributes ?? {}) },
    updated_at: iso(nowMs),
  }
}

/** Adds telemetry of its version to a deploy. Returns the same object where nothing is new. */
export function mergeSighting(
  deploy: Deploy,
  seen: Pick<Sighting, 'firstSeenMs' | 'lastSeenMs'> & Partial<Pick<Sighting, 'version' | 'commit'>>,
  nowMs: number,
): Deploy {
  const first = deploy.first_seen_at === null ? seen.firstSeenMs : Math.min(ms(deploy.first_seen_at), seen.firstSeenMs)
  const last = deploy.last_seen_at === null ? seen.lastSeenMs : Math.max(ms(deploy.last_seen_at), seen.lastSeenMs)
  const telemetryOnly = deploy.sources.every((s) => s === 'telemetry')
  const next: Deploy = {
    ...deploy,
    version: deploy.version || (seen.version ?? ''),
    commit: deploy.commit || (seen.commit ?? ''),
    sources: deploy.sources.includes('telemetry') ? deploy.sources : [...deploy.sources, 'telemetry'],
    started_at: telemetryOnly ? iso(first) : deploy.started_at,
    first_seen_at: iso(first),
    last_seen_at: iso(last),
    updated_at: deploy.updated_at,
  }
  return JSON.stringify(next) === JSON.stringify(deploy) ? deploy : { ...next, updated_at: iso(nowMs) }
}
