import { mean, sampleStandardDeviation } from 'simple-statistics'
import { PRIORS, scoreOf } from './kinds.ts'
import { noData } from './nodata.ts'
import { type Scale, scaleOf } from './scale.ts'
import { studentTail } from './student.ts'
import type { Judgement, Kind } from './types.ts'

export type FewInput = {
  kind: Kind
  baseline: readonly number[]
  current: readonly number[]
  concurrent: readonly number[]
  alpha: number
}

/** Too few points for placebo windows; below these numbers not even the spread is known. */
const MIN_EACH = 3
/** Without placebo windows autocorrelation is unknown. A quarter of the points counts: lag-one correlation 0.6 gives (1+r)/(1-r) = 4. */
const EFFECTIVE = 0.25
/** And the effect must be a fifth: less is for the usual rules, which need more points. */
const MIN_EFFECT = 0.2

/**
 * A short baseline: Student's t for the difference of means, with a quarter of the points counted and a higher effect floor. Where the old version runs
 * beside it, the difference must show against that too; where nothing was before, against that alone.
 */
export function judgeFew({ kind, baseline: before, current, concurrent, alpha }: FewInput): Judgement {
  const others = [before, concurrent].filter((o) => o.length >= MIN_EACH)
  const n = { baseline: others[0]?.length ?? before.length, current: current.length }
  if (n.current < MIN_EACH || others.length === 0) return tooFew(n)
  const scale = scaleOf(kind, others[0]!)
  const floor = scale.effectUnit === 'ratio' ? Math.log(1 + MIN_EFFECT) : 4 * scale.floor
  const { found, pValue } = leastOf(others.map((o) => compare(o, current, scale)))
  const seen = pValue <= alpha && Math.abs(found.difference) >= floor
  const side = found.difference > 0 ? 'high' : 'low'
  const reach = Math.max(3 * found.width, floor)
  const [observed, expected] = [scale.back(found.now), scale.back(found.then)]
  return {
    judgement: seen ? side : 'nodata',
    worse: seen && side === PRIORS[kind].worse,
    reason: `only ${n.baseline} buckets to compare with and ${n.current} since: means ${expected.toPrecision(4)} and ${observed.toPrecision(4)}, p ${pValue.toPrecision(2)}${seen ? '' : ', not enough to tell'}`,
    observed,
    expected,
    lower: scale.back(found.then - reach),
    upper: scale.back(found.then + reach),
    effect: scale.effect(found.difference),
    effectUnit: scale.effectUnit,
    pValue,
    score: seen ? scoreOf(pValue, alpha) : Math.min(0.499, scoreOf(pValue, alpha)),
    n,
    power: { smallestEffect: Math.abs(scale.effect(reach)), needs: 'a baseline of at least 9 buckets' },
    method: 'few-points',
  }
}

type Compared = { then: number; now: number; difference: number; width: number; p: number }

function compare(before: readonly number[], current: readonly number[], scale: Scale): Compared {
  const [a, b] = [before.map(scale.to), current.map(scale.to)]
  const spread = Math.max(sampleStandardDeviation(a), sampleStandardDeviation(b), scale.floor / 2)
  const df = Math.max(1, EFFECTIVE * (a.length + b.length) - 2)
  const width = spread * Math.sqrt(1 / Math.max(1, EFFECTIVE * a.length) + 1 / Math.max(1, EFFECTIVE * b.length))
  const [then, now] = [mean(a), mean(b)]
  return { then, now, difference: now - then, width, p: Math.min(1, 2 * studentTail(Math.abs(now - then) / width, df)) }
}

/** The smaller of the differences, with the larger p; 1 where they point to different sides. */
function leastOf(compared: readonly Compared[]): { found: Compared; pValue: number } {
  const found = compared.reduce((a, b) => (Math.abs(b.difference) < Math.abs(a.difference) ? b : a))
  const agree = compared.every((c) => c.difference * found.difference > 0)
  return { found, pValue: agree ? Math.max(...compared.map((c) => c.p)) : 1 }
}

function tooFew(n: Judgement['n']): Judgement {
  const after = n.current < MIN_EACH
  return noData({
    reason: after
      ? `only ${n.current} buckets since the deploy, ${MIN_EACH} are needed`
      : `only ${n.baseline} buckets before the deploy`,
    n,
    needs: after ? `${MIN_EACH - n.current} more buckets` : `${9 - n.baseline} more buckets before the deploy`,
    method: 'no-data',
  })
}
