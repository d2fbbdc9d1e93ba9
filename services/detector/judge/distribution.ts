import { smallestRise } from './binomial.ts'
import { levelFor } from './calibrate.ts'
import { countAbove, cutAt, pool, quantileAt, totalOf } from './histogram.ts'
import { scoreOf } from './kinds.ts'
import { noRequests } from './nodata.ts'
import { EXACT_SHARE, exonerate, penaltyOf, type ShareLook, strongest, totalsOf } from './shares.ts'
import type { Count, DistributionInput, Histogram, Judgement } from './types.ts'
import { probability } from './words.ts'

/** Where the baseline is cut: half of its requests are slower than the first, one in a hundred than the last. Body, shoulder, tail. */
const CUTS = [0.5, 0.9, 0.99]
/** A quantile must move by a tenth: twice the floor of a single series, for with whole distributions every drift is certain. */
const MIN_SHIFT = 0.1
/** Requests beyond a cut that decide at least. */
const MIN_BEYOND = 5
/** The newer half of the window must show this share of the difference: what a start costs (cold caches, compiling) fades, a regression lasts. */
const LASTING = 0.5
/** Chance of the last look to see the stated effect; a shift moves the cuts less evenly than errors do, so it is held higher (75-95 % of worlds, simulated). */
const STATED_POWER = 0.75
/** Nothing is claimed with less power than this: a doubling. */
const THIN_SHIFT = 1

type Cut = {
  q: number
  look: ShareLook
  before: ShareLook
  observed: number
  expected: number
  effect: number
  smallest: number | null
  matters: boolean
  lasting: boolean
}

/**
 * Whole latency distributions: is a larger share of requests slower than the baseline's median, p90, p99 than its own buckets show? The share beyond a
 * cut is a count, so it is tested as exactly as errors are, with the spread between the baseline's own windows. A tail can move alone.
 */
export function judgeDistribution(input: DistributionInput): Judgement {
  const before = pool(input.baseline)
  const n = { baseline: totalOf(before), current: totalOf(pool(input.current)) }
  if (n.baseline === 0 || n.current === 0) return noRequests(n, 'ratio')
  const alpha = (EXACT_SHARE * levelFor(input.sensitivity, input.siblings)) / CUTS.length
  const cuts = CUTS.map((q) => judgeCut(input, before, q, alpha))
  const found = cuts.filter((c) => c.look.p <= alpha && c.matters)
  const best = (found.length > 0 ? found : cuts).reduce((a, b) => (b.look.p < a.look.p ? b : a))
  return conclude(best, found.length > 0, cuts, n, alpha)
}

function judgeCut(input: DistributionInput, before: Map<number, number>, q: number, alpha: number): Cut {
  const cut = cutAt(before, q)
  const count = (h: Histogram) => countAbove(h, cut)
  const baseline = input.baseline.map(count)
  const first = explain(strongest(baseline, input.current.map(count)), baseline, input, cut)
  const look = exonerate(first, input.concurrent?.map(count), input.current.length)
  const lasting = lasts(look, input.current.slice(-Math.ceil(look.w / 2)).map(count))
  const window = pool(input.current.slice(-look.w))
  const [expected, observed] = [quantileAt(before, q, input.scale), quantileAt(window, q, input.scale)]
  const effect = observed / expected - 1
  const large = look.high ? effect >= MIN_SHIFT && look.bad >= MIN_BEYOND : observed * (1 + MIN_SHIFT) <= expected
  const level = Math.min(alpha, (input.certain ?? 1) / CUTS.length) / penaltyOf(input.current.length)
  const rise = smallestRise(first.nul, look.total, level, STATED_POWER)
  const share = rise === null ? null : 1 - (first.nul.rate + rise)
  const smallest =
    share === null || share <= 0
      ? null
      : 2 ** ((cut + 1) / 2 ** input.scale) / quantileAt(before, share, input.scale) - 1
  return {
    q,
    look,
    before: first,
    observed,
    expected,
    effect,
    smallest: smallest === null ? null : Math.max(smallest, MIN_SHIFT),
    matters: large && lasting,
    lasting,
  }
}

/**
 * What something else explains is not the deploy's: the difference must also show against a cut that is moved by as much, and then the weaker of the
 * two looks counts. An explanation to the other side changes nothing.
 */
function explain(look: ShareLook, baseline: readonly Count[], input: DistributionInput, cut: number): ShareLook {
  const moved = Math.round(Math.log2(input.explained ?? 1) * 2 ** input.scale)
  if (look.high ? moved <= 0 : moved >= 0) return look
  const beyond = strongest(
    baseline,
    input.current.map((h) => countAbove(h, cut + moved)),
  )
  return { ...look, p: beyond.high === look.high ? Math.max(look.p, beyond.p) : 1 }
}

/** Whether the newer half of the window still shows the difference; true where nothing came in it. */
function lasts(look: ShareLook, newer: readonly Count[]): boolean {
  const { bad, total } = totalsOf(newer)
  const whole = look.bad / look.total - look.nul.rate
  return total === 0 || whole === 0 || (bad / total - look.nul.rate) / whole >= LASTING
}

const short = (v: number): string => String(Number(v.toPrecision(3)))

function conclude(cut: Cut, found: boolean, cuts: readonly Cut[], n: Judgement['n'], alpha: number): Judgement {
  const known = cuts.flatMap((c) => (c.smallest === null ? [] : [c.smallest]))
  const smallest = known.length > 0 ? Math.min(...known) : null
  const thin = smallest === null || smallest > THIN_SHIFT
  const judgement = found ? (cut.look.high ? 'high' : 'low') : thin ? 'nodata' : 'pass'
  const { look } = cut
  const p = Math.min(1, look.p * CUTS.length)
  const reach = cut.expected * (smallest ?? 1)
  return {
    judgement,
    worse: judgement === 'high',
    reason: reasonOf(cut, judgement, p, alpha * CUTS.length),
    observed: cut.observed,
    expected: cut.expected,
    lower: Math.max(0, cut.expected - reach),
    upper: cut.expected + reach,
    effect: cut.effect,
    effectUnit: 'ratio',
    pValue: p,
    score: found ? scoreOf(p, alpha * CUTS.length) : Math.min(0.499, scoreOf(p, alpha * CUTS.length)),
    n,
    power: { smallestEffect: smallest, needs: thin ? `about ${Math.max(30, n.current * 3)} more requests` : null },
    method: 'distribution',
  }
}

function reasonOf(cut: Cut, judgement: Judgement['judgement'], p: number, limit: number): string {
  const { look, q } = cut
  const share = (x: number) => `${(100 * x).toPrecision(3)} %`
  const seen = `p${100 * q} ${short(cut.observed)}, expected ${short(cut.expected)}: ${share(look.bad / look.total)} of ${look.total} requests beyond it, expected ${share(look.nul.rate)}`
  const end = `(p ${probability(p)}, limit ${limit.toPrecision(2)})`
  if (judgement === 'nodata') return `${seen}; too few requests to tell ${end}`
  if (judgement !== 'pass') return `${seen}; more than its own windows vary ${end}`
  if (p <= limit && !cut.lasting) return `${seen}; it fades, as after a start ${end}`
  if (p <= limit) return `${seen}; certain, but too small to matter ${end}`
  if (cut.before.p * CUTS.length <= limit) return `${seen}; the old version shows it in the same minutes ${end}`
  return `${seen}; within what the baseline allows ${end}`
}
