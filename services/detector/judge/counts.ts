import { type BinomialNull, smallestRise } from './binomial.ts'
import { levelFor } from './calibrate.ts'
import { scoreOf } from './kinds.ts'
import { noRequests } from './nodata.ts'
import {
  boundsOf,
  EXACT_SHARE,
  exonerate,
  penaltyOf,
  type ShareLook,
  SMALLEST_CHANGE,
  strongest,
  totalsOf,
} from './shares.ts'
import type { CountsInput, Judgement } from './types.ts'
import { probability } from './words.ts'

/** One failed request never decides; three do where the baseline is clean ("3 errors in 200 requests" is an answer, "one in 12" is none). */
const MIN_BAD = 3
/** A share must also change by this factor: 1.0 % -> 1.2 % at huge traffic is certain and no one's page. */
const MIN_RATIO = 1.2
/** With less power than this nothing is claimed: ten points, the largest effect a user would call small. */
const THIN_EFFECT = 0.1

/** Failures of requests: is the failed share different? Exact beta-binomial prediction, over-dispersion taken from the baseline buckets. */
export function judgeCounts(input: CountsInput): Judgement {
  const alpha = EXACT_SHARE * levelFor(input.sensitivity, input.siblings)
  const n = { baseline: totalsOf(input.baseline).total, current: totalsOf(input.current).total }
  if (n.current === 0 || n.baseline === 0) return { ...noRequests(n, 'absolute'), upper: 1 }
  const before = strongest(input.baseline, input.current)
  return explain(exonerate(before, input.concurrent, input.current.length), before, input, n, alpha)
}

function explain(look: ShareLook, before: ShareLook, input: CountsInput, n: Judgement['n'], alpha: number): Judgement {
  const expected = look.nul.rate
  const observed = look.bad / look.total
  const significant = look.p <= alpha
  const matters = isLarge(look, observed, expected)
  const penalty = penaltyOf(input.current.length)
  const level = alpha / penalty
  const smallest = smallestEffect(before.nul, look.total, Math.min(alpha, input.certain ?? 1) / penalty)
  const thin = isThin(before.nul, look.total, level)
  const found = significant && matters
  const judgement = found ? (look.high ? 'high' : 'low') : thin ? 'nodata' : 'pass'
  return {
    judgement,
    worse: judgement === 'high',
    reason: reasonOf(look, before, judgement, significant && !matters, alpha),
    observed,
    expected,
    ...bandOf(look, input, Math.min(alpha, input.certain ?? 1)),
    effect: observed - expected,
    effectUnit: 'absolute',
    pValue: look.p,
    score: found ? scoreOf(look.p, alpha) : Math.min(0.499, scoreOf(look.p, alpha)),
    n,
    power: { smallestEffect: smallest, needs: thin ? needsOf(before, level) : null },
    method: look.nul.rho > 0 ? 'count-overdispersed' : 'count-exact',
  }
}

/** The shares between which nothing is found: significant, and large enough to matter. */
function bandOf(look: ShareLook, input: CountsInput, alpha: number): Pick<Judgement, 'lower' | 'upper'> {
  const [low, high] = boundsOf(look, input.current.length, input.baseline.length, alpha)
  const { rate } = look.nul
  return {
    lower: Math.max(0, Math.min(low, rate - SMALLEST_CHANGE, rate / MIN_RATIO)),
    upper: Math.min(1, Math.max(high, rate + SMALLEST_CHANGE, rate * MIN_RATIO)),
  }
}

function isLarge(look: ShareLook, observed: number, expected: number): boolean {
  if (Math.abs(observed - expected) < SMALLEST_CHANGE) return false
  return look.high ? observed >= expected * MIN_RATIO && look.bad >= MIN_BAD : observed * MIN_RATIO <= expected
}

/** The smallest rise that would have been found, floors and bursts included; null where none would. */
function smallestEffect(nul: BinomialNull, total: number, alpha: number): number | null {
  const rise = smallestRise(nul, total, alpha)
  if (rise === null) return null
  const bursts = nul.placebo ? 2 * nul.placebo.highest - nul.placebo.middle - nul.rate : 0
  return Math.max(rise, SMALLEST_CHANGE, nul.rate * (MIN_RATIO - 1), bursts)
}

const percent = (x: number) => `${(100 * x).toPrecision(3)} %`

function reasonOf(
  look: ShareLook,
  before: ShareLook,
  judgement: Judgement['judgement'],
  tooSmall: boolean,
  alpha: number,
): string {
  const seen = `${look.bad} of ${look.total} requests failed (${percent(look.bad / look.total)}), expected ${percent(look.nul.rate)}`
  const p = `p ${probability(look.p)}, limit ${alpha.toPrecision(2)}`
  if (judgement === 'nodata') return `${seen}: too few requests to tell (${p})`
  if (judgement !== 'pass')
    return `${seen}: more than chance${look.nul.rho > 0 ? ' and the usual bursts' : ''} can explain (${p})`
  if (tooSmall) return `${seen}: certain, but too small to matter (${p})`
  if (before.p <= alpha) return `${seen}: the old version shows it in the same minutes (${p})`
  return `${seen}: within what the baseline allows (${p})`
}

/** Thin is what more requests would mend: bursts are left out of it. */
function isThin(nul: BinomialNull, total: number, alpha: number): boolean {
  const rise = smallestRise(steadied(nul), total, alpha)
  return rise === null || rise > THIN_EFFECT
}

function steadied(nul: BinomialNull): BinomialNull {
  return { ...nul, concentration: nul.requests + 1, rho: 0, placebo: null }
}

/** Totals asked are this factor apart, and end at a hundred times the baseline: past that its own uncertainty is 99 % of the variance. */
const NEEDS_STEP = 1.25
const NEEDS_END = 100

/** How many requests more until a rise of THIN_EFFECT would be seen: the first total that is enough, by bisection over totals NEEDS_STEP apart. */
function needsOf(look: ShareLook, alpha: number): string | null {
  const totals: number[] = []
  for (let total = look.total + 1; total < NEEDS_END * look.nul.requests; total = Math.ceil(total * NEEDS_STEP))
    totals.push(total)
  const enough = (i: number) => !isThin(look.nul, totals[i]!, alpha)
  let [low, high] = [0, totals.length - 1]
  if (high < 0 || !enough(high)) return null
  while (low < high) {
    const mid = (low + high) >> 1
    if (enough(mid)) high = mid
    else low = mid + 1
  }
  return `about ${totals[low]! - look.total} more requests`
}
