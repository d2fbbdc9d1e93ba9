import { inSpan, type Span, spanParams } from './services.ts'
import type { Store } from './store.ts'
import { rawWithin } from './within.ts'

type Place = { service: string; environment: string }

/** A metric with many series, and which of its attributes make them: those with the most values first, none that has one only. */
export type MetricLeader = Place & {
  metric: string
  series: number
  points: number
  /** Points of series beyond the ceiling, stored as one. */
  overflow_points: number
  attributes: { key: string; values: number }[]
}

/** Distinct names of one kind that a service sent; `folded` where some were too many and are counted as one. */
export type NameLeader = Place & { what: 'routes' | 'log_patterns' | 'instances'; distinct: number; folded: boolean }

const ATTRIBUTES_SHOWN = 3
const metricTables = ['gauge', 'sum', 'histogram', 'exponential_histogram', 'summary'].map((k) => `otel_metrics_${k}`)
const inTime = rawWithin('TimeUnix', 'toDateTime({from:UInt32})', 'toDateTime({to:UInt32})')

/**
 * Metrics by series in the span, those that overflowed first. From the points themselves: rollups keep fifty series of a metric and
 * minute. Keep the span short.
 */
export async function metricLeaders(store: Store, span: Span, limit: number): Promise<MetricLeader[]> {
  const params = { ...spanParams(span), limit }
  const points = (columns: string, and = '') =>
    metricTables
      .map(
        (t) =>
          `SELECT ServiceName AS service, Environment AS environment, MetricName AS metric, ${columns} FROM ${t} WHERE ${inTime} ${and}`,
      )
      .join(' UNION ALL ')
  const rows = await store.rows<Place & { metric: string; series: string; n: string; over: string }>(
    `SELECT service, environment, metric, uniqExact(id) AS series, count() AS n, sum(is_over) AS over
     FROM (${points(`SeriesId AS id, mapContains(Attributes, 'otel.metric.overflow') AS is_over`)})
     GROUP BY service, environment, metric ORDER BY over > 0 DESC, series DESC, service, environment, metric LIMIT {limit:UInt32}`,
    params,
  )
  if (rows.length === 0) return []
  const named = 'AND MetricName IN {metrics:Array(String)}'
  const keys = await store.rows<Place & { metric: string; key: string; n: string }>(
    `SELECT service, environment, metric, key, uniqExact(value) AS n
     FROM (${points('Attributes AS attributes', named)}) ARRAY JOIN mapKeys(attributes) AS key, mapValues(attributes) AS value
     GROUP BY service, environment, metric, key HAVING n > 1 ORDER BY n DESC, key LIMIT ${ATTRIBUTES_SHOWN} BY service, environment, metric LIMIT 10000`,
    { ...spanParams(span), metrics: rows.map((row) => row.metric) },
  )
  const same = (a: Place & { metric: string }, b: Place & { metric: string }) =>
    a.service === b.service && a.environment === b.environment && a.metric === b.metric
  return rows.map((row) => ({
    ...{ service: row.service, environment: row.environment, metric: row.metric },
    ...{ series: Number(row.series), points: Number(row.n), overflow_points: Number(row.over) },
    attributes: keys.filter((key) => same(key, row)).map(({ key, n }) => ({ key, values: Number(n) })),
  }))
}

/** Services by how many routes, log patterns or instances they had in the span. */
export async function nameLeaders(store: Store, span: Span, limit: number): Promise<NameLeader[]> {
  const of = (what: NameLeader['what'], table: string, column: string, counted: string, folded: string) =>
    `SELECT '${what}' AS what, service, environment, uniqExact(${column}) AS n, max(${folded}) AS fold
     FROM ${table} WHERE ${inSpan} AND ${counted} > 0 GROUP BY service, environment`
  const rows = await store.rows<Place & { what: NameLeader['what']; n: string; fold: number }>(
    `SELECT what, service, environment, n, fold FROM (${[
      of('routes', 'rollup_routes', 'route', 'requests', `route IN ('(other)', 'otel.overflow')`),
      of('log_patterns', 'rollup_log_patterns', 'pattern_id', 'count', '0'),
      of('instances', 'rollup_instances', 'instance', 'requests', '0'),
    ].join(' UNION ALL ')}) WHERE n > 1 ORDER BY fold DESC, n DESC, what, service, environment LIMIT {limit:UInt32}`,
    { ...spanParams(span), limit },
  )
  return rows.map(({ what, service, environment, n, fold }) => ({
    ...{ what, service, environment, distinct: Number(n), folded: Number(fold) === 1 },
  }))
}

/** Spans and log records in which redaction masked something in the span, by rule. */
export async function maskedByRule(store: Store, span: Span): Promise<Map<string, number>> {
  const rows = await store.rows<{ rule: string; n: string }>(
    `SELECT rule, sum(r.count) AS n FROM rollup_redactions AS r FINAL WHERE ${inSpan} GROUP BY rule LIMIT 1000`,
    spanParams(span),
  )
  return new Map(rows.map((row) => [row.rule, Number(row.n)]))
}
