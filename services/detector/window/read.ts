import type { Params, Store } from '../../../shared/store/store.ts'
import { BETWEEN_S } from '../../../shared/store/within.ts'
import { addRows, CALLS, type Cell, clearMinutes, type SeriesRow, type Window } from './window.ts'

const M = 'toUInt32(toUnixTimestamp(minute) / 60)'
const OF = `service IN {services:Array(String)} AND concat(service, '\\n', environment) IN {pairs:Array(String)} AND ${BETWEEN_S}`
/** Histograms are read only where they are compared: they are most of the bytes. */
const RECENT = 'minute >= fromUnixTimestamp({recent_s:Int64})'
const GROUP = 'GROUP BY service, environment, version, commit, key'
/** The busiest first. Ties are broken: sums of floating-point numbers depend on the order of the series. */
const busiest = (n: string) => `ORDER BY ${n} DESC, service, environment, version, commit, key`
/** Minutes of all services together in one answer, so that parsing it never holds the event loop for long: histograms are long. */
const MINUTES_A_READ: Record<Cell, number> = {
  route: 720,
  edge: 720,
  exception: 3600,
  log: 3600,
  pattern: 3600,
  metric: 1800,
  call: 1800,
  redaction: 3600,
  attribute: 720,
}
const MINUTES_A_STEP = 90

/** The id under which a log pattern is counted today, and where it is told which became part of which. */
const TODAY = 'toString(if(a.merged_into = 0, p.pattern_id, a.merged_into))'
const MERGED =
  '(SELECT service, pattern_id, merged_into FROM log_patterns FINAL WHERE merged_into != 0 AND service IN {services:Array(String)})'

const SQL: Record<Cell, string> = {
  route: `SELECT service, environment, version, commit, route AS key,
    groupArray((${M}, toFloat64(requests), toFloat64(errors), duration_sum_ns / 1e6, if(${RECENT}, bucket_index, []), if(${RECENT}, bucket_count, []))) AS cells
    FROM rollup_routes FINAL WHERE ${OF} AND requests > 0 ${GROUP} ${busiest('sum(requests)')} LIMIT 20000`,
  edge: `SELECT service, environment, version, commit, key, groupArray((m, n, bad, ms, buckets.1, arrayMap(c -> toUInt32(c), buckets.2))) AS cells FROM (
      SELECT service, environment, version, commit, peer AS key, ${M} AS m, toFloat64(sum(requests)) AS n, toFloat64(sum(errors)) AS bad, sum(duration_sum_ns) / 1e6 AS ms, sumMapIf(bucket_index, bucket_count, ${RECENT}) AS buckets
      FROM rollup_edges FINAL WHERE ${OF} AND requests > 0 GROUP BY service, environment, version, commit, key, m
    ) ${GROUP} ${busiest('sum(n)')} LIMIT 20000`,
  exception: `SELECT service, environment, version, commit, exception_type AS key, groupArray((${M}, toFloat64(count), 0, 0)) AS cells
    FROM rollup_exceptions FINAL WHERE ${OF} AND count > 0 ${GROUP} ${busiest('sum(count)')} LIMIT 20000`,
  log: `SELECT service, environment, version, commit, severity AS key, groupArray((${M}, toFloat64(count), 0, 0)) AS cells
    FROM rollup_logs FINAL WHERE ${OF} AND count > 0 ${GROUP} ${busiest('sum(count)')} LIMIT 20000`,
  pattern: `SELECT c.service AS service, c.environment AS environment, c.version AS version, c.commit AS commit, c.key AS key, c.kind AS kind, c.cells AS cells, t.template AS label, toUInt32(toUnixTimestamp(f.first) / 60) AS first_minute FROM (
      SELECT service, environment, version, commit, key, argMax(s, (n, s)) AS kind, groupArray((m, n, 0, 0)) AS cells, sum(n) AS lines FROM (
        SELECT service, environment, version, commit, ${TODAY} AS key, argMax(severity, (count, severity)) AS s, ${M} AS m, toFloat64(sum(count)) AS n
        FROM (SELECT * FROM rollup_log_patterns FINAL WHERE ${OF} AND count > 0) AS p LEFT JOIN ${MERGED} AS a USING (service, pattern_id)
        GROUP BY service, environment, version, commit, key, m
      ) ${GROUP}
    ) AS c
    LEFT JOIN (SELECT service, toString(pattern_id) AS key, template FROM log_patterns FINAL WHERE service IN {services:Array(String)}) AS t USING (service, key)
    LEFT JOIN (
      SELECT service, environment, ${TODAY} AS key, min(first_minute) AS first
      FROM (SELECT * FROM log_patterns_seen WHERE service IN {services:Array(String)}) AS p LEFT JOIN ${MERGED} AS a USING (service, pattern_id)
      GROUP BY service, environment, key
    ) AS f USING (service, environment, key)
    ${busiest('lines')} LIMIT 20000`,
  metric: `SELECT service, environment, version, commit, key, kind, unit, groupArray((m, n, 0, v)) AS cells FROM (
      SELECT service, environment, version, commit, metric AS key, kind, unit, ${M} AS m, toFloat64(sum(points)) AS n, arraySum(arraySort(groupArray(value_sum))) AS v
      FROM rollup_metrics FINAL WHERE ${OF} AND points > 0 GROUP BY service, environment, version, commit, key, kind, unit, m
    ) ${GROUP}, kind, unit ${busiest('sum(n)')}, kind, unit LIMIT 20000`,
  call: `SELECT service, environment, version, commit, concat(route, '${CALLS}', peer) AS key, groupArray((${M}, toFloat64(calls), 0, 0)) AS cells
    FROM rollup_route_calls FINAL WHERE ${OF} AND calls > 0 ${GROUP} ${busiest('sum(calls)')} LIMIT 20000`,
  redaction: `SELECT service, environment, version, commit, concat(rule, ' ', place) AS key, any(rule) AS kind, any(place) AS label, groupArray((m, n, 0, 0)) AS cells FROM (
      SELECT service, environment, version, commit, rule, place, ${M} AS m, toFloat64(sum(count)) AS n
      FROM rollup_redactions FINAL WHERE ${OF} AND count > 0 GROUP BY service, environment, version, commit, rule, place, m
    ) ${GROUP} ${busiest('sum(n)')} LIMIT 20000`,
  attribute: `SELECT service, environment, version, commit, concat(signal, ' ', name) AS key, argMax(library, (n, library)) AS kind, if(uniqExact(place) = 1, any(place), '') AS label, groupArray((m, n, 0, 0)) AS cells FROM (
      SELECT service, environment, version, commit, signal, key AS name, library, place, ${M} AS m, toFloat64(count) AS n FROM rollup_attributes FINAL WHERE ${OF} AND count > 0
    ) ${GROUP} ${busiest('sum(n)')} LIMIT 20000`,
}

