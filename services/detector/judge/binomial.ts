import { betaBinomialAtLeast, betaBinomialAtMost } from './exact.ts'
import type { Count } from './types.ts'

/** What the baseline predicts for a window of w buckets: a beta-binomial with this mean and this concentration. */
export type BinomialNull = { rate: number; concentration: number; rho: number }

/** Blocks needed before their spread is believed: eight, as for any variance whose own error should be under half of it. */
const MIN_BLOCKS = 8
/** Found at 85 % of worlds: the middle of the 75-95 % in which issue 4 wants a stated power to hold. */
const STATED_POWER = 0.85

/**
 * Prediction for the failed share in a window of `w` buckets. Mean with Jeffreys' prior (half an error in each class); the concentration
 * joins the uncertainty of that mean with the spread of the share between baseline windows of the same length.
 */
export function binomialNull(baseline: readonly Count[], w: number): BinomialNull {
  let bad = 0
  let total = 0
  for (const c of baseline) {
    bad += c.bad
    total += c.total
  }
  const rate = (bad + 0.5) / (total + 1)
  const rho = bad === 0 || bad === total ? 0 : spreadAt(baseline, w, bad / total)
  const own = Math.max(1, total + 1)
  const concentration = 1 / (1 / own + rho * (1 + w / Math.max(1, baseline.length)))
  return { rate, concentration, rho }
}

/** Intra-class correlation of the share over blocks of `w` buckets: variance of block shares beyond the binomial one, / p(1-p). */
function spreadAt(baseline: readonly Count[], w: number, p: number): number {
  let best = 0
  for (let len = 1; len <= w; len *= 2) {
    const blocks = Math.floor(baseline.length / len)
    if (blocks < MIN_BLOCKS) break
    const rho = Math.max(0, excess(baseline, len, p))
    // independent buckets: rho falls as 1/length; fully persistent: not at all. Half way between, where w itself cannot be measured.
    best = Math.max(best * 0.7, rho * Math.sqrt(Math.min(1, (2 * len) / w)))
  }
  return best
}

function excess(baseline: readonly Count[], len: number, p: number): number {
  let chi = 0
  let n = 0
  let blocks = 0
  for (let end = baseline.length; end - len >= 0; end -= len) {
    let bad = 0
    let total = 0
    for (let i = end - len; i < end; i++) {
      bad += baseline[i]!.bad
      total += baseline[i]!.total
    }
    if (total === 0) continue
    chi += (bad - total * p) ** 2 / (total * p * (1 - p))
    n += total
    blocks++
  }
  if (blocks < 2) return 0
  const phi = chi / (blocks - 1)
  return (phi - 1) / Math.max(1, n / blocks - 1)
}

function shape(nul: BinomialNull): [number, number] {
  return [nul.rate * nul.concentration, (1 - nul.rate) * nul.concentration]
}

export function pHigh(nul: BinomialNull, bad: number, total: number): number {
  const [a, b] = shape(nul)
  return betaBinomialAtLeast(bad, total, a, b)
}

export function pLow(nul: BinomialNull, bad: number, total: number): number {
  const [a, b] = shape(nul)
  return betaBinomialAtMost(bad, total, a, b)
}

/**
 * Looks after every bucket: p is multiplied by (1 + log2 k). Cumulative sums within one octave of k are nearly one look
 * (law of the iterated logarithm), so the number of octaves counts, not the number of looks.
 */
export function looksFactor(k: number): number {
  return 1 + Math.log2(Math.max(1, k))
}

/** Smallest rise of the share (absolute) that `total` requests would show at level alpha in 85 % of worlds; null if none would. */
export function smallestRise(nul: BinomialNull, total: number, alpha: number): number | null {
  const k = criticalCount(nul, total, alpha)
  if (k === null) return null
  let lo = nul.rate
  let hi = 1
  for (let i = 0; i < 30; i++) {
    const mid = (lo + hi) / 2
    const found = betaBinomialAtLeast(k, total, mid * nul.concentration, (1 - mid) * nul.concentration)
    if (found >= STATED_POWER) hi = mid
    else lo = mid
  }
  return hi - nul.rate
}

/** Fewest failures that are significant at two-sided alpha, at least three. */
function criticalCount(nul: BinomialNull, total: number, alpha: number): number | null {
  let lo = Math.min(3, total)
  let hi = total
  if (total < 3 || 2 * pHigh(nul, total, total) > alpha) return null
  while (lo < hi) {
    const mid = Math.floor((lo + hi) / 2)
    if (2 * pHigh(nul, mid, total) <= alpha) hi = mid
    else lo = mid + 1
  }
  return lo
}
