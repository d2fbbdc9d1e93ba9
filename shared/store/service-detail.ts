import { addBuckets, type BucketColumns } from './buckets.ts'
import { type Figures, figures, inSpan, inSpanOrMonthBefore, type Span, spanParams } from './services.ts'
import type { Params, Store } from './store.ts'

/** One service in one environment over a span; with `build`, only what that version (or commit) did. */
export type Scope = Span & {
  service: string
  environment: string
  build?: { version: string; commit: string } | undefined
}

/** The condition and values that fence a rollup to `scope`. */
export function fence(scope: Scope): { where: string; params: Params } {
  const { build } = scope
  const params: Params = { ...spanParams(scope), service: scope.service, environment: scope.environment }
  const where = `service = {service:String} AND environment = {environment:String} AND ${inSpan}`
  if (build?.version)
    return { where: `${where} AND version = {version:String}`, params: { ...params, version: build.version } }
  if (build?.commit)
    return {
      where: `${where} AND commit <> '' AND (startsWith(commit, {commit:String}) OR startsWith({commit:String}, commit))`,
      params: { ...params, commit: build.commit },
    }
  return { where, params }
}

type CountRow = { requests: string; errors: string; buckets: BucketColumns }
const figuresOf = (row: CountRow): Figures =>
  figures({
    requests: Number(row.requests),
    errors: Number(row.errors),
    buckets: addBuckets(new Map(), row.buckets),
  })
const counts = 'sum(requests) AS requests, sum(errors) AS errors, sumMap(bucket_index, bucket_count) AS buckets'
const iso = (seconds: string) => new Date(Number(seconds) * 1000).toISOString()

export type VersionFigures = Figures & {
  version: string
  commit: string
  first_seen_at: string
  last_seen_at: string
}

/** Versions that answered requests in the span, the latest first; first and last seen look back a month. */
export async function versionsOf(store: Store, scope: Scope): Promise<VersionFigures[]> {
  const { where, params } = fence(scope)
  const seen = await store.rows<{ version: string; commit: string; first: string; last: string }>(
    `SELECT version, commit, toUnixTimestamp(min(minute)) AS first, toUnixTimestamp(max(minute)) AS last FROM rollup_services
     WHERE service = {service:String} AND environment = {environment:String}
       AND ${inSpanOrMonthBefore()} AND requests > 0
     GROUP BY version, commit ORDER BY first DESC LIMIT 500`,
    params,
  )
  const rows = await store.rows<CountRow & { version: string; commit: string }>(
    `SELECT version, commit, ${counts} FROM rollup_services FINAL WHERE ${where} GROUP BY version, commit HAVING requests > 0 LIMIT 500`,
    params,
  )
  const byBuild = new Map(rows.map((row) => [`${row.version}\0${row.commit}`, row]))
  return seen.flatMap((build) => {
    const row = byBuild.get(`${build.version}\0${build.commit}`)
    if (!row) return []
    const { version, commit } = build
    return [{ version, commit, first_seen_at: iso(build.first), last_seen_at: iso(build.last), ...figuresOf(row) }]
  })
}

/** What a version was the first to say, in the span and the month before it: exception types, and how many log patterns. */
export type FirstSaid = { version: string; exceptions: string[]; log_patterns: number }

/** By version; versions that said nothing first are left out. */
export async function firstSaidBy(store: Store, scope: Scope): Promise<FirstSaid[]> {
  const of = (table: string, name: string) =>
    `SELECT argMin(version, (minute, version)) AS version, toString(${name}) AS said FROM ${table}
     WHERE service = {service:String} AND environment = {environment:String} AND count > 0
       AND ${inSpanOrMonthBefore()} GROUP BY said`
  const rows = await store.rows<{ version: string; exceptions: string[]; patterns: string }>(
    `SELECT version, arraySort(groupArrayIf(20)(said, is_exception)) AS exceptions, countIf(NOT is_exception) AS patterns FROM (
       SELECT version, said, true AS is_exception FROM (${of('rollup_exceptions', 'exception_type')})
       UNION ALL SELECT version, said, false FROM (${of('rollup_log_patterns', 'pattern_id')})
     ) GROUP BY version LIMIT 500`,
    fence(scope).params,
  )
  return rows.map(({ version, exceptions, patterns }) => ({ version, exceptions, log_patterns: Number(patterns) }))
}

/** Routes by requests, the busiest first. */
export async function routesOf(store: Store, scope: Scope, limit = 500): Promise<(Figures & { route: string })[]> {
  const { where, params } = fence(scope)
  const rows = await store.rows<CountRow & { route: string }>(
    `SELECT route, ${counts} FROM rollup_routes FINAL WHERE ${where} GROUP BY route HAVING requests > 0 ORDER BY requests DESC, route LIMIT {limit:UInt32}`,
    { ...params, limit },
  )
  return rows.map((row) => ({ route: row.route, ...figuresOf(row) }))
}

