import { z } from 'zod'
import type { Deploy } from '../../../shared/model/deploy.ts'
import { getDeploy } from '../../../shared/state/deploys.ts'
import { readSide, type Side } from '../../../shared/store/compare.ts'
import { getVerdicts } from '../../../shared/store/verdicts.ts'
import { invalid } from '../problem.ts'
import { type Api, ok, type Route, route } from '../route.ts'
import { compareSides } from './compare-sides.ts'
import { needDeploy } from './deploys.ts'
import { byId, id, isoOf } from './query.ts'
import { type Compare, compare } from './schemas/deploys.ts'

const MINUTE_MS = 60_000
const LONGEST_MS = 60 * MINUTE_MS
const POINTS = 60

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

async function other(api: Api, a: Deploy, withId: string | undefined): Promise<Deploy> {
  if (withId === undefined && a.previous_id === null)
    throw invalid('?with', 'nothing was deployed before this one: name the deploy to compare it with')
  const b = await getDeploy(api.state, withId ?? (a.previous_id as string))
  if (!b) throw invalid('?with', 'there is no such deploy')
  return b
}

async function read(api: Api, d: Deploy, windowMs: number, stepS: number): Promise<Side> {
  const fromMs = startOf(d)
  const buildless = d.kind === 'config' || d.kind === 'flag'
  return readSide(api.store, {
    service: d.service,
    environment: d.environment,
    build: buildless ? undefined : { version: d.version, commit: d.commit },
    fromMs,
    toMs: fromMs + windowMs,
    stepS,
  })
}

export const compareRoutes: Route[] = [
  route({
    method: 'get',
    path: '/api/v1/deploys/{id}/compare',
    scope: 'read',
    tag: 'deploys',
    summary: 'Two deploys side by side, aligned on the time since each began; without `with` against the one before',
    params: byId,
    query: z.strictObject({ with: id.optional() }),
    answers: ok(compare),
    handle: async ({ params, query }, api) => {
      const a = await needDeploy(api, params.id)
      const b = await other(api, a, query.with)
      const nowMs = api.clock.nowMs()
      const windowMs = Math.min(lifeMs(a, nowMs), lifeMs(b, nowMs))
      const stepS = Math.max(60, Math.ceil(windowMs / 1000 / POINTS / 60) * 60)
      const [sideA, sideB, verdicts] = await Promise.all([
        read(api, a, windowMs, stepS),
        read(api, b, windowMs, stepS),
        getVerdicts(api.store, [a.id, b.id]),
      ])
      const side = (d: Deploy, of: Side): Compare['a'] => ({
        deploy: d as Compare['a']['deploy'],
        verdict: verdicts.get(d.id)?.verdict ?? 'pending',
        from: isoOf(startOf(d)),
        to: isoOf(startOf(d) + windowMs),
        requests: of.total.requests,
        instances: of.instances,
      })
      return {
        body: {
          a: side(a, sideA),
          b: side(b, sideB),
          window_s: windowMs / 1000,
          step_s: stepS,
          ...compareSides(sideA, sideB, { stepS, windowS: windowMs / 1000 }),
        },
      }
    },
  }),
]
