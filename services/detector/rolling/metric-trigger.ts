/** A metric by epoch minute; undefined where there is none. */
export type ValueAt = (minute: number) => number | undefined

/** The newest values that must all be unusual, and the minutes in which they must lie: exporters skip a minute now and then. */
const LAST = 5
const LAST_WITHIN = 8
/** Metrics come up to so many minutes after the requests of the same minute. */
export const LATE_MINUTES = 3
/** History that is looked at, and values that it must hold. */
const HISTORY_MINUTES = 240
const LEAST_HISTORY = 120
/** Beyond the highest of the history by this share of the way there from its middle: what was only just higher is the tail of the same. */
const BEYOND = 0.5

/** Of a metric that was always zero: minutes above zero among the newest, since what is counted now and then is zero in between. */
const WAKE_MINUTES = 15
const LEAST_AWAKE = 8

/** Whether a metric calls for a judgement at `minute`: its newest values lie clear of the hours before, or it was zero in all of them and wakes. Pure. */
export const stands = (valueAt: ValueAt, minute: number): boolean =>
  liesClear(valueAt, minute) || wakes(valueAt, minute)

function wakes(valueAt: ValueAt, minute: number): boolean {
  let awake = 0
  let at = minute
  for (; at > minute - WAKE_MINUTES; at--) awake += (valueAt(at) ?? 0) > 0 ? 1 : 0
  if (awake < LEAST_AWAKE) return false
  let known = 0
  for (; at > minute - HISTORY_MINUTES; at--) {
    const v = valueAt(at)
    if (v !== undefined && v !== 0) return false
    known += v === 0 ? 1 : 0
  }
  return known >= LEAST_HISTORY
}

/**
 * Whether the newest values at `minute` all lie clear of everything that the hours before showed: a cheap first look at one metric, after
 * which few are judged. It asks the newest of the history first, so that a usual metric costs a handful of steps. Pure.
 */
function liesClear(valueAt: ValueAt, minute: number): boolean {
  const newest = newestOf(valueAt, minute)
  if (newest === null) return false
  const recent: number[] = []
  let at = newest
  for (; at > newest - LAST_WITHIN && recent.length < LAST; at--) {
    const v = valueAt(at)
    if (v !== undefined) recent.push(v)
  }
  if (recent.length < LAST) return false
  const [low, high] = [Math.min(...recent), Math.max(...recent)]
  let [above, below] = [true, true]
  const history: number[] = []
  for (; at > newest - HISTORY_MINUTES && (above || below); at--) {
    const v = valueAt(at)
    if (v === undefined) continue
    above &&= v < low
    below &&= v > high
    history.push(v)
  }
  if ((!above && !below) || history.length < LEAST_HISTORY) return false
  const sorted = Float64Array.from(history).sort()
  const middle = sorted[sorted.length >> 1]!
  return above
    ? low > sorted.at(-1)! + BEYOND * (sorted.at(-1)! - middle)
    : high < sorted[0]! - BEYOND * (middle - sorted[0]!)
}

function newestOf(valueAt: ValueAt, minute: number): number | null {
  for (let m = minute; m > minute - LATE_MINUTES; m--) if (valueAt(m) !== undefined) return m
  return null
}
