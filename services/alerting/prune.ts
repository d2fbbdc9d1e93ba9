import type { State } from '../../shared/state/state.ts'

const DAY_MS = 86_400_000
const ROWS_A_PASS = 5_000

/**
 * Forgets what is long over: deliveries, resolved incidents with their signals, silences, and answers of replays, so that the state stays small.
 * At most some thousand rows a call.
 * @returns how many rows went
 */
export async function prune(state: State, keepDays: number, nowMs: number): Promise<number> {
  const beforeMs = nowMs - keepDays * DAY_MS
  const old = "SELECT id FROM incidents WHERE phase = 'resolved' AND updated_at_ms < ? ORDER BY updated_at_ms LIMIT ?"
  let gone = 0
  gone += await state.run(
    `DELETE FROM deliveries WHERE id IN (SELECT id FROM deliveries WHERE state <> 'pending' AND created_at_ms < ? ORDER BY created_at_ms LIMIT ?)`,
    beforeMs,
    ROWS_A_PASS,
  )
  gone += await state.run(`DELETE FROM incident_threads WHERE incident_id IN (${old})`, beforeMs, ROWS_A_PASS)
  gone += await state.run(`DELETE FROM incident_signals WHERE incident_id IN (${old})`, beforeMs, ROWS_A_PASS)
  gone += await state.run(`DELETE FROM incidents WHERE id IN (${old})`, beforeMs, ROWS_A_PASS)
  gone += await state.run('DELETE FROM accepted_anomalies WHERE accepted_at_ms < ?', beforeMs)
  gone += await state.run('DELETE FROM silences WHERE ends_at_ms < ?', beforeMs)
  gone += await state.run("DELETE FROM replays WHERE status IN ('done', 'failed') AND created_at_ms < ?", beforeMs)
  return gone
}
