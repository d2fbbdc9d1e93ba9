import { z } from 'zod'
import { listDeploys } from '../../../shared/state/deploys.ts'
import { type OneSeries, readSeries, type SeriesQuery } from '../../../shared/store/series.ts'
import { getVerdicts } from '../../../shared/store/verdicts.ts'
import { invalid } from '../problem.ts'
import { type Api, ok, type Route, route } from '../route.ts'
import { bandOf } from './band.ts'
import { isoOf, name, range, spanOf, whole, within } from './query.ts'
import { type Series, series, seriesSignal } from './schemas/services.ts'
import { placeOf } from './service.ts'

const HOUR_MS = 3_600_000
export const MAX_POINTS = 2000
const GOOD_POINTS = 240
const STEPS_S = [60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200, 86_400]

/**
 * The step of a chart: the smallest usual one with at most 240 points, or the one asked for, in whole minutes.
 * @throws ProblemError 400 naming `step_s` where it makes more than 2000 points
 */
export function stepOf(spanMs: number, asked: number | undefined): number {
  const spanS = spanMs / 1000
  if (asked === undefined)
    return STEPS_S.find((s) => spanS / s <= GOOD_POINTS) ?? Math.ceil(spanS / GOOD_POINTS / 86_400) * 86_400
  const step = Math.ceil(asked / 60) * 60
  if (spanS / step > MAX_POINTS)
    throw invalid(
      '?step_s',
      `it makes more than ${MAX_POINTS} points: ask for at least ${Math.ceil(spanS / MAX_POINTS / 60) * 60}`,
    )
  return step
}

const query = z.strictObject({
  environment: name.optional(),
  signal: seriesSignal.default('requests'),
  quantile: within(0, 1).default(0.99),
  route: name.optional(),
  metric: name.optional(),
  version: name.optional(),
  by: z.enum(['version', 'route', 'none']).default('none'),
  step_s: whole(1, 31_536_000).optional(),
  ...range,
})

/** Every step of the window, with what was measured in it; requests between a line's ends are 0 where nothing came. */
function fill(
  one: OneSeries,
  steps: readonly number[],
  zero: boolean,
): Pick<Series['series'][number], 'points' | 'samples'> {
  const at = new Map(one.points.map((p) => [p.atS, p]))
  const first = one.points[0]?.atS ?? 0
  const last = one.points.at(-1)?.atS ?? 0
  return {
    points: steps.map((s) => [s, at.get(s)?.value ?? (zero && s > first && s < last ? 0 : null)]),
    samples: steps.map((s) => [s, at.get(s)?.samples ?? 0]),
  }
}

async function readBand(api: Api, q: SeriesQuery, steps: readonly number[]): Promise<Series['band']> {
  const lengthMs = Math.max(HOUR_MS, q.toMs - q.fromMs)
  const before = await readSeries(api.store, { ...q, by: 'none', fromMs: q.fromMs - lengthMs, toMs: q.fromMs })
  return bandOf(before.series[0]?.points ?? [], steps, {
    ratio: q.signal === 'error_ratio',
    signed: q.signal === 'metric',
  })
}

async function readDeploys(api: Api, q: SeriesQuery): Promise<Series['deploys']> {
  const { service, environment, fromMs, toMs } = q
  const { items } = await listDeploys(api.state, { service, environment, fromMs, toMs, limit: 200 })
  const verdicts = await getVerdicts(
    api.store,
    items.map((d) => d.id),
  )
  return items.map((d) => ({
    id: d.id,
    started_at: d.started_at,
    version: d.version,
    commit: d.commit,
    kind: d.kind,
    verdict: verdicts.get(d.id)?.verdict ?? null,
  }))
}

const keyOf = (q: SeriesQuery, key: string): Series['series'][number]['key'] =>
  q.by === 'none' ? {} : q.by === 'version' ? { version: key } : { route: key }

async function answer(api: Api, q: SeriesQuery): Promise<Series> {
  const first = Math.floor(q.fromMs / 1000 / q.stepS) * q.stepS
  const count = Math.ceil((q.toMs / 1000 - first) / q.stepS)
  const steps = Array.from({ length: count }, (_, i) => first + i * q.stepS)
  const [read, band, deploys] = await Promise.all([
    readSeries(api.store, q),
    readBand(api, q, steps),
    readDeploys(api, q),
  ])
  const zero = q.signal === 'requests' || q.signal === 'log_errors'
  return {
    signal: q.signal,
    unit: read.unit,
    step_s: q.stepS,
    from: isoOf(q.fromMs),
    to: isoOf(q.toMs),
    series: read.series.map((one) => ({ key: keyOf(q, one.key), ...fill(one, steps, zero) })),
    band,
    deploys,
  }
}

export const seriesRoutes: Route[] = [
  route({
    method: 'get',
    path: '/api/v1/services/{name}/series',
    scope: 'read',
    tag: 'services',
    summary: 'One signal over time, by version, by route or in all, with its band and the deploys of the window',
    params: z.strictObject({ name }),
    query,
    answers: ok(series),
    handle: async ({ params, query: q }, api) => {
      if (q.signal === 'metric' && q.metric === undefined)
        throw invalid('?metric', 'signal=metric needs the name of a metric')
      const asked = spanOf(q, api.clock.nowMs(), HOUR_MS)
      const span = { fromMs: Math.floor(asked.fromMs / 60_000) * 60_000, toMs: asked.toMs }
      const stepS = stepOf(span.toMs - span.fromMs, q.step_s)
      const { environment } = await placeOf(api, params.name, q.environment, span)
      return { body: await answer(api, { ...q, ...span, service: params.name, environment, stepS }) }
    },
  }),
]
