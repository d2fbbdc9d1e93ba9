import type { BaselineKind } from '../../../shared/model/verdict.ts'
import type { Count } from '../judge/index.ts'
import type { Frame, Track } from './frame.ts'
import { bestSplit, countGains } from './onset.ts'

/** Fewer baseline requests than this, and the old version beside the new one is the better baseline. */
const THIN_BASELINE = 50
/** A baseline with two clearly different levels is cut to the later one: a likelihood ratio of e^8, the best of many splits. */
const TWO_LEVELS_GAIN = 8
/** … where the later one has held for this long. */
const LEVEL_MINUTES = 30
/** Failures expected in a block for its spread to say anything. */
const BLOCK_BAD = 3
const LEAST_BLOCKS = 4
/**
 * Standard errors from which bursts are taken for real, as in judge/binomial.ts: three lengths are tried, and room that is made for nothing costs power.
 * Errors +3 points in nine judged minutes, simulated: 758 of 800 found at 2.33, 767 at 3; in services with bursts 12 and 14 of 600 alarm within the hour.
 */
const Z = 3

export type Baseline = {
  kind: BaselineKind
  counts: Count[]
  /** The slots of `counts`, where it lies before the deploy. */
  slots: number[]
  concurrent: Count[] | undefined
}

/** What the track is compared with: before where it has enough, else the old version in the same minutes. */
export function baselineOf(frame: Frame, t: Track): Baseline {
  const before = t.baseline.reduce((n, c) => n + c.total, 0)
  if (frame.concurrent && before < THIN_BASELINE)
    return { counts: t.beside, slots: frame.baseline, kind: 'concurrent', concurrent: undefined }
  const from = laterLevel(t.baseline)
  return {
    counts: t.baseline.slice(from),
    slots: frame.baseline.slice(from),
    kind: 'before',
    concurrent: frame.concurrent ? t.beside : undefined,
  }
}

function laterLevel(counts: readonly Count[]): number {
  const split = bestSplit(countGains(counts))
  return split.gain >= TWO_LEVELS_GAIN && counts.length - split.at >= LEVEL_MINUTES ? split.at : 0
}

/**
 * The baseline as the count test is given it: minute by minute where its share wanders more than chance does, so that the
 * test makes room for that; as one sum where it does not, so that the noise of estimating the wandering costs no power.
 */
export function forTest(counts: readonly Count[], windowMinutes: number): readonly Count[] {
  const bad = counts.reduce((n, c) => n + c.bad, 0)
  const total = counts.reduce((n, c) => n + c.total, 0)
  if (counts.length < LEVEL_MINUTES || total === 0) return counts
  if (bad === 0 || bad === total) return [{ bad, total }]
  const block = Math.max(1, Math.ceil(BLOCK_BAD / (bad / counts.length)))
  const lengths = [...new Set([1, block, Math.max(block, windowMinutes)])]
  return lengths.some((length) => wanders(counts, length, bad / total)) ? counts : [{ bad, total }]
}

/**
 * Pearson's dispersion of block sums against the binomial, with the variance of the statistic for small expectations
 * (Cochran 1954): 2 (k - 1) + Σ 1 / (n p q).
 */
function wanders(counts: readonly Count[], length: number, p: number): boolean {
  const q = 1 - p
  let statistic = 0
  let variance = 0
  let blocks = 0
  for (let end = counts.length; end - length >= 0; end -= length) {
    let bad = 0
    let total = 0
    for (let i = end - length; i < end; i++) {
      bad += counts[i]!.bad
      total += counts[i]!.total
    }
    if (total === 0) continue
    statistic += (bad - total * p) ** 2 / (total * p * q)
    variance += 1 / (total * p * q)
    blocks++
  }
  if (blocks < LEAST_BLOCKS) return false
  return (statistic - (blocks - 1)) / Math.sqrt(2 * (blocks - 1) + variance) > Z
}
