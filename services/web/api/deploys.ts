import { z } from 'zod'
import type { Deploy } from '../../../shared/model/deploy.ts'
import type { Verdict } from '../../../shared/model/verdict.ts'
import { acceptedOf } from '../../../shared/state/accepted.ts'
import { type DeployEventInput, getDeploy, listDeploys, recordDeployEvent } from '../../../shared/state/deploys.ts'
import { getVerdict, getVerdicts } from '../../../shared/store/verdicts.ts'
import { notFound } from '../problem.ts'
import { type Api, ok, type Route, route } from '../route.ts'
import { boundsOf, byId, name, paging, range } from './query.ts'
import { type DeployEvent, type DeployItem, deploy, deployEvent, deployItem, deployList } from './schemas/deploys.ts'
import { verdict } from './schemas/verdicts.ts'

const NOT_YET = 'not judged yet'

/** A deploy as lists show it: with the word, the sentence and the score of its verdict. */
export const withVerdict = (of: Deploy, judged: Verdict | null | undefined): DeployItem => ({
  ...(of as DeployItem),
  verdict: judged?.verdict ?? 'pending',
  reason: judged?.reason ?? NOT_YET,
  verdict_score: judged?.score ?? 0,
})

/** @throws ProblemError 404 */
export async function needDeploy(api: Api, id: string): Promise<Deploy> {
  const found = await getDeploy(api.state, id)
  if (!found) throw notFound('deploy', id)
  return found
}

/** The verdict of a deploy that nobody judged yet. */
export function pendingVerdict(d: Deploy): Verdict {
  const at = { from: d.started_at, to: d.started_at }
  return {
    deploy_id: d.id,
    service: d.service,
    environment: d.environment,
    version: d.version,
    commit: d.commit,
    verdict: 'pending',
    reason: d.first_seen_at
      ? 'Not judged yet: the detector looks at it in its next pass.'
      : 'Not judged yet: no telemetry of this version has arrived.',
    score: 0,
    decided_at: null,
    updated_at: d.updated_at,
    window: { baseline: at, current: at },
    findings: [],
    checked: [],
    power: { smallest_error_ratio: null, smallest_latency: null, needs: null, requests: { baseline: 0, current: 0 } },
    commits: { wording: '', commits: d.commits },
    suspects: [],
    final: false,
  }
}

/** Without the fields that are null: nothing was told of them. */
function told({ environment, version, commit, commits, ...body }: DeployEvent): DeployEventInput {
  const build = { environment: environment ?? '', version: version ?? '', commit: commit ?? '' }
  return { ...withoutNulls(body), ...build, ...(commits && { commits: commits.map(withoutNulls) }) }
}

type WithoutNulls<T> = { [K in keyof T]: Exclude<T[K], null> }
const withoutNulls = <T extends object>(of: T): WithoutNulls<T> =>
  Object.fromEntries(Object.entries(of).filter(([, value]) => value !== null)) as WithoutNulls<T>

export const deployRoutes: Route[] = [
  route({
    method: 'post',
    path: '/api/v1/deploys',
    scope: 'deploy',
    tag: 'deploys',
    summary: 'Tell of a deploy; told twice it is one',
    body: deployEvent,
    answers: { 201: { description: 'Known now', schema: deploy } },
    handle: async ({ body }, api) => {
      const { deploy: d } = await recordDeployEvent(api.state, told(body), 'api', api.clock.nowMs())
      return { status: 201, body: d, headers: { location: `/api/v1/deploys/${d.id}` } }
    },
  }),
  route({
    method: 'get',
    path: '/api/v1/deploys',
    scope: 'read',
    tag: 'deploys',
    summary: 'Deploys, newest first, with the word of their verdict',
    query: z.strictObject({
      service: name.optional(),
      environment: name.optional(),
      version: name.optional(),
      commit: name.min(7, 'must have at least 7 characters').optional(),
      ...range,
      ...paging,
    }),
    csv: true,
    answers: ok(deployList),
    handle: async ({ query }, api) => {
      const { from: _from, to: _to, ...filter } = query
      const page = await listDeploys(api.state, { ...filter, ...boundsOf(query) })
      const verdicts = await getVerdicts(
        api.store,
        page.items.map((d) => d.id),
      )
      return { body: { items: page.items.map((d) => withVerdict(d, verdicts.get(d.id))), next: page.next } }
    },
  }),
  route({
    method: 'get',
    path: '/api/v1/deploys/{id}',
    scope: 'read',
    tag: 'deploys',
    summary: 'One deploy',
    params: byId,
    answers: ok(deployItem),
    handle: async ({ params }, api) => {
      const d = await needDeploy(api, params.id)
      return { body: withVerdict(d, await getVerdict(api.store, d.id)) }
    },
  }),
  route({
    method: 'get',
    path: '/api/v1/deploys/{id}/verdict',
    scope: 'read',
    tag: 'deploys',
    summary: 'Its verdict, with findings, what was checked, and what could have been seen',
    params: byId,
    answers: ok(verdict),
    handle: async ({ params }, api) => {
      const d = await needDeploy(api, params.id)
      const accepted = (await acceptedOf(api.state, d.id)).map((a) => ({
        ...{ anomaly_id: a.anomaly_id, signal: a.signal, dimension: a.dimension },
        ...{ by: a.accepted_by, at: a.accepted_at },
      }))
      const found = (await getVerdict(api.store, d.id)) ?? pendingVerdict(d)
      return { body: accepted.length > 0 ? { ...found, accepted } : found }
    },
  }),
]
