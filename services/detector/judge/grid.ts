import { median } from 'simple-statistics'

/** A sample: unix seconds and a value. */
export type Sample = readonly [number, number | null]

/** Buckets of one list at most, five weeks of minutes: one sample with a time of its own must not ask for a grid without end. */
export const MAX_BUCKETS = 50_000

/** Usual distance between samples in seconds; 60 where there are too few to tell. */
export function stepOf(lists: readonly (readonly Sample[])[]): number {
  const gaps: number[] = []
  for (const samples of lists) for (let i = 1; i < samples.length; i++) gaps.push(samples[i]![0] - samples[i - 1]![0])
  const real = gaps.filter((g) => g > 0)
  return real.length < 2 ? 60 : Math.max(1, median(real))
}

/** Of fewer samples nobody knows when they come; of more, this share of perfect order says that they come at one time of the step. */
const MIN_SAMPLES = 8
const IN_STEP = 0.5

/**
 * When in a step the samples come, in seconds from `start`: from a quarter step early on, so that one that is some seconds early is in the same bucket as one
 * that is late. stepS/2 where they come at any time, which puts each into the bucket that it lies in.
 */
function phaseOf(samples: readonly Sample[], start: number, stepS: number): number {
  let x = 0
  let y = 0
  for (const [ts] of samples) {
    const angle = (2 * Math.PI * (ts - start)) / stepS
    x += Math.cos(angle)
    y += Math.sin(angle)
  }
  if (samples.length < MIN_SAMPLES || Math.hypot(x, y) < IN_STEP * samples.length) return stepS / 2
  const phase = (stepS * Math.atan2(y, x)) / (2 * Math.PI)
  return phase < -stepS / 4 ? phase + stepS : phase
}

/** The samples on a grid of `n` buckets from `start`; the last value of a bucket counts, null where there is none. */
export function onGrid(samples: readonly Sample[], start: number, stepS: number, n: number): (number | null)[] {
  const grid = new Array<number | null>(n).fill(null)
  const phase = phaseOf(samples, start, stepS)
  for (const [ts, v] of samples) {
    const i = Math.round((ts - start - phase) / stepS)
    if (i >= 0 && i < n && v !== null && Number.isFinite(v)) grid[i] = v
  }
  return grid
}
