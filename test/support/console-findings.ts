/** What the detector would have found in the shop's deploys. */
import type { Finding } from '../../services/web/api/schemas.ts'
import { at, hex } from './console-world.ts'

export const windows = (minutes: number): Finding['window'] => ({
  baseline: { from: at(minutes + 60), to: at(minutes) },
  current: { from: at(minutes - 2), to: at(Math.max(0, minutes - 32)) },
})

type Seed = Partial<Finding> &
  Pick<Finding, 'signal' | 'dimension' | 'observed' | 'expected' | 'lower' | 'upper' | 'reason'>

const attributes: Finding['top_attributes'] = [
  { key: 'coupon.kind', value: 'percentage', bad_share: 0.97, all_share: 0.13 },
  { key: 'http.response.status_code', value: '500', bad_share: 1, all_share: 0.12 },
  { key: 'customer.tier', value: 'gold', bad_share: 0.41, all_share: 0.29 },
]

export function findingOf(seed: Seed, minutes: number): Finding {
  const effect =
    seed.effect ??
    ((seed.unit ?? 'ratio') === 'ratio' ? seed.observed - seed.expected : seed.observed / seed.expected - 1)
  return {
    direction: 'up',
    harmful: true,
    unit: 'ratio',
    effect,
    effect_unit: seed.unit === undefined || seed.unit === 'ratio' ? 'absolute' : 'relative',
    p_value: 3.1e-41,
    q_value: 9.6e-40,
    score: 0.98,
    n: { baseline: 7412, current: 3671 },
    baseline: 'before',
    window: windows(minutes),
    started_at: at(minutes - 1),
    method: 'exact binomial on counts, calibrated by 240 placebo moments',
    exemplar_trace_ids: ['bad1', 'bad2', 'bad3'].map((name) => hex(name, 32)),
    top_attributes: attributes,
    sql: `SELECT minute, sum(failed) / sum(requests) AS error_ratio\nFROM rollup_requests\nWHERE service = 'checkout' AND route = '${seed.dimension}'\n  AND minute BETWEEN '${at(minutes + 60)}' AND '${at(minutes - 32)}'\nGROUP BY minute ORDER BY minute`,
    ...seed,
  }
}

export const checkoutFindings: Finding[] = [
  findingOf(
    {
      signal: 'error_ratio',
      dimension: 'POST /checkout',
      observed: 0.123,
      expected: 0.01,
      lower: 0.006,
      upper: 0.017,
      reason: '451 of 3,671 requests failed; 37 would be expected.',
    },
    34,
  ),
  findingOf(
    {
      signal: 'latency',
      dimension: 'POST /checkout',
      unit: 'ms',
      quantile: 0.95,
      observed: 412,
      expected: 180,
      lower: 161,
      upper: 204,
      p_value: 2e-18,
      q_value: 3.1e-17,
      score: 0.94,
      reason: 'The slowest twentieth takes 412 ms or more; 180 ms before.',
      method: 'two-sample comparison of whole distributions',
      top_attributes: [],
    },
    34,
  ),
  findingOf(
    {
      signal: 'exception_new',
      dimension: 'RangeError: invalid discount',
      direction: 'new',
      unit: 'count',
      observed: 447,
      expected: 0,
      lower: 0,
      upper: 1,
      effect: 447,
      effect_unit: 'absolute',
      reason: 'Never seen in the last 14 days; 447 times since the deploy.',
      p_value: 1e-30,
      q_value: 1e-29,
      top_attributes: [],
    },
    34,
  ),
  findingOf(
    {
      signal: 'log_pattern_new',
      dimension: '13629498636894317389',
      label: 'coupon <*> rejected: discount <*> out of range',
      direction: 'new',
      unit: 'per_minute',
      observed: 13.2,
      expected: 0,
      lower: 0,
      upper: 0.1,
      effect: 13.2,
      effect_unit: 'absolute',
      reason: 'A new log pattern, 447 lines so far.',
      score: 0.9,
      exemplar_trace_ids: [],
      top_attributes: [],
    },
    34,
  ),
]

export const searchFindings: Finding[] = [
  findingOf(
    {
      signal: 'latency',
      dimension: 'GET /search',
      unit: 'ms',
      quantile: 0.95,
      observed: 171,
      expected: 88,
      lower: 80,
      upper: 97,
      baseline: 'concurrent',
      reason: 'New instances answer in 171 ms at p95, old ones in 88 ms, in the same minutes.',
      top_attributes: [],
    },
    71,
  ),
]

const improvedFindings: Finding[] = [
  findingOf(
    {
      signal: 'latency',
      dimension: 'POST /charge',
      unit: 'ms',
      quantile: 0.95,
      observed: 260,
      expected: 420,
      lower: 385,
      upper: 455,
      direction: 'down',
      harmful: false,
      reason: 'The slowest twentieth takes 260 ms; 420 ms before.',
      top_attributes: [],
    },
    140,
  ),
]

export const findingsOf: Record<string, Finding[]> = {
  dep_checkout_2140: checkoutFindings,
  dep_search_190: searchFindings,
  dep_payments_331: improvedFindings,
}
