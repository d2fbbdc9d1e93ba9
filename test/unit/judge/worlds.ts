import type { Count, Histogram } from '../../../services/detector/judge/index.ts'
import { type Random, randomFrom } from '../../eval/generate/random.ts'

export { type Random, randomFrom }

/** `n` buckets of level * e^noise. */
export function steady(r: Random, n: number, level: number, noise: number): number[] {
  return Array.from({ length: n }, () => level * Math.exp(noise * r.normal()))
}

/** A daily wave: level * e^(swing * sine of the day), `day` buckets a day, from bucket `from` on. */
export function daily(r: Random, from: number, n: number, day: number, swing: number, noise = 0.03): number[] {
  return Array.from(
    { length: n },
    (_, i) => 100 * Math.exp(swing * Math.sin((2 * Math.PI * (from + i)) / day) + noise * r.normal()),
  )
}

/** `n` buckets of requests, each drawn by itself. */
export function requests(r: Random, n: number, perBucket: number, share: number): Count[] {
  return Array.from({ length: n }, () => {
    const total = r.poisson(perBucket)
    let bad = 0
    for (let i = 0; i < total; i++) if (r.uniform() < share) bad++
    return { bad, total }
  })
}

export const flat = (n: number, bad: number, total: number): Count[] =>
  Array.from({ length: n }, () => ({ bad, total }))

export const SCALE = 3

/** Histograms of log-normal latencies around `ms`; `tail` of them are eight times slower. */
export function latencies(r: Random, n: number, perBucket: number, ms: number, tail = 0): Histogram[] {
  return Array.from({ length: n }, () => {
    const h = new Map<number, number>()
    for (let i = 0; i < perBucket; i++) {
      const v = ms * Math.exp(0.5 * r.normal()) * (r.uniform() < tail ? 8 : 1)
      const index = Math.ceil(Math.log2(v) * 2 ** SCALE) - 1
      h.set(index, (h.get(index) ?? 0) + 1)
    }
    return h
  })
}

/** Whether any look, bucket by bucket, found it; the look that did. */
export function firstLook<T>(current: readonly T[], found: (seen: readonly T[]) => boolean): number | null {
  for (let k = 1; k <= current.length; k++) if (found(current.slice(0, k))) return k
  return null
}
