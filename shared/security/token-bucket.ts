import type { Clock } from '../runtime/clock.ts'

export type TokenBucket = {
  /** Takes `amount` tokens, one where left out. @returns 0, or the seconds until there are as many */
  take(key: string, amount?: number): number
}

const MAX_KEYS = 10_000

/** One bucket a key: `burst` tokens at first, `perSecond` more up to that. The bucket unused longest is forgotten first. */
export function tokenBucket(o: { perSecond: number; burst: number; clock: Clock }): TokenBucket {
  const buckets = new Map<string, { tokens: number; atMs: number }>()
  const fill = (key: string) => {
    const nowMs = o.clock.nowMs()
    const before = buckets.get(key) ?? { tokens: o.burst, atMs: nowMs }
    const tokens = Math.min(o.burst, before.tokens + (Math.max(0, nowMs - before.atMs) / 1000) * o.perSecond)
    return { tokens, atMs: nowMs }
  }
  return {
    take: (key, amount = 1) => {
      const bucket = fill(key)
      const waitS = bucket.tokens >= amount ? 0 : (amount - bucket.tokens) / o.perSecond
      if (waitS === 0) bucket.tokens -= amount
      buckets.delete(key)
      buckets.set(key, bucket)
      const oldest = buckets.keys().next().value
      if (buckets.size > MAX_KEYS && oldest !== undefined) buckets.delete(oldest)
      return waitS
    },
  }
}
