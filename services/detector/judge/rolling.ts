import { median } from 'simple-statistics'
import type { Rolling, RollingPoint, RollingSnapshot } from './types.ts'

/** Points kept: one day of five-minute buckets. */
const KEEP = 288

/** A detector of anomalies without a deploy: each value against what the series itself has shown. */
export function createRolling(opts: { stepS: number; from?: RollingSnapshot | undefined }): Rolling {
  const kept: number[] = opts.from ? [...(opts.from.state as number[])] : []
  return {
    push(value): RollingPoint {
      if (value === null || kept.length < 12) {
        if (value !== null) kept.push(value)
        return { score: 0, expected: value ?? 0, lower: Number.NEGATIVE_INFINITY, upper: Number.POSITIVE_INFINITY }
      }
      const expected = median(kept)
      const spread = 1.4826 * median(kept.map((v) => Math.abs(v - expected))) || 1e-9
      const z = Math.abs(value - expected) / spread
      kept.push(value)
      if (kept.length > KEEP) kept.shift()
      return { score: z / (z + 5), expected, lower: expected - 5 * spread, upper: expected + 5 * spread }
    },
    snapshot: () => ({ version: 1, stepS: opts.stepS, state: [...kept] }),
  }
}
