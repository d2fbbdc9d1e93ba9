import { betaBinomialAtLeast, betaBinomialAtMost } from './exact.ts'
import type { Count } from './types.ts'

/** What the baseline predicts for a window of w buckets: a beta-binomial with this mean and this concentration. */
export type BinomialNull = {
  rate: number
  /** Requests of the baseline. */
  requests: number
  concentration: number
  /** Spread of the share between windows beyond the binomial one (intra-class correlation). */
  rho: number
  /** Where the share comes in bursts: the highest and middle share of the baseline's own windows of this length. */
  placebo: { highest: number; middle: number; lowest: number } | null
}

/** Blocks needed before their spread is believed: eight, as for any variance whose own error should be under half of it. */
const MIN_BLOCKS = 8
/** Chance of the last look alone at which an effect counts as seen. With the looks before it 75-95 % of worlds find it (simulated). */
const STATED_POWER = 0.8

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
  const { rho, certain } = bad === 0 || bad === total ? { rho: 0, certain: false } : spreadAt(baseline, w, bad / total)
  const own = Math.max(1, total + 1)
  const concentration = 1 / (1 / own + rho * (1 + w / Math.max(1, baseline.length)))
  return { rate, requests: total, concentration, rho, placebo: certain ? placeboShares(baseline, w) : null }
}

/** The share in every window of the baseline of this length (at most a third of the baseline). */
function placeboShares(baseline: readonly Count[], w: number): BinomialNull['placebo'] {
  const len = Math.max(1, Math.min(w, Math.floor(baseline.length / 3)))
  const shares: number[] = []
  let bad = 0
  let total = 0
  for (let i = 0; i < baseline.length; i++) {
    bad += baseline[i]!.bad - (i >= len ? baseline[i - len]!.bad : 0)
    total += baseline[i]!.total - (i >= len ? baseline[i - len]!.total : 0)
    if (i >= len - 1 && total > 0) shares.push(bad / total)
  }
  shares.sort((a, b) => a - b)
  return shares.length === 0
    ? null
    : { highest: shares.at(-1)!, middle: shares[shares.length >> 1]!, lowest: shares[0]! }
}

/** Standard errors of the dispersion index beyond which bursts are taken for real; the usual three sigma. */
const CERTAIN = 3

/** Intra-class correlation of the share over windows of `w` buckets, and whether it is beyond chance. */
function spreadAt(baseline: readonly Count[], w: number, p: number): { rho: number; certain: boolean } {
  let rho = 0
  let certain = false
  for (let len = 1; len <= Math.max(w, 8); len *= 2) {
    const found = excess(baseline, len, p)
    if (found.blocks < MIN_BLOCKS) break
    certain ||= (found.phi - 1) * Math.sqrt((found.blocks - 1) / 2) > CERTAIN
    // independent buckets: rho falls as 1/length; fully persistent: not at all. Half way between, where w itself cannot be measured.
    if (len <= w) rho = Math.max(rho * 0.7, found.rho * Math.sqrt(Math.min(1, (2 * len) / w)))
  }
  return { rho, certain }
}

/** Dispersion index (chi square / degrees of freedom) of blocks of `len` buckets, and the correlation that explains it. */
function excess(baseline: readonly Count[], len: number, p: number): { phi: number; rho: number; blocks: number } {
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
  if (blocks < 2) return { phi: 1, rho: 0, blocks }
  const phi = chi / (blocks - 1)
  return { phi, rho: Math.max(0, (phi - 1) / Math.max(1, n / blocks - 1)), blocks }
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

/** Smallest rise of the share (absolute) that `total` requests would show at level alpha in most worlds; null if none would. */
export function smallestRise(nul: BinomialNull, total: number, alpha: number, power = STATED_POWER): number | null {
  const k = criticalCount(nul, total, alpha)
  if (k === null) return null
  let lo = nul.rate
  let hi = 1
  for (let i = 0; i < 16; i++) {
    const mid = (lo + hi) / 2
    const found = betaBinomialAtLeast(k, total, mid * nul.concentration, (1 - mid) * nul.concentration)
    if (found >= power) hi = mid
    else lo = mid
  }
  return hi - nul.rate
}

/** Fewest failures that are significant at two-sided alpha, at least three; null where no number of them is. */
export function criticalCount(nul: BinomialNull, total: number, alpha: number): number | null {
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

/** Most failures that are significantly few at two-sided alpha; null where not even none of them is. */
export function criticalLow(nul: BinomialNull, total: number, alpha: number): number | null {
  if (2 * pLow(nul, 0, total) > alpha) return null
  let lo = 0
  let hi = total
  while (lo < hi) {
    const mid = Math.ceil((lo + hi) / 2)
    if (2 * pLow(nul, mid, total) <= alpha) lo = mid
    else hi = mid - 1
  }
  return lo
}
