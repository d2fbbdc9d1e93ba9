export type Side = 'high' | 'low'

/**
 * Window lengths in buckets, about 1.25 apart: a window since the deploy is never diluted by more than a quarter. Three is the shortest in which one
 * point can be left out and two still agree.
 */
export const LENGTHS: readonly number[] = [3, 4, 5, 6, 8, 10, 12, 16, 20, 24, 32, 40, 48, 60]

/** Summaries of one window. Which of them is steadiest is asked of each series: bursts spare the lower quartile, counts favour the mean. */
export const STATISTICS = ['median', 'q25', 'q75', 'mean', 'q10', 'q90', 'midmean'] as const

/**
 * Summaries of a sorted window without its most extreme value on the side that is tested, so that one lone blip can never decide.
 * In the order of STATISTICS, in the unit of the values.
 */
export function summarise(sorted: Float64Array, side: Side): number[] {
  const s = side === 'high' ? sorted.subarray(0, sorted.length - 1) : sorted.subarray(1)
  const quarter = Math.floor(s.length / 4)
  return [at(s, 0.5), at(s, 0.25), at(s, 0.75), average(s, 0), at(s, 0.1), at(s, 0.9), average(s, quarter)]
}

/** Linear interpolation between order statistics (type 7 of Hyndman & Fan 1996; the library's own is a step function). */
function at(s: Float64Array, q: number): number {
  const x = q * (s.length - 1)
  const i = Math.floor(x)
  const low = s[i]!
  return i + 1 < s.length ? low + (x - i) * (s[i + 1]! - low) : low
}

function average(s: Float64Array, cut: number): number {
  let total = 0
  for (let i = cut; i < s.length - cut; i++) total += s[i]!
  return total / (s.length - 2 * cut)
}

/** Calls `use(start, sorted)` for every window of `w` values; `sorted` is reused between calls. */
export function eachWindow(
  values: readonly number[],
  w: number,
  use: (start: number, sorted: Float64Array) => void,
): void {
  if (values.length < w) return
  const sorted = Float64Array.from(values.slice(0, w)).sort()
  use(0, sorted)
  for (let start = 1; start + w <= values.length; start++) {
    replace(sorted, values[start - 1]!, values[start + w - 1]!)
    use(start, sorted)
  }
}

/** Takes `out` from the sorted array and puts `into` in its place, in order. */
function replace(sorted: Float64Array, out: number, into: number): void {
  let i = sorted.indexOf(out)
  for (; i + 1 < sorted.length && sorted[i + 1]! < into; i++) sorted[i] = sorted[i + 1]!
  for (; i > 0 && sorted[i - 1]! > into; i--) sorted[i] = sorted[i - 1]!
  sorted[i] = into
}

/** The longest length in LENGTHS that is not above `n`; 0 if none. */
export function lengthUpTo(n: number): number {
  let best = 0
  for (const w of LENGTHS) if (w <= n) best = w
  return best
}
