import type { Store } from './store.ts'

export type Arrived = { rows: number; lastMs: number | null }

const metricTables = ['gauge', 'sum', 'histogram', 'exponential_histogram', 'summary'].map((k) => `otel_metrics_${k}`)

/** Rows of each signal and the newest time among them, from the parts' own indexes: no data is read. */
export async function arrived(store: Store): Promise<{ traces: Arrived; logs: Arrived; metrics: Arrived }> {
  const of = (signal: string, table: string, column: string) =>
    `SELECT '${signal}' AS signal, count() AS n, toUnixTimestamp64Milli(toDateTime64(max(${column}), 3)) AS last FROM ${table}`
  const rows = await store.rows<{ signal: string; n: string; last: string }>(
    [
      of('traces', 'otel_traces', 'Timestamp'),
      of('logs', 'otel_logs', 'Timestamp'),
      ...metricTables.map((table) => of('metrics', table, 'TimeUnix')),
    ].join(' UNION ALL '),
  )
  const sum = (signal: string): Arrived => {
    const mine = rows.filter((row) => row.signal === signal && Number(row.n) > 0)
    return {
      rows: mine.reduce((total, row) => total + Number(row.n), 0),
      lastMs: mine.length === 0 ? null : Math.max(...mine.map((row) => Number(row.last))),
    }
  }
  return { traces: sum('traces'), logs: sum('logs'), metrics: sum('metrics') }
}

/** How many services sent anything in the seven days before `nowMs`. */
export async function countServices(store: Store, nowMs: number): Promise<number> {
  const rows = await store.rows<{ n: string }>(
    `SELECT uniqExact(service) AS n FROM (
       SELECT DISTINCT service FROM rollup_instances WHERE minute >= toDateTime({from:UInt32}) AND toStartOfHour(minute) >= toStartOfHour(toDateTime({from:UInt32}))
       UNION ALL SELECT DISTINCT service FROM rollup_logs WHERE minute >= toDateTime({from:UInt32}) AND toStartOfHour(minute) >= toStartOfHour(toDateTime({from:UInt32}))
     )`,
    { from: Math.floor(nowMs / 1000) - 7 * 86_400 },
  )
  return Number(rows[0]?.n ?? 0)
}

export type StoredTable = { table: string; rows: number; bytes: number; parts: number; oldestMs: number | null }

/** What each table holds on disk. */
export async function storedTables(store: Store): Promise<StoredTable[]> {
  const rows = await store.rows<Record<string, string>>(
    `SELECT table, sum(rows) AS rows, sum(bytes_on_disk) AS bytes, count() AS parts, toUnixTimestamp(minIf(min_time, min_time > 0)) AS oldest
     FROM system.parts WHERE active AND database = currentDatabase() GROUP BY table ORDER BY bytes DESC LIMIT 200`,
  )
  return rows.map((row) => ({
    table: row.table ?? '',
    rows: Number(row.rows),
    bytes: Number(row.bytes),
    parts: Number(row.parts),
    oldestMs: Number(row.oldest) > 0 ? Number(row.oldest) * 1000 : null,
  }))
}
