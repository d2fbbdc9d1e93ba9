import type { CountAt } from './counts.ts'

/** The newest minutes that are asked, and the history that they are held against; of it so many minutes must be known. */
const LAST = 5
/** … of which the very newest must show it still. */
const NEWEST = 2
const HISTORY_MINUTES = 240
const LEAST_HISTORY = 60
/** Failures in them, and minutes in which so many are no accident. */
const LEAST_BAD = 3
const LEAST_BAD_MINUTES = 2
/** Less than two points more is never looked at: below every floor of what is told. */
const SHARE_FLOOR = 0.02
/** Standard deviations, with one failure more allowed for: what is less unusual is never confirmed. */
const UNUSUAL = 4
/** Calls in a minute below which their mean says nothing, and minutes that must have as many. */
const LEAST_CALLS = 5
const LEAST_SLOW_MINUTES = 3
/** A quarter slower: half of what is told. And slower than all but this share of the minutes before. */
const SLOWER = Math.log(1.25)
const SLOWEST = 0.01

/** Whether more fails in the newest minutes than in the hours before: a cheap first look at one line, after which few are judged. Pure. */
export function failingStands(at: CountAt, minute: number): boolean {
  const now = added(at, minute, minute - LAST)
  if (now.bad < LEAST_BAD || now.badMinutes < LEAST_BAD_MINUTES || now.bad / now.total < SHARE_FLOOR) return false
  const before = added(at, minute - LAST, minute - LAST - HISTORY_MINUTES)
  if (before.minutes < LEAST_HISTORY) return false
  const usual = before.bad / before.total
  const spread = Math.sqrt(now.total * usual * (1 - usual) + 1)
  const newest = added(at, minute, minute - NEWEST)
  return (
    now.bad / now.total - usual >= SHARE_FLOOR &&
    now.bad - usual * now.total >= UNUSUAL * spread &&
    newest.bad / newest.total >= (usual + now.bad / now.total) / 2
  )
}

/** The minutes `newest` … `before` (exclusive), added up. */
function added(at: CountAt, newest: number, before: number) {
  const sum = { bad: 0, total: 0, minutes: 0, badMinutes: 0 }
  for (let m = newest; m > before; m--) {
    const p = at(m)
    if (!p) continue
    sum.bad += p.bad
    sum.total += p.total
    sum.minutes += 1
    sum.badMinutes += p.bad > 0 && p.bad >= SHARE_FLOOR * p.total ? 1 : 0
  }
  return sum
}

/** Whether calls take longer in the newest minutes than in the hours before, by mean a minute. Pure. */
export function slowerStands(at: CountAt, minute: number): boolean {
  const now = means(at, minute, minute - LAST)
  if (now.length < LEAST_SLOW_MINUTES) return false
  const history = means(at, minute - LAST, minute - LAST - HISTORY_MINUTES)
  if (history.length < LEAST_HISTORY) return false
  const moved = middle(now) - history.reduce((a, b) => a + b, 0) / history.length
  if (moved < SLOWER / 2) return false
  const sorted = Float64Array.from(history).sort()
  const slowest = sorted[Math.floor((1 - SLOWEST) * sorted.length)]!
  return middle(now) > slowest && middle(now) - sorted[sorted.length >> 1]! >= SLOWER
}

/** Logarithms of the mean milliseconds of the minutes `newest` … `before` (exclusive) that have enough calls. */
function means(at: CountAt, newest: number, before: number): number[] {
  const found: number[] = []
  for (let m = newest; m > before; m--) {
    const p = at(m)
    if (p && p.total >= LEAST_CALLS && p.ms > 0) found.push(Math.log(p.ms / p.total))
  }
  return found
}

const middle = (values: readonly number[]): number => Float64Array.from(values).sort()[values.length >> 1]!
