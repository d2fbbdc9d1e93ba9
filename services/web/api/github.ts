import { z } from 'zod'
import { parse } from '../problem.ts'
import { type ForeignEvent, shortText, text, webUrl } from './foreign.ts'
import { toldTime } from './schemas/common.ts'

const event = z.object({
  deployment_status: z.object({
    state: shortText,
    created_at: toldTime,
    environment: text.optional(),
    target_url: text.nullish(),
    log_url: text.nullish(),
  }),
  deployment: z.object({
    id: z.union([z.number(), shortText]),
    sha: shortText,
    ref: text.nullish(),
    environment: text.nullish(),
    created_at: toldTime.optional(),
    payload: z.unknown().optional(),
    creator: z.object({ login: text }).nullish(),
  }),
  repository: z.object({ name: shortText, full_name: shortText, html_url: text.nullish() }),
})

const told = z.object({
  service: shortText.optional(),
  version: shortText.optional(),
  base_commit: shortText.optional(),
})

/**
 * Reads GitHub's `deployment_status`. It becomes a deploy when it succeeds; `deployment.payload` may carry `service`,
 * `version` and `base_commit`, else the repository is the service and the commit the version.
 * @throws ProblemError 400 naming the field
 */
export function readGithubEvent(body: unknown, kind: string | string[] | undefined): ForeignEvent {
  if (kind === 'ping') return { ignored: 'a ping' }
  if (kind !== undefined && kind !== 'deployment_status')
    return { ignored: 'only deployment_status events tell of a deploy: choose "Deployment statuses" in the webhook' }
  const { deployment, deployment_status: status, repository } = parse(event, body, 'body')
  if (status.state !== 'success')
    return { ignored: `the deployment is "${status.state}": it counts once it is a success` }
  const payload = told.safeParse(payloadOf(deployment.payload))
  const extra = payload.success ? payload.data : {}
  return {
    deploy: {
      service: extra.service ?? repository.name,
      environment: status.environment || deployment.environment || '',
      version: extra.version ?? versionOf(deployment.ref, deployment.sha),
      commit: deployment.sha,
      base_commit: extra.base_commit,
      repository: webUrl(repository.html_url) ?? repository.full_name,
      started_at: status.created_at,
      finished_at: status.created_at,
      url: webUrl(status.log_url) ?? webUrl(status.target_url),
      actor: deployment.creator?.login,
      event_id: `${repository.full_name}#${deployment.id}`,
    },
  }
}

/** A tag is a version; a branch is not. */
const versionOf = (ref: string | null | undefined, _sha: string): string =>
  ref && /^(refs\/tags\/)?v?\d+\.\d+/.test(ref) ? ref.replace(/^refs\/tags\//, '') : ''

function payloadOf(payload: unknown): unknown {
  if (typeof payload !== 'string') return payload
  try {
    return JSON.parse(payload)
  } catch {
    return {}
  }
}
