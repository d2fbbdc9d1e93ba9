import { judgeCounts } from './counts.ts'
import type { Count, DistributionInput, Histogram, Judgement } from './types.ts'

/** Shares of the baseline that are cut off above: the body, the shoulder, the tail. */
const CUTS = [0.5, 0.9, 0.99]

/** Whole latency distributions: is a larger share of requests slower than the baseline's median, p90, p99 than its own buckets show? */
export function judgeDistribution(input: DistributionInput): Judgement {
  const pooled = pool(input.baseline)
  const judgements = CUTS.map((q) => {
    const cut = indexAt(pooled, q)
    const count = (h: Histogram): Count => {
      let bad = 0
      let total = 0
      for (const [i, n] of h) {
        total += n
        if (i > cut) bad += n
      }
      return { bad, total }
    }
    return judgeCounts({
      baseline: input.baseline.map(count),
      current: input.current.map(count),
      concurrent: input.concurrent?.map(count),
      siblings: (input.siblings ?? 1) * CUTS.length,
      sensitivity: input.sensitivity,
    })
  })
  const best = judgements.reduce((a, b) => (b.score > a.score ? b : a))
  return { ...best, method: 'distribution' }
}

function pool(histograms: readonly Histogram[]): Map<number, number> {
  const all = new Map<number, number>()
  for (const h of histograms) for (const [i, n] of h) all.set(i, (all.get(i) ?? 0) + n)
  return all
}

function indexAt(h: Histogram, q: number): number {
  const rows = [...h].sort((a, b) => a[0] - b[0])
  const total = rows.reduce((s, r) => s + r[1], 0)
  let seen = 0
  for (const [i, n] of rows) {
    seen += n
    if (seen >= q * total) return i
  }
  return rows.at(-1)?.[0] ?? 0
}
