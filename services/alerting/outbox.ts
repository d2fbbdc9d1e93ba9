import type { Channel, Delivery } from '../../shared/model/alert.ts'
import type { Context } from '../../shared/runtime/service.ts'
import { disableChannel } from '../../shared/state/channels.ts'
import { iso } from '../../shared/state/page.ts'
import type { State, Tx } from '../../shared/state/state.ts'
import type { Outcome } from './channel.ts'
import { retryDelayMs } from './schedule.ts'
import { keepThread } from './threads.ts'

/** How many tries run against one channel at a time. */
export const PER_CHANNEL = 4
/** A try is claimed for longer than it can take (15 s), and short enough for another alerter to take over in 30 s. */
export const CLAIM_MS = 20_000
const MAX_CLAIMED = 64

type Document = Pick<Delivery, 'webhook_id' | 'channel_name' | 'last_status' | 'last_error' | 'delivered_at'>

export type Claimed = {
  id: string
  channelId: string
  incidentId: string | null
  event: Delivery['event']
  attempts: number
  document: Document
  payload: string
}

type Row = {
  id: string
  channel_id: string
  incident_id: string | null
  event: Delivery['event']
  attempts: number
  document: string
  payload: string
}

/**
 * Due and not claimed, and none before it in the same channel and incident still waits; per channel the first few, so that a
 * channel with a long queue never hides another's.
 */
const DUE = `WITH at_work AS (
  SELECT channel_id, COUNT(*) AS n FROM deliveries WHERE state = 'pending' AND claim_until_ms > ? GROUP BY channel_id
) SELECT id, channel_id, incident_id, event, attempts, document, payload FROM (
  SELECT d.*, ROW_NUMBER() OVER (PARTITION BY d.channel_id ORDER BY d.next_attempt_ms, d.created_at_ms, d.sequence, d.id) AS place,
    COALESCE(a.n, 0) AS running
  FROM deliveries d LEFT JOIN at_work a ON a.channel_id = d.channel_id
  WHERE d.state = 'pending' AND d.next_attempt_ms <= ? AND (d.claim_until_ms IS NULL OR d.claim_until_ms <= ?)
    AND (d.incident_id IS NULL OR NOT EXISTS (
      SELECT 1 FROM deliveries e WHERE e.incident_id = d.incident_id AND e.channel_id = d.channel_id AND e.sequence < d.sequence AND e.state = 'pending'))
) AS due WHERE place + running <= ? ORDER BY next_attempt_ms, created_at_ms, sequence LIMIT ?`

/** Claims what is due for `owner`. Two owners never hold the same delivery. */
export async function claimDue(state: State, owner: string, nowMs: number, claimMs = CLAIM_MS): Promise<Claimed[]> {
  const waiting = await state.get(
    "SELECT 1 AS one FROM deliveries WHERE state = 'pending' AND next_attempt_ms <= ? LIMIT 1",
    nowMs,
  )
  if (!waiting) return []
  return state.transaction(async (tx) => {
    const rows = await tx.all<Row>(DUE, nowMs, nowMs, nowMs, PER_CHANNEL, MAX_CLAIMED)
    for (const row of rows)
      await tx.run(
        'UPDATE deliveries SET claimed_by = ?, claim_until_ms = ? WHERE id = ?',
        owner,
        nowMs + claimMs,
        row.id,
      )
    return rows.map((row) => ({
      id: row.id,
      channelId: row.channel_id,
      incidentId: row.incident_id,
      event: row.event,
      attempts: Number(row.attempts),
      document: JSON.parse(row.document) as Document,
      payload: row.payload,
    }))
  })
}

/** What came of a try. `status` is the receiver's; `error` is for people and holds no secret. */
export type Result = {
  outcome: Outcome
  status: number | null
  error: string | null
  retryAfterMs: number | null
  /** Where the incident's next message belongs; null forgets it. */
  thread?: string | null
}

export type Settled = { state: Delivery['state']; attempts: number; nextAttemptMs: number | null }