/** Far sides that the service called, the busiest first. */
export async function dependenciesOf(store: Store, scope: Scope, limit = 200): Promise<(Figures & { peer: string })[]> {
  const { where, params } = fence(scope)
  const rows = await store.rows<CountRow & { peer: string }>(
    `SELECT peer, ${counts} FROM rollup_edges FINAL WHERE ${where} GROUP BY peer HAVING requests > 0 ORDER BY requests DESC, peer LIMIT {limit:UInt32}`,
    { ...params, limit },
  )
  return rows.map((row) => ({ peer: row.peer, ...figuresOf(row) }))
}

/** Exception types by count; `first_seen_at` looks back a month. */
export async function exceptionsOf(
  store: Store,
  scope: Scope,
  limit = 200,
): Promise<{ type: string; count: number; first_seen_at: string }[]> {
  const { where, params } = fence(scope)
  const rows = await store.rows<{ type: string; n: string }>(
    `SELECT exception_type AS type, sum(e.count) AS n FROM rollup_exceptions AS e FINAL WHERE ${where} GROUP BY type HAVING n > 0 ORDER BY n DESC, type LIMIT {limit:UInt32}`,
    { ...params, limit },
  )
  if (rows.length === 0) return []
  const first = await store.rows<{ type: string; first: string }>(
    `SELECT exception_type AS type, toUnixTimestamp(min(minute)) AS first FROM rollup_exceptions
     WHERE service = {service:String} AND environment = {environment:String}
       AND ${inSpanOrMonthBefore()} AND count > 0
     GROUP BY type LIMIT 10000`,
    params,
  )
  const firsts = new Map(first.map((row) => [row.type, row.first]))
  return rows.map((row) => ({
    type: row.type,
    count: Number(row.n),
    first_seen_at: iso(firsts.get(row.type) ?? String(params.from)),
  }))
}

/** A metric of one unit and kind, and how far its figures can be trusted: docs/otlp.md, O74, O83 and O85. */
export type MetricFigures = {
  metric: string
  unit: string
  kind: string
  series: number
  mean: number
  points: number
  resets_inferred: number
  single_writer_violations: number
  repeats: number
  skipped: number
}

/** Metrics by name; `mean` is the mean of gauges and histograms, and the increase per minute of counters. */
export async function metricsOf(store: Store, scope: Scope, limit = 1000): Promise<MetricFigures[]> {
  const { where, params } = fence(scope)
  const rows = await store.rows<Record<string, string>>(
    `SELECT metric, unit, kind, uniqExact(series_id) AS series, sum(m.points) AS points,
       sum(value_sum) AS total, uniqExact(minute) AS minutes, sum(m.resets_inferred) AS resets_inferred,
       sum(m.single_writer_violations) AS single_writer_violations, sum(m.repeats) AS repeats, sum(m.skipped) AS skipped
     FROM rollup_metrics AS m FINAL WHERE ${where} AND m.points > 0 GROUP BY metric, unit, kind ORDER BY metric, points DESC LIMIT {limit:UInt32}`,
    { ...params, limit },
  )
  return rows.map((row) => ({
    metric: row.metric ?? '',
    unit: row.unit ?? '',
    kind: row.kind ?? '',
    series: Number(row.series),
    points: Number(row.points),
    resets_inferred: Number(row.resets_inferred),
    single_writer_violations: Number(row.single_writer_violations),
    repeats: Number(row.repeats),
    skipped: Number(row.skipped),
    mean: metricValue(row.kind ?? '', Number(row.total), Number(row.points), Number(row.minutes)),
  }))
}

/** Counters are told per minute, everything else as the mean of its points. */
export const isCounter = (kind: string): boolean => kind === 'counter' || kind === 'sum'

export const metricValue = (kind: string, total: number, points: number, minutes: number): number =>
  isCounter(kind) ? total / Math.max(1, minutes) : total / Math.max(1, points)

/** Environments that the service was seen in during the span, the busiest first. */
export async function environmentsOf(store: Store, service: string, span: Span): Promise<string[]> {
  const rows = await store.rows<{ environment: string }>(
    `SELECT environment FROM (
       SELECT environment, requests AS n FROM rollup_instances WHERE service = {service:String} AND ${inSpan} AND requests > 0
       UNION ALL SELECT environment, toUInt64(0) FROM rollup_logs WHERE service = {service:String} AND ${inSpan} AND count > 0
       UNION ALL SELECT environment, toUInt64(0) FROM rollup_metrics WHERE service = {service:String} AND ${inSpan} AND points > 0
     ) GROUP BY environment ORDER BY sum(n) DESC, environment LIMIT 100`,
    { service, ...spanParams(span) },
  )
  return rows.map((row) => row.environment)
}
