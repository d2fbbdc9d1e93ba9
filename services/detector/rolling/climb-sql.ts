import { BETWEEN_S } from '../../../shared/store/within.ts'
import { quote } from '../decide/sql.ts'

/** What climbs: a metric of a service, or the 95th percentile of its requests. */
export type Climber = {
  service: string
  environment: string
  /** Null for the requests. */
  metric: { name: string; kind: string; unit: string } | null
}

/** Requests in a minute below which its 95th percentile says nothing. */
export const LEAST_REQUESTS = 5

/** Rows `{m, v}`: epoch minute and value, as rolling/metrics.ts and lines.ts read them. `where`: which rows. */
const VALUES = {
  metric: (where: string) =>
    `SELECT toUInt32(toUnixTimestamp(minute) / 60) AS m, arraySum(arraySort(groupArray(value_sum))) / toFloat64(sum(points)) AS v FROM rollup_metrics FINAL WHERE ${where} AND points > 0 GROUP BY m`,
  requests: (where: string) =>
    `SELECT m, pow(2, (h.1[arrayFirstIndex(c -> c >= 0.95 * n, arrayCumSum(h.2))] + 1) / 16) / 1e6 AS v FROM (SELECT toUInt32(toUnixTimestamp(minute) / 60) AS m, toFloat64(sum(requests)) AS n, sumMap(bucket_index, bucket_count) AS h FROM rollup_services FINAL WHERE ${where} GROUP BY m HAVING n >= ${LEAST_REQUESTS})`,
}

/** The minutes of a climber, with its values bound by `climberParams`. */
export function boundValuesSql({ metric }: Climber): string {
  const where = `service = {service:String} AND environment = {environment:String} AND ${BETWEEN_S}`
  return metric
    ? VALUES.metric(`${where} AND metric = {metric:String} AND kind = {kind:String} AND unit = {unit:String}`)
    : VALUES.requests(where)
}

/** `from` … `to` (exclusive): epoch minutes. */
export const climberParams = ({ service, environment, metric }: Climber, from: number, to: number) => ({
  service,
  environment,
  metric: metric?.name ?? '',
  kind: metric?.kind ?? '',
  unit: metric?.unit ?? '',
  from_s: from * 60,
  to_s: to * 60,
})

/** SQL that anybody may run: the levels (mean of the middle half of the minutes) of the last and of the first `block` minutes of a climb. */
export function climbSql(of: Climber, from: number, to: number, block: number): string {
  const where = `service = ${quote(of.service)} AND environment = ${quote(of.environment)} AND minute >= toDateTime(${from * 60}, 'UTC') AND minute < toDateTime(${to * 60}, 'UTC')`
  const { metric } = of
  const values = metric
    ? VALUES.metric(
        `${where} AND metric = ${quote(metric.name)} AND kind = ${quote(metric.kind)} AND unit = ${quote(metric.unit)}`,
      )
    : VALUES.requests(where)
  const level = (list: string) =>
    `arrayAvg(arraySlice(${list}, intDiv(length(${list}), 4) + 1, length(${list}) - 2 * intDiv(length(${list}), 4)))`
  return `SELECT ${level('last')} AS observed, ${level('first')} AS expected FROM (SELECT arraySort(groupArrayIf(v, m >= ${to - block})) AS last, arraySort(groupArrayIf(v, m < ${from + block})) AS first FROM (${values}))`
}