/** Writes what came of a try. @returns null where the claim was lost meanwhile: then another settles it */
export function settle(
  context: Pick<Context, 'state' | 'clock' | 'random'>,
  owner: string,
  claimed: Claimed,
  result: Result,
  channel: Pick<Channel, 'id'> | null,
): Promise<Settled | null> {
  const nowMs = context.clock.nowMs()
  return context.state.transaction(async (tx) => {
    const attempts = claimed.attempts + 1
    const delayMs = result.outcome === 'retry' ? retryDelayMs(attempts, context.random(), result.retryAfterMs) : null
    const state = result.outcome === 'delivered' ? 'delivered' : delayMs === null ? 'dead' : 'pending'
    const gaveUp = result.outcome === 'retry' && delayMs === null ? ` Given up after ${attempts} tries.` : ''
    const document: Document = {
      ...claimed.document,
      last_status: result.status,
      last_error: result.error === null ? null : `${result.error}${gaveUp}`,
      delivered_at: state === 'delivered' ? iso(nowMs) : null,
    }
    const next = delayMs === null ? null : nowMs + delayMs
    const changed = await tx.run(
      `UPDATE deliveries SET state = ?, attempts = ?, next_attempt_ms = ?, claimed_by = NULL, claim_until_ms = NULL, document = ?
       WHERE id = ? AND claimed_by = ? AND state = 'pending'`,
      state,
      attempts,
      next,
      JSON.stringify(document),
      claimed.id,
      owner,
    )
    if (changed === 0) return null
    const { incidentId, channelId } = claimed
    if (result.thread !== undefined && incidentId) await keepThread(tx, { incidentId, channelId }, result.thread)
    if (result.outcome === 'disable' && channel)
      await disableChannel(tx, channel.id, `its receiver answered ${result.status}: it wants no more messages`, nowMs)
    if (state === 'pending' && claimed.event === 'firing' && claimed.incidentId)
      await mergeOvertaken(tx, { incidentId: claimed.incidentId, channelId: claimed.channelId, nowMs })
    return { state, attempts, nextAttemptMs: next }
  })
}

/**
 * A `firing` that failed already and waits for its next try, while `resolved` stands behind it, is taken out; the `resolved`
 * says both. One that was not tried yet goes out first, as it should.
 */
export async function mergeOvertaken(
  tx: Tx,
  o: { incidentId: string; channelId: string; nowMs: number },
): Promise<boolean> {
  const rows = await tx.all<{
    id: string
    event: string
    attempts: number
    claim_until_ms: number | null
    payload: string
    document: string
  }>(
    `SELECT id, event, attempts, claim_until_ms, payload, document FROM deliveries
     WHERE incident_id = ? AND channel_id = ? AND state = 'pending' ORDER BY sequence`,
    o.incidentId,
    o.channelId,
  )
  const [first, ...later] = rows
  const resolved = later.find((row) => row.event === 'resolved')
  if (first?.event !== 'firing' || !resolved || Number(first.attempts) === 0) return false
  if (first.claim_until_ms !== null && Number(first.claim_until_ms) > o.nowMs) return false
  const overtaken = rows.slice(0, rows.indexOf(resolved))
  for (const row of overtaken)
    await tx.run("UPDATE deliveries SET state = 'superseded', next_attempt_ms = NULL WHERE id = ?", row.id)
  const payload = JSON.stringify({ ...JSON.parse(resolved.payload), merged: true })
  await tx.run('UPDATE deliveries SET payload = ? WHERE id = ?', payload, resolved.id)
  return true
}

/** Frees what a process before this one had claimed: only where no other alerter can be at work (SQLite). */
export async function freeClaims(state: State): Promise<void> {
  await state.run(
    "UPDATE deliveries SET claimed_by = NULL, claim_until_ms = NULL WHERE state = 'pending' AND claimed_by IS NOT NULL",
  )
}

export type OutboxStats = { pending: number; dead: number; oldestCreatedMs: number | null }

export async function outboxStats(state: State): Promise<OutboxStats> {
  const rows = await state.all<{ state: string; n: number; oldest: number | null }>(
    "SELECT state, COUNT(*) AS n, MIN(created_at_ms) AS oldest FROM deliveries WHERE state IN ('pending', 'dead') GROUP BY state",
  )
  const of = (name: string) => rows.find((row) => row.state === name)
  const oldest = of('pending')?.oldest ?? null
  return {
    pending: Number(of('pending')?.n ?? 0),
    dead: Number(of('dead')?.n ?? 0),
    oldestCreatedMs: oldest === null ? null : Number(oldest),
  }
}