const CELLS = Object.keys(SQL) as Cell[]

/**
 * Fills windows with the minutes `from` … `to` (exclusive), many windows with each query: a minute of all services at once,
 * or an hour and a half of a few. Rollups are sorted by hour and service, so both read little else.
 */
export async function fill(
  store: Store,
  windows: readonly Window[],
  from: number,
  to: number,
  cells: readonly Cell[] = CELLS,
): Promise<void> {
  if (windows.length === 0 || to <= from) return
  const byPair = new Map<string, Window[]>()
  for (const w of windows) {
    const key = `${w.service}\n${w.environment}`
    byPair.set(key, [...(byPair.get(key) ?? []), w])
  }
  const recent_s = Math.min(...windows.map((w) => w.histogramsFrom)) * 60
  const pairs = [...byPair.keys()].sort()
  for (const cell of cells) {
    const step = Math.min(to - from, MINUTES_A_STEP)
    const count = Math.max(1, Math.floor(MINUTES_A_READ[cell] / step))
    for (let i = 0; i < pairs.length; i += count) {
      const some = pairs.slice(i, i + count)
      const services = [...new Set(some.map((pair) => pair.split('\n')[0]!))]
      for (let at = from; at < to; at += step)
        await fillCell(store, byPair, cell, {
          recent_s,
          services,
          pairs: some,
          from_s: at * 60,
          to_s: Math.min(to, at + step) * 60,
        })
    }
  }
}

async function fillCell(store: Store, byPair: Map<string, Window[]>, cell: Cell, params: Params): Promise<void> {
  const rows = await store.rows<SeriesRow>(SQL[cell], params)
  for (const row of rows)
    for (const window of byPair.get(`${row.service}\n${row.environment}`) ?? []) addRows(window, cell, [row])
}

/** Reads some minutes again. */
export async function refill(store: Store, windows: readonly Window[], minutes: readonly number[]): Promise<void> {
  for (const w of windows) clearMinutes(w, minutes)
  const sorted = [...minutes].sort((a, b) => a - b)
  for (let i = 0; i < sorted.length; ) {
    let j = i
    while (j + 1 < sorted.length && sorted[j + 1]! - sorted[j]! <= 1) j++
    await fill(store, windows, sorted[i]!, sorted[j]! + 1)
    i = j + 1
  }
}
