import type { Point } from '../../../shared/store/series.ts'

export type Band = { points: [number, number, number, number][] }

/** Fewer steps than this say nothing of what is normal. */
const LEAST_STEPS = 8
/** MAD → standard deviation of a normal distribution. */
const MAD_TO_SIGMA = 1.4826
const WIDTH_SIGMA = 3

const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const [low, high] = [sorted[middle - 1] ?? 0, sorted[middle] ?? 0]
  return sorted.length % 2 === 1 ? high : (low + high) / 2
}

/**
 * What is normal by the steps of the window before: median ± 3 scaled MAD, never below 0 where nothing can be, nor above 1
 * for a ratio. It knows no daily cycle and decides nothing: verdicts have baselines of their own.
 * @returns null with fewer than eight steps
 */
export function bandOf(
  before: readonly Point[],
  atS: readonly number[],
  o: { ratio: boolean; signed: boolean },
): Band | null {
  const values = before.flatMap((p) => (p.value === null ? [] : [p.value]))
  if (values.length < LEAST_STEPS) return null
  const expected = median(values)
  const spread = WIDTH_SIGMA * MAD_TO_SIGMA * median(values.map((v) => Math.abs(v - expected)))
  const lower = o.signed ? expected - spread : Math.max(0, expected - spread)
  const upper = o.ratio ? Math.min(1, expected + spread) : expected + spread
  return { points: atS.map((at) => [at, lower, expected, upper]) }
}
