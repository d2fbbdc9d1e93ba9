import { type BinomialNull, binomialNull, criticalCount, criticalLow, looksFactor, pHigh, pLow } from './binomial.ts'
import { excessAt, pOfExcess } from './calibrate.ts'
import type { Count } from './types.ts'

/** Recent windows, in buckets, beside "all since the deploy": a fault that starts late is not diluted. 5 and 15 minutes are the usual alert windows. */
const WINDOWS = [5, 15]
/**
 * Exact tests take a fifth of the level: they are calibrated on steady traffic, and pay for what they cannot know. Simulated with steady and
 * over-dispersed errors, an hour of looks: 0-1 % false alarms.
 */
export const EXACT_SHARE = 0.2
/** Two tenths of a point: below, a changed share is no one's page at any traffic (0 of 20,000 against 3 of 20,000). */
export const SMALLEST_CHANGE = 0.002

/** The window that differs most: its counts, its prediction, and p over all windows and looks. */
export type ShareLook = { w: number; bad: number; total: number; p: number; high: boolean; nul: BinomialNull }

export function totalsOf(counts: readonly Count[]): Count {
  let bad = 0
  let total = 0
  for (const c of counts) {
    bad += c.bad
    total += c.total
  }
  return { bad, total }
}

const windowsOf = (looks: number): number[] => [looks, ...WINDOWS.filter((w) => w * 2 <= looks)]

/** Share of the level that goes to the window since the deploy, where most changes begin; the recent windows have the rest (weighted p-values: Genovese, Roeder & Wasserman 2006). */
const WHOLE_WEIGHT = 0.8

/**
 * By what p of a window of `w` buckets is multiplied for the windows tried and the looks so far. A recent window has forgotten all after another `w`
 * buckets, so it is looked at anew `looks / w` times. Simulated, an hour of looks at nothing: alarms at 2 (5 buckets) and 1 times (15) the level asked,
 * where octaves alone had 5 to 7 and 2; since the deploy 3 to 4 times, which EXACT_SHARE pays for.
 */
export function penaltyOf(looks: number, w = looks): number {
  const others = windowsOf(looks).length - 1
  const weight = others === 0 ? 1 : w === looks ? WHOLE_WEIGHT : (1 - WHOLE_WEIGHT) / others
  return (looksFactor(w) * (looks / w)) / weight
}

/** The window since the deploy, or a recent one, whose share differs most. There must be a request on both sides. */
export function strongest(baseline: readonly Count[], current: readonly Count[]): ShareLook {
  const windows = windowsOf(current.length)
  let best: ShareLook | undefined
  for (const w of windows) {
    const { bad, total } = totalsOf(current.slice(-w))
    if (total === 0) continue
    const nul = binomialNull(baseline, w)
    const [up, down] = [pHigh(nul, bad, total), pLow(nul, bad, total)]
    const high = up <= down
    const exact = Math.min(1, 2 * Math.min(up, down) * penaltyOf(current.length, w))
    const p = Math.max(exact, placeboP(nul, bad / total, high, baseline.length, current.length, w))
    if (!best || p < best.p) best = { w, bad, total, p, high, nul }
  }
  return best!
}

/** Where the bad come in bursts, the share must also lie beyond what the baseline's own windows of that length reached. */
function placeboP(
  nul: BinomialNull,
  share: number,
  high: boolean,
  history: number,
  watched: number,
  w: number,
): number {
  const { placebo } = nul
  if (!placebo) return 0
  const [edge, turn] = high ? [placebo.highest, 1] : [placebo.lowest, -1]
  const margin = marginOf(placebo, high)
  return EXACT_SHARE * pOfExcess((turn * (share - edge)) / margin, { history, watched, windows: history / w })
}

const marginOf = ({ highest, middle, lowest }: NonNullable<BinomialNull['placebo']>, high: boolean): number =>
  (high ? highest - middle : middle - lowest) + SMALLEST_CHANGE

/**
 * The least and the largest share that this look would not have been significant with at `alpha`: a failure more than the most that are too few, one
 * less than the fewest that are too many, and what bursts reach. 0 and 1 where no number of failures would be. Floors of what matters are not in it.
 */
export function boundsOf(look: ShareLook, looks: number, history: number, alpha: number): [low: number, high: number] {
  const { nul, total, w } = look
  const level = alpha / penaltyOf(looks, w)
  const [few, many] = [criticalLow(nul, total, level), criticalCount(nul, total, level)]
  const [low, high] = [few === null ? 0 : (few + 1) / total, many === null ? 1 : (many - 1) / total]
  if (!nul.placebo) return [low, high]
  const reach = excessAt(alpha / EXACT_SHARE, { history, watched: looks, windows: history / w })
  return [
    Math.max(0, Math.min(low, nul.placebo.lowest - reach * marginOf(nul.placebo, false))),
    Math.min(1, Math.max(high, nul.placebo.highest + reach * marginOf(nul.placebo, true))),
  ]
}

/** With the old version beside it, a change must show against that too; a change in both is a shared incident. */
export function exonerate(before: ShareLook, concurrent: readonly Count[] | undefined, looks: number): ShareLook {
  const beside = (concurrent ?? []).slice(-before.w)
  if (totalsOf(beside).total === 0) return before
  const nul = binomialNull(beside, before.w)
  const p = 2 * (before.high ? pHigh(nul, before.bad, before.total) : pLow(nul, before.bad, before.total))
  const both = Math.min(1, Math.max(before.p, p * looksFactor(looks)))
  return { ...before, p: both, nul: both > before.p ? nul : before.nul }
}
