import { mean, sampleStandardDeviation } from 'simple-statistics'
import { PRIORS, scoreOf } from './kinds.ts'
import { scaleOf } from './scale.ts'
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
/** And the effect must be a fifth: the +20 % of BENCHMARKS.md, where the usual rules still work. */
const MIN_EFFECT = 0.2

/** A short baseline: Student's t for the difference of means, with a quarter of the points counted and a higher effect floor. */
export function judgeFew({ kind, baseline: before, current, concurrent, alpha }: FewInput): Judgement {
  const baseline = before.length >= MIN_EACH ? before : [...before, ...concurrent]
  const n = { baseline: baseline.length, current: current.length }
  if (n.current < MIN_EACH || n.baseline < MIN_EACH) return tooFew(n)
  const scale = scaleOf(kind, baseline)
  const [a, b] = [baseline.map(scale.to), current.map(scale.to)]
  const spread = Math.max(sampleStandardDeviation(a), sampleStandardDeviation(b), scale.floor / 2)
  const df = Math.max(1, EFFECTIVE * (n.baseline + n.current) - 2)
  const width = spread * Math.sqrt(1 / Math.max(1, EFFECTIVE * n.baseline) + 1 / Math.max(1, EFFECTIVE * n.current))
  const difference = mean(b) - mean(a)
  const pValue = Math.min(1, 2 * studentTail(Math.abs(difference) / width, df))
  const floor = scale.effectUnit === 'ratio' ? Math.log(1 + MIN_EFFECT) : 4 * scale.floor
  const seen = pValue <= alpha && Math.abs(difference) >= floor
  const side = difference > 0 ? 'high' : 'low'
  const reach = Math.max(3 * width, floor)
  const judgement = seen ? side : 'nodata'
  return {
    judgement,
    worse: seen && side === PRIORS[kind].worse,
    reason: `only ${n.baseline} buckets before and ${n.current} since: means ${scale.back(mean(a)).toPrecision(4)} and ${scale.back(mean(b)).toPrecision(4)}, p ${pValue.toPrecision(2)}${seen ? '' : ', not enough to tell'}`,
    observed: scale.back(mean(b)),
    expected: scale.back(mean(a)),
    lower: scale.back(mean(a) - reach),
    upper: scale.back(mean(a) + reach),
    effect: scale.effect(difference),
    effectUnit: scale.effectUnit,
    pValue,
    score: seen ? scoreOf(pValue, alpha) : Math.min(0.499, scoreOf(pValue, alpha)),
    n,
    power: { smallestEffect: Math.abs(scale.effect(reach)), needs: 'a baseline of at least 9 buckets' },
    method: 'few-points',
  }
}

function tooFew(n: Judgement['n']): Judgement {
  const after = n.current < MIN_EACH
  return {
    judgement: 'nodata',
    worse: false,
    reason: after
      ? `only ${n.current} buckets since the deploy, ${MIN_EACH} are needed`
      : `only ${n.baseline} buckets before the deploy`,
    observed: 0,
    expected: 0,
    lower: 0,
    upper: 0,
    effect: 0,
    effectUnit: 'ratio',
    pValue: 1,
    score: 0,
    n,
    power: {
      smallestEffect: null,
      needs: after ? `${MIN_EACH - n.current} more buckets` : `${9 - n.baseline} more buckets before the deploy`,
    },
    method: 'no-data',
  }
}
