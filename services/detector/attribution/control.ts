import { SCALE } from '../../../shared/store/histogram.ts'
import { countAbove, cutAt, pool, totalOf } from '../judge/histogram.ts'
import type { Series, Window } from '../window/window.ts'
import type { Measure } from './excess.ts'

/** Requests or calls of some series over some minutes. */
export type Sums = { total: number; bad: number; buckets: Map<number, number> }
/** Requests, and those of them that failed or were slow. */
export type Share = { of: number; total: number }
/** `shares`: it changed as the subject did. `differs`: it did not. `unknown`: too few requests to tell. */
export type Answer = 'shares' | 'differs' | 'unknown'

/** Slow is what one request in ten was before: the median of a mixture need not move where some of its requests wait. */
const SLOW = 0.9
/** Wald's sequential test of two shares, wrong in one case of twenty at most either way: ln(0.95 / 0.05) (Wald 1947, 3.2). */
const CERTAIN = Math.log(19)

/** Sums over epoch minutes. */
export function sumsOf(window: Window, series: readonly Series[], minutes: readonly number[]): Sums {
  const sums: Sums = { total: 0, bad: 0, buckets: new Map() }
  const histograms: ReadonlyMap<number, number>[] = []
  for (const s of series)
    for (const minute of minutes) {
      const slot = minute - window.fromMinute
      sums.total += s.total[slot] ?? 0
      sums.bad += s.bad[slot] ?? 0
      const h = s.histograms[slot]
      if (h) histograms.push(h)
    }
  return { ...sums, buckets: pool(histograms) }
}

/** How many more failed than of the same number of requests before. */
export const moreFailures = (before: Sums, now: Sums): number =>
  before.total === 0 ? 0 : now.bad - (now.total * before.bad) / before.total

/**
 * How many more milliseconds than the same number of requests took before, none counted for more than `capMs`: durations have such tails that
 * without it the slowest few are the sum.
 */
export function moreTime(before: Sums, now: Sums, capMs: number): number {
  const [n, m] = [totalOf(before.buckets), totalOf(now.buckets)]
  return n === 0 ? 0 : timeIn(now.buckets, capMs) - (m * timeIn(before.buckets, capMs)) / n
}

/** Sum of durations, each taken as the geometric middle of its bucket. */
function timeIn(buckets: ReadonlyMap<number, number>, capMs: number): number {
  let sum = 0
  buckets.forEach((n, i) => {
    sum += n * Math.min(capMs, 2 ** ((i + 0.5) / 2 ** SCALE) / 1e6)
  })
  return sum
}

/** The share of failed requests, or of those slower than SLOW of `before`, in `before` and `now`. */
export function sharesOf(before: Sums, now: Sums, measure: Measure): { before: Share; now: Share } {
  if (measure === 'errors')
    return { before: { of: before.bad, total: before.total }, now: { of: now.bad, total: now.total } }
  const cut = cutAt(before.buckets, SLOW)
  const [then, since] = [countAbove(before.buckets, cut), countAbove(now.buckets, cut)]
  return { before: { of: then.bad, total: then.total }, now: { of: since.bad, total: since.total } }
}

/** Jeffreys' half keeps a share off 0 and 1. */
export const estimate = (s: Share): number => (s.of + 0.5) / (s.total + 1)

/** A control shares a change that it shows at least half of: no two callers feel the same trouble alike. */
const ALIKE = 0.5

/**
 * Did a control change with the subject? The likelihood of what the control shows now, had its share risen by ALIKE of what the subject's
 * did, against its own share of before.
 */
export function compareWith(subject: { before: Share; now: Share }, control: { before: Share; now: Share }): Answer {
  const rise = estimate(subject.now) - estimate(subject.before)
  if (rise <= 0 || control.before.total === 0 || control.now.total === 0) return 'unknown'
  const p0 = estimate(control.before)
  const p1 = Math.min(0.99, p0 + ALIKE * rise)
  const { of, total } = control.now
  const gain = of * Math.log(p1 / p0) + (total - of) * Math.log((1 - p1) / (1 - p0))
  return gain >= CERTAIN ? 'shares' : gain <= -CERTAIN ? 'differs' : 'unknown'
}
