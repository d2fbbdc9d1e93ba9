import type { Commit } from './deploy.ts'

export type VerdictWord = 'regressed' | 'improved' | 'no_difference' | 'insufficient_data' | 'pending'

export type SignalName =
  | 'error_ratio'
  | 'latency'
  | 'throughput'
  | 'dependency_error_ratio'
  | 'dependency_latency'
  | 'dependency_new'
  | 'dependency_vanished'
  | 'calls_per_request'
  | 'exception_new'
  | 'exception_rate'
  | 'route_new'
  | 'route_vanished'
  | 'log_error_rate'
  | 'log_pattern_new'
  | 'log_pattern_rate'
  | 'log_pattern_vanished'
  | 'secret_new'
  | 'attribute_new'
  | 'attribute_vanished'
  | 'metric'
  | 'silence'

export type BaselineKind = 'concurrent' | 'before' | 'seasonal'

/** One series, one comparison. `dimension` says which: a route, an edge's far side, an exception type, a metric's name. */
export type Finding = {
  signal: SignalName
  dimension: string
  /** What `dimension` stands for, where that is an id: the template of a log pattern, on one line. */
  label?: string
  direction: 'up' | 'down' | 'new' | 'vanished'
  /** Whether the change hurts: errors up does, latency down does not. */
  harmful: boolean
  unit: 'ratio' | 'ms' | 'per_minute' | 'count' | string
  observed: number
  expected: number
  lower: number
  upper: number
  /** Relative change, 0.5 = +50 %; for ratios the difference in points of the ratio, 0.11 = +11 points. */
  effect: number
  effect_unit: 'relative' | 'absolute'
  p_value: number
  /** After correction over all signals judged for the deploy. */
  q_value: number
  /** 0 … 1, higher is more certain and larger. */
  score: number
  n: { baseline: number; current: number }
  baseline: BaselineKind
  window: { baseline: { from: string; to: string }; current: { from: string; to: string } }
  /** When the difference began, to the minute. */
  started_at: string
  method: string
  /** One sentence with the numbers, for people. */
  reason: string
  /** Quantile that the numbers speak of, for latency: 0.5, 0.95 … */
  quantile?: number
  exemplar_trace_ids: string[]
  /** Attribute values over-represented in the bad requests: key, value, share among bad and among all. */
  top_attributes: { key: string; value: string; bad_share: number; all_share: number }[]
  /** SQL that reproduces observed and expected. */
  sql: string
}

/** What was compared without a finding, skipped, or too thin. */
export type Checked = {
  signal: SignalName
  dimension: string
  outcome: 'pass' | 'thin' | 'skipped' | 'finding'
  reason: string
  n: { baseline: number; current: number }
  smallest_effect: number | null
}

/** A deploy that could have done it, best first. A verdict of `no_difference` has suspects where something was found and not held against its deploy. */
export type Suspect = {
  deploy_id: string
  service: string
  version: string
  commit: string
  score: number
  evidence: string[]
}

export type Verdict = {
  deploy_id: string
  service: string
  environment: string
  version: string
  commit: string
  verdict: VerdictWord
  /** One sentence for people. */
  reason: string
  score: number
  /** When the verdict last changed; null while pending. */
  decided_at: string | null
  updated_at: string
  window: { baseline: { from: string; to: string }; current: { from: string; to: string } }
  findings: Finding[]
  checked: Checked[]
  power: {
    /** Smallest changes that would have been seen, for people: "errors +1.2 points, latency +18 %". */
    smallest_error_ratio: number | null
    smallest_latency: number | null
    /** What is needed before it can decide, or null: "about 120 more requests". */
    needs: string | null
    requests: { baseline: number; current: number }
  }
  /** "1 of 4 commits since v41", and the commits. */
  commits: { wording: string; commits: Commit[] }
  suspects: Suspect[]
  /** The watch is over: this verdict will not change any more. */
  final: boolean
  /** Findings that somebody called expected; added where it is read, absent where there is none. */
  accepted?: { anomaly_id: string; signal: SignalName; dimension: string; by: string; at: string }[]
}
