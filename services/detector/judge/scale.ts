import { max, mean, median } from 'simple-statistics'
import { PRIORS } from './kinds.ts'
import type { Kind } from './types.ts'

/** The scale on which a series is judged. */
export type Scale = {
  /** Value -> judged unit (logarithm, or share of the full scale) and back. */
  to(value: number): number
  back(judged: number): number
  /** Smallest difference that matters, in judged units. */
  floor: number
  effectUnit: 'ratio' | 'absolute'
  /** Difference in judged units -> effect as the judgement states it. */
  effect(difference: number): number
}

/** Added before the logarithm, as a share of the baseline's mean: a zero becomes "1 % of usual", not minus infinity. */
const LOG_OFFSET = 0.01
/** Shares above this are percentages (100 = all), else fractions (1 = all). */
export const FRACTION_MAX = 1.5

/** The scale for a kind, given the values of the baseline (no nulls). */
export function scaleOf(kind: Kind, baseline: readonly number[]): Scale {
  const prior = PRIORS[kind]
  if (prior.scale === 'plain')
    return plain(baseline.length > 0 && max([...baseline]) > FRACTION_MAX ? 100 : 1, prior.floor)
  if (baseline.some((v) => v < 0)) return plain(median(baseline.map(Math.abs)) || 1, prior.floor)
  const offset = LOG_OFFSET * (baseline.length > 0 ? mean([...baseline]) : 0) || LOG_OFFSET
  return {
    to: (v) => Math.log(Math.max(v, 0) + offset),
    back: (x) => Math.max(0, Math.exp(x) - offset),
    floor: prior.floor,
    effectUnit: 'ratio',
    effect: (d) => Math.exp(d) - 1,
  }
}

function plain(full: number, floor: number): Scale {
  return { to: (v) => v / full, back: (x) => x * full, floor, effectUnit: 'absolute', effect: (d) => d * full }
}
