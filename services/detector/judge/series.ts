import { median, quantileSorted } from 'simple-statistics'
import { ALPHA, PRIORS, scoreOf } from './kinds.ts'
import type { Judgement, SeriesInput } from './types.ts'

/** Judges `current` against `baseline`. The same as `prepareSeries(input)(input.current)`. */
export function judgeSeries(input: SeriesInput): Judgement {
  return prepareSeries(input)(input.current, input.concurrent, input.seasonal)
}

export type SeriesJudge = (
  current: SeriesInput['current'],
  concurrent?: SeriesInput['concurrent'],
  seasonal?: SeriesInput['seasonal'],
) => Judgement

/** Does the work that depends on the baseline alone once; the returned function is asked again after every bucket. */
export function prepareSeries(input: Omit<SeriesInput, 'current'>): SeriesJudge {
  const prior = PRIORS[input.kind]
  const alpha = ALPHA[input.sensitivity ?? 'normal'] / Math.max(1, input.siblings ?? 1)
  const toScale = prior.scale === 'log' ? (v: number) => Math.log(Math.max(v, 1e-9)) : (v: number) => v
  const back = prior.scale === 'log' ? Math.exp : (v: number) => v
  const baseline = input.baseline.filter((v): v is number => v !== null).map(toScale)
  return (current) => {
    const seen = current.filter((v): v is number => v !== null).map(toScale)
    const w = Math.min(seen.length, 6)
    const n = { baseline: baseline.length, current: seen.length }
    if (w < 3 || baseline.length < 3 * w)
      return noData(n, w < 3 ? 'fewer than 3 buckets since the deploy' : 'the baseline is too short')
    const placebo: number[] = []
    for (let i = 0; i + w <= baseline.length; i++) placebo.push(median(baseline.slice(i, i + w)))
    placebo.sort((a, b) => a - b)
    const [lo, hi, mid] = [placebo[0]!, placebo.at(-1)!, quantileSorted(placebo, 0.5)]
    const margin = (hi - lo) / 2 + prior.floor
    const stat = median(seen.slice(-w))
    const out = stat > hi + margin ? 'high' : stat < lo - margin ? 'low' : 'pass'
    const excess = Math.max(stat - hi, lo - stat) / margin
    const pValue = Math.min(1, alpha ** Math.max(0, excess))
    const effect = prior.scale === 'log' ? Math.exp(stat - mid) - 1 : stat - mid
    return {
      judgement: out,
      worse: out === prior.worse,
      reason: `median of the last ${w} buckets ${back(stat).toPrecision(4)}, baseline medians of that length ${back(lo).toPrecision(4)} to ${back(hi).toPrecision(4)}`,
      observed: back(stat),
      expected: back(mid),
      lower: back(lo - margin),
      upper: back(hi + margin),
      effect,
      effectUnit: prior.scale === 'log' ? 'ratio' : 'absolute',
      pValue,
      score: scoreOf(pValue, alpha),
      n,
      power: {
        smallestEffect: prior.scale === 'log' ? Math.exp(hi + margin - mid) - 1 : hi + margin - mid,
        needs: null,
      },
      method: 'placebo',
    }
  }
}

function noData(n: Judgement['n'], reason: string): Judgement {
  return {
    judgement: 'nodata',
    worse: false,
    reason,
    observed: 0,
    expected: 0,
    lower: 0,
    upper: 0,
    effect: 0,
    effectUnit: 'ratio',
    pValue: 1,
    score: 0,
    n,
    power: { smallestEffect: null, needs: null },
    method: 'no-data',
  }
}
