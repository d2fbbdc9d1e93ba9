import { addBuckets, type BucketColumns, type Buckets, quantileMs } from './buckets.ts'
import { fence, isCounter, type Scope } from './service-detail.ts'
import { inSpan } from './services.ts'
import type { Store } from './store.ts'

export type SeriesQuery = Scope & {
  signal: 'requests' | 'error_ratio' | 'latency' | 'log_errors' | 'metric'
  by: 'version' | 'route' | 'none'
  stepS: number
  quantile: number
  route?: string | undefined
  metric?: string | undefined
  version?: string | undefined
}

/** One step of one series: start in seconds since the epoch, value, and the requests, records or points behind it. */
export type Point = { atS: number; value: number | null; samples: number }
export type OneSeries = { key: string; points: Point[] }

/** Keys that one answer holds; the busiest ones win. */
export const MAX_KEYS = 20

type Row = {
  key: string
  at: string
  n: string
  bad: string
  total: number
  series_kind: string
  series_unit: string
  buckets: BucketColumns
}

const sources: Record<SeriesQuery['signal'], { table: string; columns: string; and: string }> = {
  requests: { table: 'rollup_routes', columns: 'sum(requests) AS n', and: '' },
  error_ratio: { table: 'rollup_routes', columns: 'sum(requests) AS n, sum(errors) AS bad', and: '' },
  latency: {
    table: 'rollup_routes',
    columns: 'sum(requests) AS n, sumMap(bucket_index, bucket_count) AS buckets',
    and: '',
  },
  log_errors: {
    table: 'rollup_logs',
    columns: 'sum(count) AS n',
    and: "AND severity IN ('error', 'fatal')",
  },
  metric: {
    table: 'rollup_metrics',
    columns: 'sum(points) AS n, sum(value_sum) AS total, any(kind) AS series_kind, any(unit) AS series_unit',
    and: `AND metric = {metric:String} AND (kind, unit) = (SELECT kind, unit FROM rollup_metrics FINAL
      WHERE service = {service:String} AND metric = {metric:String} AND ${inSpan} GROUP BY kind, unit ORDER BY sum(points) DESC LIMIT 1)`,
  },
}

/**
 * One signal of a service over time, at most MAX_KEYS series, each point with its sample size.
 * Steps are aligned to multiples of `stepS` since the epoch. Requests and logs are per minute.
 */
export async function readSeries(store: Store, q: SeriesQuery): Promise<{ unit: string; series: OneSeries[] }> {
  const source = sources[q.signal]
  const { where, params } = fence({ ...q, ...(q.version && { build: { version: q.version, commit: '' } }) })
  const byRoute = source.table === 'rollup_routes'
  const table = byRoute && q.by !== 'route' && q.route === undefined ? 'rollup_services' : source.table
  const key = q.by === 'version' ? 'version' : q.by === 'route' && byRoute ? 'route' : "''"
  const rows = await store.rows<Row>(
    `SELECT ${key} AS key, intDiv(toUnixTimestamp(minute), {step:UInt32}) * {step:UInt32} AS at, ${source.columns}
     FROM ${table} FINAL
     WHERE ${where} ${source.and} ${byRoute && q.route !== undefined ? 'AND route = {route:String}' : ''}
     GROUP BY key, at ORDER BY key, at LIMIT 200000`,
    {
      ...params,
      step: q.stepS,
      ...(byRoute && q.route !== undefined && { route: q.route }),
      ...(q.signal === 'metric' && { metric: q.metric ?? '' }),
    },
  )
  const series = new Map<string, Point[]>()
  for (const row of rows) {
    const points = series.get(row.key) ?? []
    series.set(row.key, points)
    points.push(pointOf(q, row))
  }
  const weight = (points: Point[]) => points.reduce((sum, p) => sum + p.samples, 0)
  return {
    unit: unitOf(q, rows[0]),
    series: [...series]
      .map(([name, points]) => ({ key: name, points }))
      .sort((a, b) => weight(b.points) - weight(a.points))
      .slice(0, MAX_KEYS),
  }
}

function pointOf(q: SeriesQuery, row: Row): Point {
  const atS = Number(row.at)
  const n = Number(row.n)
  // A step that the span cuts is counted over the minutes that lie inside.
  const coveredS = Math.min(atS + q.stepS, Math.ceil(q.toMs / 1000)) - Math.max(atS, Math.floor(q.fromMs / 1000))
  const minutes = Math.max(1, coveredS / 60)
  const buckets = (): Buckets => addBuckets(new Map(), row.buckets)
  const value: Record<SeriesQuery['signal'], () => number | null> = {
    requests: () => n / minutes,
    log_errors: () => n / minutes,
    error_ratio: () => (n === 0 ? null : Number(row.bad) / n),
    latency: () => quantileMs(buckets(), q.quantile),
    metric: () => (isCounter(row.series_kind) ? row.total / minutes : n === 0 ? null : row.total / n),
  }
  return { atS, value: value[q.signal](), samples: n }
}

function unitOf(q: SeriesQuery, row: Row | undefined): string {
  if (q.signal === 'error_ratio') return 'ratio'
  if (q.signal === 'latency') return 'ms'
  if (q.signal === 'metric')
    return row ? (isCounter(row.series_kind) ? `${row.series_unit || '1'}/min` : row.series_unit) : ''
  return 'per_minute'
}
