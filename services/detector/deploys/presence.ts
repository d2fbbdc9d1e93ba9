import type { Store } from '../../../shared/store/store.ts'
import { BETWEEN_S } from '../../../shared/store/within.ts'

/** How much of each build of a service was seen in a minute: requests, or any telemetry where it answers none. */
export type Presence = { minute: number; version: string; commit: string; requests: number; other: number }

/** Presence of one service in one environment, oldest minute first. */
export type ServicePresence = { service: string; environment: string; rows: Presence[] }

/** Read before the minutes that changed, so that it is known who was there before: a build that drains in half an hour is slow. */
export const CONTEXT_MINUTES = 30

type Row = {
  service: string
  environment: string
  minute: number
  version: string
  commit: string
  requests: number
  other: number
}

/** Presence in `minutes` and the context before them, of all services that have telemetry in those minutes. */
export async function readPresence(store: Store, minutes: readonly number[]): Promise<ServicePresence[]> {
  if (minutes.length === 0) return []
  const found = new Map<string, ServicePresence>()
  for (const [first, last] of spans(minutes)) {
    const rows = await store.rows<Row>(PRESENCE_SQL, { from_s: (first - CONTEXT_MINUTES) * 60, to_s: (last + 1) * 60 })
    for (const row of rows) {
      const key = `${row.service}\n${row.environment}`
      const entry = found.get(key) ?? { service: row.service, environment: row.environment, rows: [] }
      entry.rows.push({ ...row, minute: Number(row.minute) })
      found.set(key, entry)
    }
  }
  return [...found.values()]
}

const PRESENCE_SQL = `SELECT service, environment, toUInt32(toUnixTimestamp(minute) / 60) AS minute, version, commit, toFloat64(sum(requests_)) AS requests, toFloat64(sum(other_)) AS other
FROM (
  SELECT service, environment, minute, version, commit, requests AS requests_, 0 AS other_ FROM rollup_services FINAL WHERE ${BETWEEN_S} AND requests > 0
  UNION ALL SELECT service, environment, minute, version, commit, 0, requests FROM rollup_edges FINAL WHERE ${BETWEEN_S} AND requests > 0
  UNION ALL SELECT service, environment, minute, version, commit, 0, count FROM rollup_logs FINAL WHERE ${BETWEEN_S} AND count > 0
  UNION ALL SELECT service, environment, minute, version, commit, 0, points FROM rollup_metrics FINAL WHERE ${BETWEEN_S} AND points > 0
)
GROUP BY service, environment, minute, version, commit ORDER BY minute, service, environment, version, commit LIMIT 500000`

/** Runs of minutes with no gap wider than the context. */
function spans(minutes: readonly number[]): [number, number][] {
  const runs: [number, number][] = []
  for (const m of [...minutes].sort((a, b) => a - b)) {
    const run = runs.at(-1)
    if (run && m - run[1] <= CONTEXT_MINUTES) run[1] = m
    else runs.push([m, m])
  }
  return runs
}
