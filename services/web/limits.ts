import type { Clock } from '../../shared/runtime/clock.ts'

export type TokenBucket = {
  /** Takes one token. @returns 0, or the seconds until there is one */
  take(key: string): number
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
    take: (key) => {
      const bucket = fill(key)
      const waitS = bucket.tokens >= 1 ? 0 : (1 - bucket.tokens) / o.perSecond
      if (waitS === 0) bucket.tokens -= 1
      buckets.delete(key)
      buckets.set(key, bucket)
      const oldest = buckets.keys().next().value
      if (buckets.size > MAX_KEYS && oldest !== undefined) buckets.delete(oldest)
      return waitS
    },
  }
}
