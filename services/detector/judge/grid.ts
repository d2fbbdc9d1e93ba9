import { median } from 'simple-statistics'

/** A sample: unix seconds and a value. */
export type Sample = readonly [number, number | null]

/** Usual distance between samples in seconds; 60 where there are too few to tell. */
export function stepOf(lists: readonly (readonly Sample[])[]): number {
  const gaps: number[] = []
  for (const samples of lists) for (let i = 1; i < samples.length; i++) gaps.push(samples[i]![0] - samples[i - 1]![0])
  const real = gaps.filter((g) => g > 0)
  return real.length < 2 ? 60 : Math.max(1, median(real))
}

/** The samples on a grid of `n` buckets from `start`; the last value of a bucket counts, null where there is none. */
export function onGrid(samples: readonly Sample[], start: number, stepS: number, n: number): (number | null)[] {
  const grid = new Array<number | null>(n).fill(null)
  for (const [ts, v] of samples) {
    const i = Math.floor((ts - start) / stepS)
    if (i >= 0 && i < n && v !== null && Number.isFinite(v)) grid[i] = v
  }
  return grid
}
