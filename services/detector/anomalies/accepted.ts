import type { Anomaly } from '../../../shared/model/anomaly.ts'
import { holdsAt, type Standing } from '../../../shared/state/accepted.ts'

/**
 * What is written in place of `found` where signals were called expected: an anomaly that is known is closed, one that is not
 * is never opened. `open`: those known to be open. Pure.
 */
export function withAccepted(
  found: readonly Anomaly[],
  open: ReadonlyMap<string, Anomaly>,
  accepted: readonly Standing[],
  nowMs: number,
): Anomaly[] {
  if (accepted.length === 0) return [...found]
  const of = (a: Anomaly) => accepted.find((one) => covers(one, a))
  const changed = new Set(found.map((a) => a.id))
  const standing = [...open.values()].filter((a) => !changed.has(a.id) && of(a))
  return [...found, ...standing].flatMap((a) => {
    const one = a.state === 'open' ? of(a) : undefined
    if (!one) return [a]
    return open.has(a.id) || one.anomaly_id === a.id ? [closed(a, one, nowMs)] : []
  })
}

function covers(one: Standing, a: Anomaly): boolean {
  const same =
    one.anomaly_id === a.id ||
    (!one.over &&
      one.service === a.service &&
      one.environment === a.environment &&
      one.signal === a.signal &&
      one.dimension === a.dimension)
  return same && holdsAt(one, a.observed)
}

const closed = (a: Anomaly, one: Standing, nowMs: number): Anomaly => ({
  ...a,
  state: 'closed',
  ended_at: [one.accepted_at, a.started_at].sort()[1] as string,
  evidence: { ...a.evidence, closed_reason: `accepted as expected by ${one.accepted_by}` },
  updated_at: new Date(nowMs).toISOString(),
})
