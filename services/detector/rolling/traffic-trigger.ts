/** Requests of a service in an epoch minute; 0 where there were none. */
export type RequestsAt = (minute: number) => number

/** Minutes without a request before it is said, and how long a silence is news (clocks.ts: a service that has fallen behind). */
const SILENT_MINUTES = 5
const LATEST_MINUTES = 90
/** Hours before in which nearly every minute had requests: who comes and goes by itself is not missed. */
const HISTORY_MINUTES = 240
const STEADY_SHARE = 0.9
/** Requests due in the silence by the rate of the last half hour or of the hours, the lower: none has then probability e^-20 under Poisson. */
const RECENT_MINUTES = 30
const DUE = 20

/** The minute in which a steady service fell silent; null where it did not, or came and went before. Pure. */
export function silentSince(requestsAt: RequestsAt, minute: number): number | null {
  let since = minute + 1
  while (since > minute - LATEST_MINUTES && requestsAt(since - 1) === 0) since--
  const minutes = minute + 1 - since
  if (minutes < SILENT_MINUTES || minutes > LATEST_MINUTES) return null
  const recent = meanOf(requestsAt, since - RECENT_MINUTES, since)
  if (recent * minutes < DUE) return null
  let [sum, busy] = [0, 0]
  for (let m = since - HISTORY_MINUTES; m < since; m++) {
    sum += requestsAt(m)
    busy += requestsAt(m) > 0 ? 1 : 0
  }
  const steady = busy >= STEADY_SHARE * HISTORY_MINUTES
  return steady && (sum / HISTORY_MINUTES) * minutes >= DUE ? since : null
}

/** The newest minutes, and the stretches as long before them that they are held against, with as many requests on average. */
const STRETCH = 10
const STRETCHES = 12
const LEAST_REQUESTS = 50
/** Beyond the least and the busiest stretch by this factor: within two hours no daily course changes as much. */
const FACTOR = 2.5

/** Whether traffic has left all that the two hours before showed, by a factor. Pure. */
export function trafficShifts(requestsAt: RequestsAt, minute: number): boolean {
  const end = minute + 1
  const now = STRETCH * meanOf(requestsAt, end - STRETCH, end)
  let [low, high] = [Number.POSITIVE_INFINITY, 0]
  for (let i = 1; i <= STRETCHES; i++) {
    const n = STRETCH * meanOf(requestsAt, end - (i + 1) * STRETCH, end - i * STRETCH)
    low = Math.min(low, n)
    high = Math.max(high, n)
    if (low < LEAST_REQUESTS || (now * FACTOR > low && now < high * FACTOR)) return false
  }
  return now > 0
}

function meanOf(requestsAt: RequestsAt, from: number, to: number): number {
  let sum = 0
  for (let m = from; m < to; m++) sum += requestsAt(m)
  return sum / (to - from)
}
