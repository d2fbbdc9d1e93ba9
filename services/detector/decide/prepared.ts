import { type Judgement, prepareSeries, type SeriesInput, type SeriesJudge } from '../judge/index.ts'
import type { Window } from '../window/window.ts'

type Baseline = SeriesInput['baseline']
type Prepared = { baseline: Baseline; sensitivity: SeriesInput['sensitivity']; judge: SeriesJudge }

/** What a window's baselines were made into, by series. A window is looked at every minute, and its baseline seldom changes. */
const kept = new WeakMap<Window, Map<string, Prepared>>()

/** `judgeSeries` for the series `id` of a window: the same answer, with the work on an unchanged baseline done once. */
export function judgeAgain(window: Window, id: string, input: SeriesInput): Judgement {
  const known = kept.get(window) ?? new Map<string, Prepared>()
  kept.set(window, known)
  const { current, concurrent, seasonal, ...before } = input
  const { baseline, sensitivity } = before
  const last = known.get(id)
  const fits = last && last.sensitivity === sensitivity && same(last.baseline, baseline)
  const prepared = fits ? last : { baseline, sensitivity, judge: prepareSeries(before) }
  known.set(id, prepared)
  return prepared.judge(current, concurrent, seasonal)
}

const same = (a: Baseline, b: Baseline): boolean => a.length === b.length && a.every((v, i) => v === b[i])
