import type { Statement } from './statement.ts'

const BASE = ['minute', 'service', 'environment', 'version', 'commit']

const KEY = 'minute, service, environment, version, commit, metric'
const RANGE =
  'TimeUnix >= fromUnixTimestamp64Milli({from_ms:Int64}) AND TimeUnix < fromUnixTimestamp64Milli({to_ms:Int64}) AND toUnixTimestamp(toStartOfMinute(TimeUnix)) IN {minutes:Array(UInt32)}'
/** How far back the point before is looked for: five of the usual export intervals of a minute. */
const LOOKBACK_MS = 300_000
const WIDE = `TimeUnix >= fromUnixTimestamp64Milli({from_ms:Int64} - ${LOOKBACK_MS}) AND TimeUnix < fromUnixTimestamp64Milli({to_ms:Int64})`
/** Per metric, service and minute: a metric with more series than this is summarised by its busiest. */
const MAX_SERIES = 50

const COLUMNS =
  'toStartOfMinute(TimeUnix) AS minute, ServiceName AS service, Environment AS environment, Version AS version, Commit AS commit, MetricName AS metric'
const SERIES = 'if(SeriesId = 0, cityHash64(MetricName, toString(mapSort(Attributes))), SeriesId)'
const LIMITS = `ORDER BY points DESC, series_id LIMIT ${MAX_SERIES} BY minute, service, environment, version, metric`

function statement(kind: string, points: string, source: string): Statement {
  return {
    table: 'rollup_metrics',
    key: [...BASE, 'metric', 'series_id'],
    values: ['points', 'instances', 'value_sum', 'value_min', 'value_max'],
    sql: `INSERT INTO rollup_metrics (${KEY}, series_id, attributes, unit, kind, points, instances, value_sum, value_min, value_max, computed_at)
SELECT ${KEY}, series_id, any(attributes_), any(unit_), '${kind}', ${points} AS points, uniqExact(instance_), sum(value), min(least_), max(most_), fromUnixTimestamp64Milli({computed_ms:Int64})
FROM (${source}) WHERE isFinite(value) GROUP BY ${KEY}, series_id HAVING points > 0 ${LIMITS}`,
  }
}

const MORE = `${SERIES} AS series_id, toString(mapSort(Attributes)) AS attributes_, MetricUnit AS unit_, Instance AS instance_`
/** Flags bit 0: no value was recorded. */
const RECORDED = 'bitAnd(Flags, 1) = 0'

const gauges = statement(
  'gauge',
  'count()',
  `SELECT ${COLUMNS}, ${MORE}, Value AS value, Value AS least_, Value AS most_ FROM otel_metrics_gauge WHERE ${RANGE} AND ${RECORDED}
   UNION ALL SELECT ${COLUMNS}, ${MORE}, Value AS value, Value AS least_, Value AS most_ FROM otel_metrics_sum WHERE ${RANGE} AND ${RECORDED} AND AggregationTemporality != 1 AND NOT IsMonotonic`,
)

const deltas = statement(
  'counter',
  'count()',
  `SELECT ${COLUMNS}, ${MORE}, Value AS value, Value AS least_, Value AS most_ FROM otel_metrics_sum WHERE ${RANGE} AND ${RECORDED} AND AggregationTemporality = 1`,
)

/**
 * Increase since the point before of the same stream. A later start time, or a drop, is a reset: the value itself is the
 * increase since then. The first point of a stream counts from its start where that is near, else it says nothing.
 */
const increase = (column: string) => `multiIf(
  previous_time = toDateTime64(0, 9), if(StartTimeUnix >= TimeUnix - INTERVAL ${LOOKBACK_MS / 1000} SECOND, toFloat64(${column}), nan),
  StartTimeUnix > previous_time OR ${column} < previous_${column}, toFloat64(${column}),
  toFloat64(${column}) - toFloat64(previous_${column}))`
const STREAM =
  'PARTITION BY ServiceName, Environment, Version, Commit, Instance, MetricName, series_id ORDER BY TimeUnix ROWS BETWEEN 1 PRECEDING AND 1 PRECEDING'

const streams = (table: string, columns: string[], where: string) =>
  `SELECT *, any(TimeUnix) OVER (${STREAM}) AS previous_time, ${columns.map((c) => `any(${c}) OVER (${STREAM}) AS previous_${c}`).join(', ')}
   FROM (SELECT ServiceName, Environment, Version, Commit, Instance, MetricName, TimeUnix, StartTimeUnix, ${columns.join(', ')}, ${MORE} FROM ${table} WHERE ${WIDE} AND ${RECORDED} AND ${where})`

const counters = statement(
  'counter',
  'count()',
  `SELECT ${COLUMNS}, series_id, attributes_, unit_, instance_, ${increase('Value')} AS value, value AS least_, value AS most_
   FROM (${streams('otel_metrics_sum', ['Value'], 'AggregationTemporality = 2 AND IsMonotonic')}) WHERE ${RANGE}`,
)

function histograms(table: string): Statement {
  return statement(
    'histogram',
    'toUInt64(sum(count_))',
    `SELECT ${COLUMNS}, ${MORE}, Sum AS value, toFloat64(Count) AS count_, Min AS least_, Max AS most_ FROM ${table} WHERE ${RANGE} AND ${RECORDED} AND AggregationTemporality = 1
     UNION ALL SELECT ${COLUMNS}, series_id, attributes_, unit_, instance_, ${increase('Sum')} AS value, ${increase('Count')} AS count_, 0 AS least_, 0 AS most_
     FROM (${streams(table, ['Sum', 'Count'], 'AggregationTemporality = 2')}) WHERE ${RANGE}`,
  )
}

export const metricStatements: readonly Statement[] = [
  gauges,
  deltas,
  counters,
  histograms('otel_metrics_histogram'),
  histograms('otel_metrics_exponential_histogram'),
]
