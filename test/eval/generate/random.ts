/** Seeded randomness: the same seed gives the same cases on every machine. */
export type Random = {
  uniform(): number
  normal(): number
  poisson(mean: number): number
  pick<T>(items: readonly T[]): T
}

/** mulberry32 (public domain), 32 bits of state: enough for drawing test cases. */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0
  const uniform = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform())
  const poisson = (mean: number): number => {
    if (mean > 200) return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal()))
    const limit = Math.exp(-mean)
    let k = 0
    for (let p = uniform(); p > limit; p *= uniform()) k++
    return k
  }
  const pick = <T>(items: readonly T[]): T => items[Math.floor(uniform() * items.length)]!
  return { uniform, normal, poisson, pick }
}
