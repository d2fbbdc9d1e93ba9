import type { AcceptedAnomaly, Anomaly } from '../model/anomaly.ts'
import type { Context } from '../runtime/service.ts'
import { iso } from './page.ts'
import type { Tx } from './state.ts'

/** Older ones are of builds long gone. */
const MAX_KEPT = 1000

type Row = { document: string }
const read = (row: Row) => JSON.parse(row.document) as AcceptedAnomaly

/** Adopts the level of an anomaly as the baseline of its signal until the next deploy. The first who says so stands. */
export async function acceptAnomaly(
  context: Pick<Context, 'state' | 'clock'>,
  a: Anomaly,
  o: { by: string; comment: string },
): Promise<AcceptedAnomaly> {
  const nowMs = context.clock.nowMs()
  const accepted: AcceptedAnomaly = {
    anomaly_id: a.id,
    service: a.service,
    environment: a.environment,
    deploy_id: a.deploy?.id ?? null,
    signal: a.signal,
    dimension: a.dimension,
    observed: a.observed,
    expected: a.expected,
    accepted_at: iso(nowMs),
    accepted_by: o.by.slice(0, 200),
    comment: o.comment.slice(0, 1000),
  }
  return context.state.transaction(async (tx) => {
    await tx.run(
      `INSERT INTO accepted_anomalies (anomaly_id, service, environment, deploy_id, accepted_at_ms, document) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (anomaly_id) DO NOTHING`,
      a.id,
      a.service,
      a.environment,
      accepted.deploy_id,
      nowMs,
      JSON.stringify(accepted),
    )
    return (await acceptanceOf(tx, a.id)) ?? accepted
  })
}

/** Takes it back: the detector opens the anomaly again where it is still found. @returns whether it was accepted */
export async function withdrawAcceptance(tx: Tx, anomalyId: string): Promise<boolean> {
  return (await tx.run('DELETE FROM accepted_anomalies WHERE anomaly_id = ?', anomalyId)) > 0
}

/** Who called this anomaly expected, or null. */
export async function acceptanceOf(tx: Tx, anomalyId: string): Promise<AcceptedAnomaly | null> {
  const row = await tx.get<Row>('SELECT document FROM accepted_anomalies WHERE anomaly_id = ?', anomalyId)
  return row ? read(row) : null
}

/** An accepted level holds while the signal is at most this much further from what was expected than when it was accepted. */
const WORSE = 1.5

/** Whether a level of the accepted signal is still what was accepted: on the same side, and not much worse. */
export function holdsAt(one: Pick<AcceptedAnomaly, 'observed' | 'expected'>, observed: number): boolean {
  const [was, is] = [one.observed - one.expected, observed - one.expected]
  return is * was >= 0 && Math.abs(is) <= WORSE * Math.abs(was)
}

/** `over`: a deploy of its service has begun since, so that it holds for that anomaly alone. */
export type Standing = AcceptedAnomaly & { over: boolean }

/** The latest 1000 that were accepted. */
export async function standingAccepted(tx: Tx): Promise<Standing[]> {
  const rows = await tx.all<Row & { is_over: number }>(
    `SELECT a.document AS document, CASE WHEN EXISTS (
       SELECT 1 FROM deploys d WHERE d.service = a.service AND d.environment = a.environment AND d.started_at_ms > a.accepted_at_ms
     ) THEN 1 ELSE 0 END AS is_over FROM accepted_anomalies a ORDER BY a.accepted_at_ms DESC LIMIT ?`,
    MAX_KEPT,
  )
  return rows.map((row) => ({ ...read(row), over: Number(row.is_over) === 1 }))
}

/** What of a deploy's findings was accepted. */
export async function acceptedOf(tx: Tx, deployId: string): Promise<AcceptedAnomaly[]> {
  const rows = await tx.all<Row>(
    'SELECT document FROM accepted_anomalies WHERE deploy_id = ? ORDER BY accepted_at_ms LIMIT ?',
    deployId,
    MAX_KEPT,
  )
  return rows.map(read)
}
