import { increases } from './cumulative-sql.ts'
import { deltas } from './delta-sql.ts'
import { KEY, lasting, MINUTES, points, STALE, streams } from './metric-points.ts'
import type { Statement } from './statement.ts'

/** Per metric, service and minute: a metric with more series than this is summarised by its busiest. */
const MAX_SERIES = 50

const FIGURES = [
  'points',
  'instances',
  'value_sum',
  'value_min',
  'value_max',
  'resets_inferred',
  'single_writer_violations',
  'repeats',
  'skipped',
]

type Kind = 'gauge' | 'counter' | 'histogram'

/**
 * One kind of metric, run where `table` has rows that `where` names, from sources that give, beside what `points` does, value_0 and `points_of`
 * (how much the row counts; both NaN or either: it says nothing), `least_`, `most_`, and how many resets, violations and repeats it stands for.
 */
function statement(kind: Kind, table: string, where: string, ...sources: readonly string[]): Statement {
  const taken = kind === 'counter' ? 'isFinite(value_0) AND value_0 >= 0' : 'isFinite(value_0) AND isFinite(points_of)'
  return {
    table: 'rollup_metrics',
    needs: `SELECT 1 FROM ${table} WHERE ${MINUTES} AND ${where} LIMIT 1`,
    key: ['minute', 'service', 'environment', 'version', 'commit', 'metric', 'series_id'],
    values: FIGURES,
    sql: `INSERT INTO rollup_metrics (minute, ${KEY}, series_id, attributes, unit, kind, ${FIGURES.join(', ')}, computed_at)
SELECT minute, ${KEY}, cityHash64(series, unit_, '${kind}') AS series_id, ${lasting('any(attributes_)')}, unit_, '${kind}', sum(points_) AS points,
  uniqExactIf(instance_, points_ > 0), sum(value_), minIf(least, points_ > 0), maxIf(most, points_ > 0), sum(resets), sum(violations), sum(repeated), sum(odd),
  fromUnixTimestamp64Milli({computed_ms:Int64})
FROM (
  SELECT toStartOfMinute(TimeUnix) AS minute, stream, toUInt64(sumIf(points_of, is_taken)) AS points_, sumIf(value_0, is_taken) AS value_,
    minIf(least_, is_taken) AS least, maxIf(most_, is_taken) AS most, sum(resets_) AS resets, sum(violations_) AS violations, sum(repeats_) AS repeated, countIf(is_odd) AS odd
  FROM (${sources.map((source) => `SELECT stream, TimeUnix, value_0, points_of, least_, most_, resets_, violations_, repeats_, is_odd, ${taken} AS is_taken FROM (${source})`).join('\n  UNION ALL ')})
  GROUP BY minute, stream
) AS counted INNER JOIN (${streams(table)}) AS told USING (stream)
GROUP BY minute, ${KEY}, unit_, series HAVING points > 0
ORDER BY points DESC, series_id LIMIT ${MAX_SERIES} BY minute, service, environment, version, metric`,
  }
}

const DELTA = 'AggregationTemporality = 1'
const CUMULATIVE = 'AggregationTemporality = 2'
const ONE = 'toFloat64(1) AS points_of, value_0 AS least_, value_0 AS most_'
const NO_COUNTS = '0 AS resets_, 0 AS violations_, 0 AS repeats_'

/** A value as it is: gauges, and sums that may fall, whose level (cumulative) or change (delta) is averaged. Never corrected for resets. */
const levels = (table: string, where: string): Statement =>
  statement(
    'gauge',
    table,
    where,
    `SELECT *, Value AS value_0, ${ONE}, ${NO_COUNTS}, NOT isFinite(Value) AS is_odd FROM (${points({ table, more: 'Value', wide: false, where: `NOT ${STALE} AND ${where}` })})`,
  )

const odd = (columns: readonly string[]): string =>
  `NOT (${columns.map((_, i) => `isFinite(column_${i})`).join(' AND ')})`

function counters(): Statement {
  const table = 'otel_metrics_sum'
  const columns = ['Value']
  const sources = [
    increases({ table, total: 'Value', columns, where: `${CUMULATIVE} AND IsMonotonic` }),
    deltas({ table, columns, where: `${DELTA} AND IsMonotonic` }),
  ]
  return statement(
    'counter',
    table,
    'IsMonotonic',
    ...sources.map((source) => `SELECT *, ${ONE}, ${odd(columns)} AS is_odd FROM (${source})`),
  )
}

/** Count and sum of distributions: their mean is what a minute of them is worth. One without a sum says nothing here. */
function distributions(o: { table: string; hasTemporality: boolean; sum: string; range: string }): Statement {
  const { table, range } = o
  const columns = [o.sum, 'Count']
  const total = increases({ table, total: 'Count', columns, where: o.hasTemporality ? CUMULATIVE : '1' })
  const whole = `SELECT *, value_1 AS points_of, nan AS least_, nan AS most_, ${odd(columns)} AS is_odd FROM (${total})`
  if (!o.hasTemporality) return statement('histogram', table, '1', whole)
  const parts = deltas({ table, columns: [...columns, ...range.split(', ')], where: DELTA })
  return statement(
    'histogram',
    table,
    '1',
    whole,
    `SELECT *, value_1 AS points_of, value_2 AS least_, value_3 AS most_, ${odd(columns)} AS is_odd FROM (${parts})`,
  )
}

const histogram = (table: string): Statement =>
  distributions({
    table,
    hasTemporality: true,
    sum: 'if(HasSum OR Sum != 0 OR Count = 0, Sum, nan)',
    range: 'Min, Max',
  })

export const metricStatements: readonly Statement[] = [
  levels('otel_metrics_gauge', '1'),
  levels('otel_metrics_sum', 'NOT IsMonotonic'),
  counters(),
  histogram('otel_metrics_histogram'),
  histogram('otel_metrics_exponential_histogram'),
  // Quantiles of summaries cannot be added, over series or over time; their count and sum can.
  distributions({ table: 'otel_metrics_summary', hasTemporality: false, sum: 'Sum', range: '' }),
]
