/** Counts in base-2 exponential buckets of scale 4: index i holds (2^(i/16), 2^((i+1)/16)] nanoseconds. Pure. */
export const SCALE = 4
const PER_OCTAVE = 2 ** SCALE

/** The bucket that a duration falls into. */
export const bucketOf = (ns: number): number => Math.ceil(Math.log2(Math.max(ns, 1)) * PER_OCTAVE) - 1

/** Upper bound of a bucket, nanoseconds. */
const upperNs = (index: number): number => 2 ** ((index + 1) / PER_OCTAVE)

/** Quantile in nanoseconds, interpolated on the logarithm inside its bucket (4.4 % wide); null where nothing was counted. */
export function quantileNs(histogram: ReadonlyMap<number, number>, q: number): number | null {
  const rows = [...histogram].filter(([, n]) => n > 0).sort((a, b) => a[0] - b[0])
  const total = rows.reduce((s, [, n]) => s + n, 0)
  if (total === 0) return null
  let seen = 0
  for (const [index, n] of rows) {
    if (seen + n >= q * total) return 2 ** ((index + (q * total - seen) / n) / PER_OCTAVE)
    seen += n
  }
  return upperNs(rows.at(-1)![0])
}

export const quantileMs = (histogram: ReadonlyMap<number, number>, q: number): number | null => {
  const ns = quantileNs(histogram, q)
  return ns === null ? null : ns / 1e6
}
