import type { Anomaly } from '../../lib/types.ts'

const MINUTE_MS = 60_000
/** The deploy that an anomaly is tied to began before its current window, and within the hour that a deploy is watched by default. */
const BEFORE_MS = 60 * MINUTE_MS
const AFTER_MS = 15 * MINUTE_MS

/** The time in which the detector looks at what led to an anomaly, whole minutes, never beyond now. */
export function spanToReplay(anomaly: Anomaly, nowMs: number): { from: string; to: string } {
  const { current, baseline } = anomaly.evidence.finding.window
  const beganMs = Math.min(Date.parse(anomaly.started_at), Date.parse(current.from))
  const fromMs = Math.min(beganMs - BEFORE_MS, Date.parse(baseline.to) - AFTER_MS)
  const seenMs = Math.max(Date.parse(anomaly.started_at), Date.parse(current.to))
  const toMs = Math.min(seenMs + AFTER_MS, nowMs)
  const whole = (ms: number) => new Date(Math.floor(ms / MINUTE_MS) * MINUTE_MS).toISOString()
  // A seasonal baseline lies days back: the deploy does not.
  return { from: whole(Math.max(fromMs, beganMs - 2 * BEFORE_MS)), to: whole(toMs) }
}

/** The anomaly of the same signal and series among those of a replay. */
export const sameIn = (found: readonly Anomaly[], anomaly: Anomaly): Anomaly | undefined =>
  found.find(
    (one) =>
      one.service === anomaly.service &&
      one.environment === anomaly.environment &&
      one.signal === anomaly.signal &&
      one.dimension === anomaly.dimension,
  )
