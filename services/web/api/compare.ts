import { z } from 'zod'
import type { Deploy } from '../../../shared/model/deploy.ts'
import { deadline } from '../../../shared/runtime/deadline.ts'
import { getDeploy } from '../../../shared/state/deploys.ts'
import { quantileMs } from '../../../shared/store/buckets.ts'
import { countRequests, readSide, type Side } from '../../../shared/store/compare.ts'
import { readAttributeCounts } from '../../../shared/store/compare-attributes.ts'
import type { Scope } from '../../../shared/store/service-detail.ts'
import { getVerdicts } from '../../../shared/store/verdicts.ts'
import { invalid } from '../problem.ts'
import { type Api, ok, type Route, route } from '../route.ts'
import { attributesOf } from './compare-attributes.ts'
import { compareSides } from './compare-sides.ts'
import { needDeploy } from './deploys.ts'
import { byId, id, isoOf } from './query.ts'
import { type Compare, compare } from './schemas/deploys.ts'

const MINUTE_MS = 60_000
const LONGEST_MS = 60 * MINUTE_MS
const WEEK_MS = 7 * 24 * 60 * MINUTE_MS
const POINTS = 60
/** How long the page waits for attributes, which stand in raw rows only. */
const ATTRIBUTES_MS = 3000
const NOTHING_KEPT = 'No request of these hours of last week is kept: compare with another deploy.'

/** Start, to the minute, of a deploy's telemetry: when it was first seen, else when it was told to begin. */
const startOf = (d: Deploy) => {
  const begun = Date.parse(d.started_at)
  const seen = d.first_seen_at === null ? begun : Date.parse(d.first_seen_at)
  return Math.floor(Math.max(begun, seen) / MINUTE_MS) * MINUTE_MS
}

/** How long it has run: to its last telemetry, else to now, an hour at most. */
const lifeMs = (d: Deploy, nowMs: number) => {
  const until = d.last_seen_at === null ? nowMs : Math.min(nowMs, Date.parse(d.last_seen_at) + MINUTE_MS)
  return Math.min(LONGEST_MS, Math.max(MINUTE_MS, Math.floor((until - startOf(d)) / MINUTE_MS) * MINUTE_MS))
}

/** What a deploy is compared with: another one, or, without a deploy, the same hours of last week. */
type Other = { deploy: Deploy | null; fromMs: number; longestMs: number }

type Query = { with?: string | undefined; baseline: 'deploy' | 'last_week' }

async function otherOf(api: Api, a: Deploy, query: Query): Promise<Other> {
  if (query.baseline === 'last_week') {
    if (query.with !== undefined) throw invalid('?with', 'the same hours of last week are no deploy: leave it out')
    return { deploy: null, fromMs: startOf(a) - WEEK_MS, longestMs: LONGEST_MS }
  }
  if (query.with === undefined && a.previous_id === null)
    throw invalid('?with', 'nothing was deployed before this one: name the deploy to compare it with')
  const deploy = await getDeploy(api.state, query.with ?? (a.previous_id as string))
  if (!deploy) throw invalid('?with', 'there is no such deploy')
  return { deploy, fromMs: startOf(deploy), longestMs: lifeMs(deploy, api.clock.nowMs()) }
}

/** What a deploy's build did from some minute on; everything that the service did, where a deploy has no build or there is none. */
function scopeOf(place: Deploy, of: Deploy | null, fromMs: number, windowMs: number): Scope {
  const buildless = of === null || of.kind === 'config' || of.kind === 'flag'
  return {
    service: (of ?? place).service,
    environment: (of ?? place).environment,
    build: buildless ? undefined : { version: of.version, commit: of.commit },
    fromMs,
    toMs: fromMs + windowMs,
  }
}

/** Attribute values of both sides; null where the engine is too busy to look them up in time. */
async function attributes(api: Api, a: Scope, b: Scope, sideA: Side, sideB: Side): Promise<Compare['attributes']> {
  const slowMs = quantileMs(sideB.total.buckets, 0.95)
  const requests = { a: sideA.total.requests, b: sideB.total.requests }
  const timer = deadline(ATTRIBUTES_MS)
  try {
    return attributesOf(await readAttributeCounts(api.store, { a, b, requests, slowMs }, timer), slowMs)
  } catch (error) {
    if (timer.aborted) return null
    throw error
  }
}

/** A canary answers a share of the requests, and the other side all of last week's. */
const WHOLE = 0.95

/** What makes it weak to compare a deploy with last week. */
async function againstLastWeek(api: Api, a: Scope, sideA: Side, sideB: Side): Promise<string[]> {
  if (sideB.total.requests === 0) return [NOTHING_KEPT]
  const own = sideA.total.requests / Math.max(1, await countRequests(api.store, { ...a, build: undefined }))
  if (own === 0 || own >= WHOLE) return []
  return [
    `This version answered ${percent(own)} of the requests, and the other side are those of all versions: compare ratios and durations, not counts.`,
  ]
}

const percent = (share: number) => `${share < 0.1 ? (100 * share).toFixed(1) : Math.round(100 * share)} %`

export const compareRoutes: Route[] = [
  route({
    method: 'get',
    path: '/api/v1/deploys/{id}/compare',
    scope: 'read',
    tag: 'deploys',
    summary:
      'Two deploys side by side, aligned on the time since each began; without `with` against the one before, with `baseline=last_week` against the same hours of last week',
    params: byId,
    query: z.strictObject({ with: id.optional(), baseline: z.enum(['deploy', 'last_week']).default('deploy') }),
    answers: ok(compare),
    handle: async ({ params, query }, api) => {
      const a = await needDeploy(api, params.id)
      const b = await otherOf(api, a, query)
      const windowMs = Math.min(lifeMs(a, api.clock.nowMs()), b.longestMs)
      const stepS = Math.max(60, Math.ceil(windowMs / 1000 / POINTS / 60) * 60)
      const ofA = scopeOf(a, a, startOf(a), windowMs)
      const ofB = scopeOf(a, b.deploy, b.fromMs, windowMs)
      const [sideA, sideB, verdicts] = await Promise.all([
        readSide(api.store, { ...ofA, stepS }),
        readSide(api.store, { ...ofB, stepS }),
        getVerdicts(api.store, b.deploy ? [a.id, b.deploy.id] : [a.id]),
      ])
      const side = (d: Deploy, of: Side, scope: Scope): Compare['a'] => ({
        deploy: d as Compare['a']['deploy'],
        verdict: verdicts.get(d.id)?.verdict ?? 'pending',
        ...figuresOf(of, scope),
      })
      const compared = compareSides(sideA, sideB, { stepS, windowS: windowMs / 1000 })
      const weak = b.deploy === null ? await againstLastWeek(api, ofA, sideA, sideB) : []
      return {
        body: {
          a: side(a, sideA, ofA),
          b: b.deploy ? side(b.deploy, sideB, ofB) : { deploy: null, verdict: null, ...figuresOf(sideB, ofB) },
          window_s: windowMs / 1000,
          step_s: stepS,
          ...compared,
          warnings: weak[0] === NOTHING_KEPT ? weak : [...weak, ...compared.warnings],
          attributes: await attributes(api, ofA, ofB, sideA, sideB),
        },
      }
    },
  }),
]

const figuresOf = (of: Side, scope: Scope) => ({
  from: isoOf(scope.fromMs),
  to: isoOf(scope.toMs),
  requests: of.total.requests,
  instances: of.instances,
})
