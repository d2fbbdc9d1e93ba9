import type { Store } from './store.ts'

/** Rollups as people look at them: sums over steps of time. All reads are bounded by a span and a limit. */
export type RouteStep = {
  /** Milliseconds since the epoch, start of the step. */
  at_ms: number
  version: string
  commit: string
  route: string
  requests: number
  errors: number
  duration_sum_ns: number
  index: number[]
  count: number[]
}

export type Span = { service: string; environment: string; fromMs: number; toMs: number }

const RANGE = 'minute >= fromUnixTimestamp({from_s:Int64}) AND minute < fromUnixTimestamp({to_s:Int64})'
const OF_SERVICE = `service = {service:String} AND environment = {environment:String} AND ${RANGE}`
const params = (s: Span) => ({
  service: s.service,
  environment: s.environment,
  from_s: Math.floor(s.fromMs / 60_000) * 60,
  to_s: Math.ceil(s.toMs / 60_000) * 60,
})

/**
 * Requests, errors and latency histograms of a service per step, split by what is asked for. `stepS` is a multiple of 60.
 * Pass `index` and `count` to `mergeBuckets` and `quantileMs` of ./histogram.ts.
 */
export async function routeSteps(
  store: Store,
  o: Span & { stepS: number; by: readonly ('version' | 'route')[]; route?: string | undefined; limit?: number },
): Promise<RouteStep[]> {
  const version = o.by.includes('version')
  const route = o.by.includes('route')
  return store
    .rows<RouteStep>(
      `SELECT toUnixTimestamp(toStartOfInterval(minute, toIntervalSecond({step:UInt32}))) * 1000 AS at_ms,
       ${version ? 'version, commit' : "'' AS version, '' AS commit"}, ${route ? 'route' : "'' AS route"},
       toFloat64(sum(requests)) AS requests, toFloat64(sum(errors)) AS errors, toFloat64(sum(duration_sum_ns)) AS duration_sum_ns,
       (sumMap(bucket_index, bucket_count) AS buckets).1 AS index, arrayMap(n -> toFloat64(n), buckets.2) AS count
     FROM (SELECT * FROM rollup_routes FINAL WHERE ${OF_SERVICE} AND requests > 0 ${o.route === undefined ? '' : 'AND route = {route:String}'})
     GROUP BY at_ms, version, commit, route ORDER BY at_ms, version, commit, route LIMIT {limit:UInt32}`,
      { ...params(o), step: o.stepS, limit: o.limit ?? 20_000, ...(o.route !== undefined && { route: o.route }) },
    )
    .then((rows) => rows.map((r) => ({ ...r, at_ms: Number(r.at_ms) })))
}

export type ServiceRow = {
  service: string
  environment: string
  requests: number
  errors: number
  last_minute_ms: number
  versions: string[]
  index: number[]
  count: number[]
}

/** Services seen in a span, busiest first. */
export async function listServices(
  store: Store,
  o: { fromMs: number; toMs: number; limit?: number },
): Promise<ServiceRow[]> {
  const rows = await store.rows<ServiceRow>(
    `SELECT service, environment, toFloat64(sum(requests)) AS requests, toFloat64(sum(errors)) AS errors,
       toUnixTimestamp(max(minute)) * 1000 AS last_minute_ms, arraySort(groupUniqArray(20)(version)) AS versions,
       (sumMap(bucket_index, bucket_count) AS buckets).1 AS index, arrayMap(n -> toFloat64(n), buckets.2) AS count
     FROM (
       SELECT service, environment, minute, version, requests, errors, bucket_index, bucket_count FROM rollup_routes FINAL WHERE ${RANGE} AND requests > 0
       UNION ALL SELECT service, environment, minute, version, 0, 0, [], [] FROM rollup_edges FINAL WHERE ${RANGE} AND requests > 0
       UNION ALL SELECT service, environment, minute, version, 0, 0, [], [] FROM rollup_logs FINAL WHERE ${RANGE} AND count > 0
       UNION ALL SELECT DISTINCT service, environment, minute, version, 0, 0, [], [] FROM rollup_metrics FINAL WHERE ${RANGE} AND points > 0
     ) GROUP BY service, environment ORDER BY requests DESC, service, environment LIMIT {limit:UInt32}`,
    {
      from_s: Math.floor(o.fromMs / 60_000) * 60,
      to_s: Math.ceil(o.toMs / 60_000) * 60,
      limit: o.limit ?? 1000,
    },
  )
  return rows.map((r) => ({ ...r, last_minute_ms: Number(r.last_minute_ms) }))
}

export type CallRow = { caller: string; callee: string; requests: number; errors: number }

/** Which service called which in a span. */
export const listCalls = (store: Store, o: { environment: string; fromMs: number; toMs: number }): Promise<CallRow[]> =>
  store.rows<CallRow>(
    `SELECT caller, callee, toFloat64(sum(requests)) AS requests, toFloat64(sum(errors)) AS errors FROM rollup_calls FINAL
     WHERE environment = {environment:String} AND ${RANGE} GROUP BY caller, callee ORDER BY requests DESC, caller, callee LIMIT 5000`,
    {
      environment: o.environment,
      from_s: Math.floor(o.fromMs / 60_000) * 60,
      to_s: Math.ceil(o.toMs / 60_000) * 60,
    },
  )

export type MetricStep = { at_ms: number; version: string; metric: string; kind: string; unit: string; value: number }

/** Metrics of a service per step: mean of gauges and histograms, increase per minute of counters. */
export async function metricSteps(
  store: Store,
  o: Span & { stepS: number; metric?: string | undefined },
): Promise<MetricStep[]> {
  const rows = await store.rows<MetricStep>(
    `SELECT toUnixTimestamp(toStartOfInterval(minute, toIntervalSecond({step:UInt32}))) * 1000 AS at_ms, version, metric, any(kind_) AS kind, any(unit_) AS unit,
       if(kind = 'counter', sum(value_sum) / uniqExact(minute), sum(value_sum) / sum(points)) AS value
     FROM (SELECT *, toString(kind) AS kind_, toString(unit) AS unit_ FROM rollup_metrics FINAL WHERE ${OF_SERVICE} AND points > 0 ${o.metric === undefined ? '' : 'AND metric = {metric:String}'})
     GROUP BY at_ms, version, metric ORDER BY at_ms, metric, version LIMIT 20000`,
    { ...params(o), step: o.stepS, ...(o.metric !== undefined && { metric: o.metric }) },
  )
  return rows.map((r) => ({ ...r, at_ms: Number(r.at_ms) }))
}
