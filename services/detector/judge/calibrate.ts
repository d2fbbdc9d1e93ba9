import { ALPHA } from './kinds.ts'
import type { Sensitivity } from './types.ts'

/**
 * How rarely unchanged deploys reach an excess z (in margins beyond the highest placebo), at any look of the first hours. Measured on the A/A
 * cases of deploy-shift (dev): the share of streams falls as e^-(slope z); see test/bench/RESULTS.md.
 */
const AT_ZERO = 0.05
const SLOPE = 2.2

/** p of an excess z, looks included. */
export function pOfExcess(z: number): number {
  return Math.min(1, AT_ZERO * Math.exp(-SLOPE * z))
}

/** Excess that is needed at level alpha. */
export function excessAt(alpha: number): number {
  return -Math.log(alpha / AT_ZERO) / SLOPE
}

/** Level for one stream: the level of the deploy shared among its streams. */
export function levelFor(sensitivity: Sensitivity | undefined, siblings: number | undefined): number {
  return ALPHA[sensitivity ?? 'normal'] / Math.max(1, siblings ?? 1)
}
