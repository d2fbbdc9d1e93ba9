import type { Deploy } from '../model/deploy.ts'
import type { State } from './state.ts'

/** The last deploy of each service and environment that had begun by `atMs`, at most `limit`. */
export async function latestDeploys(state: State, atMs: number, limit = 2000): Promise<Deploy[]> {
  const rows = await state.all<{ document: string }>(
    `SELECT d.document AS document FROM deploys AS d WHERE d.started_at_ms <= ? AND NOT EXISTS (
       SELECT 1 FROM deploys AS n WHERE n.service = d.service AND n.environment = d.environment AND n.started_at_ms <= ?
         AND (n.started_at_ms > d.started_at_ms OR (n.started_at_ms = d.started_at_ms AND n.id > d.id))
     ) LIMIT ?`,
    atMs,
    atMs,
    limit,
  )
  return rows.map((row) => JSON.parse(row.document) as Deploy)
}

export async function countDeploys(state: State): Promise<{ count: number; lastMs: number | null }> {
  const row = await state.get<{ n: number; last: number | null }>(
    'SELECT count(*) AS n, max(started_at_ms) AS last FROM deploys',
  )
  return { count: Number(row?.n ?? 0), lastMs: row?.last == null ? null : Number(row.last) }
}
