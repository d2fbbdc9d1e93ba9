/** Latency as the rollups keep it: counts in base-2 exponential buckets of scale 4, bucket i = (2^(i/16), 2^((i+1)/16)] ns. */
export type Buckets = Map<number, number>

/** What `sumMap(bucket_index, bucket_count)` answers: indexes and counts, 64-bit counts as decimal strings. */
export type BucketColumns = [readonly (number | string)[], readonly (number | string)[]]

/** Adds what a row answered to `into`, and returns it. */
export function addBuckets(into: Buckets, [indexes, counts]: BucketColumns): Buckets {
  for (let i = 0; i < indexes.length; i++) {
    const index = Number(indexes[i])
    into.set(index, (into.get(index) ?? 0) + Number(counts[i]))
  }
  return into
}

/** Upper bound of a bucket in milliseconds. */
export const bucketUpperMs = (index: number): number => 2 ** ((index + 1) / 16) / 1e6

/** Middle of a bucket in milliseconds, by ratio. */
export const bucketMiddleMs = (index: number): number => 2 ** ((index + 0.5) / 16) / 1e6

/**
 * Quantile `q` (0 … 1) in milliseconds, log-linear within its bucket, so at most 4.4 % off; null without requests.
 */
export function quantileMs(buckets: Buckets, q: number): number | null {
  const filled = [...buckets].filter(([, count]) => count > 0).sort((a, b) => a[0] - b[0])
  const total = filled.reduce((sum, [, count]) => sum + count, 0)
  if (total === 0) return null
  let left = q * total
  for (const [index, count] of filled) {
    if (left <= count) return 2 ** ((index + left / count) / 16) / 1e6
    left -= count
  }
  return bucketUpperMs(filled.at(-1)?.[0] ?? 0)
}

/** Which part (0 … 1) took less than `ms`, half of its own bucket counted; null without requests. */
export function shareBelow(buckets: Buckets, ms: number): number | null {
  const own = Math.ceil(Math.log2(Math.max(1, ms * 1e6)) * 16) - 1
  let [below, total] = [0, 0]
  for (const [index, count] of buckets) {
    total += count
    if (index < own) below += count
    else if (index === own) below += count / 2
  }
  return total === 0 ? null : below / total
}
