import { type Count, type Judgement, judgeCounts, type Sensitivity } from '../judge/index.ts'
import { certainP } from './families.ts'
import { digits, dismissed } from './signal.ts'

type Values = readonly (number | null)[]

/** Minutes that must show it, and the share of the minutes since: what restarts and retries leave behind is shorter, and a burst that is over an accident. */
const LEAST_MINUTES = 10
const LEAST_SHARE = 0.5

export const alwaysZero = (values: Values): boolean => values.every((v) => v === null || v === 0)

/**
 * A metric that was zero in every minute before: no factor and no spread say how much is much, so minutes are counted. Those in which it is above
 * zero, against none in all of the baseline, by the exact test of shares; at least ten, and half of those since. Numbers are in the metric's unit.
 */
export function judgeFromZero(o: {
  baseline: Values
  current: Values
  concurrent: Values | undefined
  sensitivity: Sensitivity
}): Judgement {
  const raw = judgeCounts({
    baseline: [total(o.baseline)],
    current: o.current.map((v) => total([v])),
    concurrent: o.concurrent?.map((v) => total([v])),
    certain: certainP('error', o.sensitivity),
    sensitivity: o.sensitivity,
  })
  const now = total(o.current)
  const known = o.current.filter((v) => v !== null)
  const observed = known.length === 0 ? 0 : known.reduce((a, b) => a + b, 0) / known.length
  const told: Judgement = {
    ...raw,
    observed,
    expected: 0,
    lower: 0,
    upper: 0,
    effect: observed,
    effectUnit: 'absolute',
    power: { smallestEffect: null, needs: raw.power.needs && 'more minutes' },
    reason: `above 0 in ${now.bad} of ${now.total} minutes, never in ${total(o.baseline).total} before (p ${digits(raw.pValue)})`,
  }
  const lasts = now.bad >= LEAST_MINUTES && now.bad >= LEAST_SHARE * now.total
  return told.judgement === 'high' && !lasts
    ? dismissed(told, `${told.reason}; too few minutes to be no accident`)
    : told
}

/** Minutes with a value, and those of them in which it is above zero. */
function total(values: Values): Count {
  const known = values.filter((v) => v !== null)
  return { bad: known.filter((v) => v > 0).length, total: known.length }
}
