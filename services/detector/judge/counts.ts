import { type BinomialNull, binomialNull, looksFactor, pHigh, pLow, smallestRise } from './binomial.ts'
import { ALPHA, PRIORS, scoreOf } from './kinds.ts'
import type { Count, CountsInput, Judgement } from './types.ts'

/** Recent windows, in buckets, beside "all since the deploy": a fault that starts late is not diluted. 5 and 15 minutes are the usual alert windows. */
const WINDOWS = [5, 15]
/** One failed request never decides; three do where the baseline is clean (issue 4: "3 errors in 200 requests" is an answer, "one in 12" is none). */
const MIN_BAD = 3
/** A share must also change by this factor: 1.0 % -> 1.2 % at huge traffic is certain and no one's page. One fifth, as BENCHMARKS.md's +20 %. */
const MIN_RATIO = 1.2
/** Without at least this power in points nothing is claimed: ten points, the largest effect a user would call small. */
const THIN_EFFECT = 0.1

type Look = { w: number; bad: number; total: number; p: number; high: boolean; nul: BinomialNull }

/** Failures of requests: is the failed share different? Exact beta-binomial prediction, over-dispersion taken from the baseline buckets. */
export function judgeCounts(input: CountsInput): Judgement {
  const alpha = ALPHA[input.sensitivity ?? 'normal'] / Math.max(1, input.siblings ?? 1)
  const total = sumOf(input.current, 'total')
  const base = sumOf(input.baseline, 'total')
  if (total === 0 || base === 0)
    return noData(input, total === 0 ? 'no request since the deploy' : 'no request in the baseline')
  const before = strongest(input.baseline, input.current)
  const found = input.concurrent && sumOf(input.concurrent, 'total') > 0 ? exonerate(before, input) : before
  return explain(found, before, input, alpha)
}

function sumOf(counts: readonly Count[], field: 'bad' | 'total'): number {
  let s = 0
  for (const c of counts) s += c[field]
  return s
}

/** The window since the deploy, or the recent one, that differs most; p counts the windows and the looks. */
function strongest(baseline: readonly Count[], current: readonly Count[]): Look {
  const windows = [current.length, ...WINDOWS.filter((w) => w * 2 <= current.length)]
  let best: Look | undefined
  for (const w of windows) {
    const part = current.slice(-w)
    const bad = sumOf(part, 'bad')
    const total = sumOf(part, 'total')
    if (total === 0) continue
    const nul = binomialNull(baseline, w)
    const up = pHigh(nul, bad, total)
    const down = pLow(nul, bad, total)
    const p = Math.min(1, 2 * Math.min(up, down) * windows.length * looksFactor(current.length))
    if (!best || p < best.p) best = { w, bad, total, p, high: up <= down, nul }
  }
  return best!
}

/** With the old version beside it, a rise must show against that too; a rise in both is a shared incident. */
function exonerate(before: Look, input: CountsInput): Look {
  const beside = (input.concurrent ?? []).slice(-before.w)
  const nul = binomialNull(beside, before.w)
  const p = 2 * (before.high ? pHigh(nul, before.bad, before.total) : pLow(nul, before.bad, before.total))
  const pJoint = Math.min(1, Math.max(before.p, p * looksFactor(input.current.length)))
  return { ...before, p: pJoint, nul: pJoint > before.p ? nul : before.nul }
}

function explain(look: Look, before: Look, input: CountsInput, alpha: number): Judgement {
  const expected = look.nul.rate
  const observed = look.bad / look.total
  const effect = observed - expected
  const matters =
    Math.abs(effect) >= PRIORS.error.floor * 0.4 &&
    (look.high ? observed >= expected * MIN_RATIO && look.bad >= MIN_BAD : observed * MIN_RATIO <= expected)
  const significant = look.p <= alpha
  const smallest = smallestRise(look.nul, look.total, alpha / looksFactor(input.current.length))
  const thin = smallest === null || smallest > THIN_EFFECT
  const judgement = significant && matters ? (look.high ? 'high' : 'low') : thin ? 'nodata' : 'pass'
  const over = look.nul.rho > 0
  return {
    judgement,
    worse: judgement === 'high',
    reason: reasonOf(look, before, judgement, significant, matters, alpha),
    observed,
    expected,
    lower: Math.max(0, expected - (smallest ?? 1)),
    upper: Math.min(1, expected + (smallest ?? 1)),
    effect,
    effectUnit: 'absolute',
    pValue: look.p,
    score:
      judgement === 'high' || judgement === 'low' ? scoreOf(look.p, alpha) : Math.min(0.499, scoreOf(look.p, alpha)),
    n: { baseline: sumOf(input.baseline, 'total'), current: sumOf(input.current, 'total') },
    power: { smallestEffect: smallest, needs: thin ? needsOf(look, alpha) : null },
    method: over ? 'count-overdispersed' : 'count-exact',
  }
}

const percent = (x: number) => `${(100 * x).toPrecision(3)} %`

function reasonOf(
  look: Look,
  before: Look,
  judgement: string,
  significant: boolean,
  matters: boolean,
  alpha: number,
): string {
  const seen = `${look.bad} of ${look.total} requests failed (${percent(look.bad / look.total)}), baseline ${percent(look.nul.rate)}`
  const p = `p = ${look.p.toPrecision(2)}, limit ${alpha.toPrecision(2)}`
  if (judgement === 'nodata') return `${seen}: too few requests to tell (${p})`
  if (before.p <= alpha && look.p > alpha) return `${seen}: the old version shows it in the same minutes (${p})`
  if (significant && !matters) return `${seen}: certain, but too small to matter (${p})`
  return `${seen}: ${judgement === 'pass' ? 'within what the baseline allows' : `more ${judgement} than the baseline allows`} (${p})`
}

/** How many requests more until a rise of THIN_EFFECT would be seen. */
function needsOf(look: Look, alpha: number): string | null {
  for (let total = Math.max(1, look.total); total < 1e7; total = Math.ceil(total * 1.25)) {
    const s = smallestRise(look.nul, total, alpha)
    if (s !== null && s <= THIN_EFFECT) return `about ${total - look.total} more requests`
  }
  return null
}

function noData(input: CountsInput, reason: string): Judgement {
  const n = { baseline: sumOf(input.baseline, 'total'), current: sumOf(input.current, 'total') }
  return {
    judgement: 'nodata',
    worse: false,
    reason,
    observed: 0,
    expected: 0,
    lower: 0,
    upper: 1,
    effect: 0,
    effectUnit: 'absolute',
    pValue: 1,
    score: 0,
    n,
    power: { smallestEffect: null, needs: null },
    method: 'no-data',
  }
}
