import { ALPHA } from './kinds.ts'
import type { Sensitivity } from './types.ts'

/** Looks before this one cost as much as this one: 24 buckets, the shorter of the usual watches (two hours by 5 minutes, one by the minute). */
const LEAST_WATCH = 24
/**
 * How fast p falls per margin beyond the highest placebo, with many windows. Simulated: 300 unchanged series each of log-normal and Poisson buckets,
 * baselines of 60 to 1440, looked at after every bucket: 5 to 7.
 */
const SLOPE = 6
/** A baseline longer than this does not lower p any further: a day of minutes; beyond it the week's own incidents are the range. */
export const LONGEST_RECORD = 1440

/**
 * The chance that one of the first `watched` buckets sets a record over `history` buckets, were all alike: watched / (history + watched),
 * whatever the window length, since both hold the same number of windows per bucket (Rényi 1962, records). It covers every look so far.
 */
function recordChance(history: number, watched: number): number {
  const k = Math.max(LEAST_WATCH, watched)
  return k / (Math.min(history, LONGEST_RECORD) + k)
}

/** Few windows in the baseline say little of how far the next may reach: the slope falls as 1 - 1/windows (same simulation). */
function slopeFor(windows: number): number {
  return SLOPE * Math.max(0.1, 1 - 1 / windows)
}

export type Watch = { history: number; watched: number; windows: number }

/** p of an excess of `z` margins beyond the highest placebo window, valid over all looks so far. */
export function pOfExcess(z: number, watch: Watch): number {
  return Math.min(1, recordChance(watch.history, watch.watched) * Math.exp(-slopeFor(watch.windows) * z))
}

/** The excess needed at level alpha; never inside what the baseline itself has shown. */
export function excessAt(alpha: number, watch: Watch): number {
  return Math.max(0, Math.log(recordChance(watch.history, watch.watched) / alpha) / slopeFor(watch.windows))
}

/** Level for one stream: the level of the deploy, shared among the streams judged together (Bonferroni). */
export function levelFor(sensitivity: Sensitivity | undefined, siblings: number | undefined): number {
  return ALPHA[sensitivity ?? 'normal'] / Math.max(1, siblings ?? 1)
}
