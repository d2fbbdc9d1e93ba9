import type { Count, Histogram } from './types.ts'

/** All histograms as one, by index: counts of the same index add up. (`forEach`, for it makes no array an entry: this is where detection spends its time.) */
export function pool(histograms: readonly Histogram[]): Map<number, number> {
  let low = Number.POSITIVE_INFINITY
  let high = Number.NEGATIVE_INFINITY
  for (const h of histograms)
    h.forEach((_, i) => {
      if (i < low) low = i
      if (i > high) high = i
    })
  if (low > high) return new Map()
  const sums = new Float64Array(high - low + 1)
  for (const h of histograms)
    h.forEach((n, i) => {
      sums[i - low]! += n
    })
  const all = new Map<number, number>()
  sums.forEach((n, k) => {
    if (n !== 0) all.set(low + k, n)
  })
  return all
}

export function totalOf(h: Histogram): number {
  let total = 0
  h.forEach((n) => {
    total += n
  })
  return total
}

/** Requests in buckets above index `cut`, of all. */
export function countAbove(h: Histogram, cut: number): Count {
  let bad = 0
  let total = 0
  h.forEach((n, i) => {
    total += n
    if (i > cut) bad += n
  })
  return { bad, total }
}

/** The index whose upper bound leaves a share nearest to 1 - q above it (bounds of buckets are exact; within one they are not). */
export function cutAt(h: Histogram, q: number): number {
  const rows = [...h].sort((a, b) => a[0] - b[0])
  const total = totalOf(h)
  let seen = 0
  let best = rows[0]?.[0] ?? 0
  let distance = Number.POSITIVE_INFINITY
  for (const [i, n] of rows) {
    seen += n
    const d = Math.abs(seen / total - q)
    if (d < distance) [best, distance] = [i, d]
  }
  return best
}

/** Quantile in the unit measured, interpolated on the logarithm within its bucket: index i holds (2^(i/2^s), 2^((i+1)/2^s)] (OTLP). */
export function quantileAt(h: Histogram, q: number, scale: number): number {
  const rows = [...h].filter((r) => r[1] > 0).sort((a, b) => a[0] - b[0])
  const target = q * totalOf(h)
  let seen = 0
  for (const [i, n] of rows) {
    if (seen + n >= target) return 2 ** ((i + Math.max(0, target - seen) / n) / 2 ** scale)
    seen += n
  }
  const last = rows.at(-1)
  return last ? 2 ** ((last[0] + 1) / 2 ** scale) : 0
}
