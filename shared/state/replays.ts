import { randomBytes } from 'node:crypto'
import type { Anomaly } from '../model/anomaly.ts'
import type { Verdict } from '../model/verdict.ts'
import type { State } from './state.ts'

export type ReplaySettings = {
  sensitivity?: 'low' | 'normal' | 'high' | undefined
  settle_minutes?: number | undefined
  watch_minutes?: number | undefined
}

/** How often the detector is wrong on one's own history. */
export type Placebo = {
  /** Moments without a deploy that were judged as if there had been one, and how many of them would have been blamed. */
  judged: number
  regressed: number
  false_alarm_ratio: number | null
  by_sensitivity: {
    sensitivity: 'low' | 'normal' | 'high'
    judged: number
    regressed: number
    /** Were one deploy watched after the other without pause. */
    per_service_and_week: number | null
  }[]
  /** Harmful anomalies that no deploy explains: false alarms, and what really went wrong in that time. */
  without_deploy: { services: number; anomalies: number; per_service_and_week: number | null }
}

export const NO_PLACEBO: Placebo = {
  judged: 0,
  regressed: 0,
  false_alarm_ratio: null,
  by_sensitivity: [],
  without_deploy: { services: 0, anomalies: 0, per_service_and_week: null },
}

/** One run of the detector over stored telemetry in event time. The web target queues it, the detector runs it. */
export type Replay = {
  id: string
  status: 'queued' | 'running' | 'done' | 'failed'
  from: string
  to: string
  settings: ReplaySettings
  created_at: string
  finished_at: string | null
  error: string | null
  /** 0 … 1 */
  progress: number
  verdicts: Verdict[]
  anomalies: Anomaly[]
  /** What moments without a deploy were judged as; null where it was not asked for. */
  placebo: Placebo | null
}

type Row = { document: string }
const read = (row: Row): Replay => JSON.parse(row.document) as Replay

/** Queues a replay. A `placebo` that is not null asks for one. */
export async function createReplay(
  state: State,
  input: { from: string; to: string; settings?: ReplaySettings | undefined; placebo?: boolean | undefined },
  nowMs: number,
): Promise<Replay> {
  const iso = (time: string) => new Date(Date.parse(time)).toISOString()
  const replay: Replay = {
    id: `rpl_${randomBytes(9).toString('hex')}`,
    status: 'queued',
    from: iso(input.from),
    to: iso(input.to),
    settings: input.settings ?? {},
    created_at: new Date(nowMs).toISOString(),
    finished_at: null,
    error: null,
    progress: 0,
    verdicts: [],
    anomalies: [],
    placebo: input.placebo ? NO_PLACEBO : null,
  }
  await state.run(
    'INSERT INTO replays (id, status, created_at_ms, document) VALUES (?, ?, ?, ?)',
    replay.id,
    replay.status,
    nowMs,
    JSON.stringify(replay),
  )
  return replay
}

export async function getReplay(state: State, id: string): Promise<Replay | null> {
  const row = await state.get<Row>('SELECT document FROM replays WHERE id = ?', id)
  return row ? read(row) : null
}

/** Replays that wait or run, the oldest first. */
export async function openReplays(state: State, limit = 100): Promise<Replay[]> {
  const rows = await state.all<Row>(
    "SELECT document FROM replays WHERE status IN ('queued', 'running') ORDER BY created_at_ms, id LIMIT ?",
    limit,
  )
  return rows.map(read)
}

/** Writes how far a replay is, or what it found. */
export async function saveReplay(state: State, replay: Replay): Promise<void> {
  await state.run(
    'UPDATE replays SET status = ?, document = ? WHERE id = ?',
    replay.status,
    JSON.stringify(replay),
    replay.id,
  )
}
