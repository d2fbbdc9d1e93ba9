/** What a signal is. It sets the scale (logarithm or plain), the direction that is worse, and the smallest effect that matters. */
export type Kind = 'error' | 'latency' | 'throughput' | 'success' | 'resource' | 'bench' | 'log' | 'metric'

/** How many false alarms are accepted for more power; `normal` is what all published scores use. */
export type Sensitivity = 'low' | 'normal' | 'high'

/** One number per bucket; null where the bucket has no value. */
export type Values = readonly (number | null)[]

/** The answer for one series (one signal of one service) at one look. Plain data, JSON-safe. */
export type Judgement = {
  /** `high`/`low`: current lies above/below what the baseline allows. `nodata`: too little to say. */
  judgement: 'pass' | 'high' | 'low' | 'nodata'
  /** True where the direction found is the one that hurts for this kind. */
  worse: boolean
  /** Plain words with numbers; says which test decided and why. */
  reason: string
  observed: number
  expected: number
  /** Band expected under the baseline, in the unit of `observed`: outside of it lies what is found. */
  lower: number
  upper: number
  /** Relative change (`ratio`: 0.2 = +20 %) or difference in the signal's own unit (`absolute`). */
  effect: number
  effectUnit: 'ratio' | 'absolute'
  /** Two-sided, valid although it was looked at after every bucket. Not corrected for siblings: `combine` does that. */
  pValue: number
  /** 0..1, higher = more suspicious; 0.5 is the line between pass and an alert. */
  score: number
  n: { baseline: number; current: number }
  /** Smallest effect (unit as `effectUnit`) that would have been seen now, and what would make it smaller. */
  power: { smallestEffect: number | null; needs: string | null }
  method: 'placebo' | 'few-points' | 'count-exact' | 'count-overdispersed' | 'distribution' | 'no-data' | 'vanished'
}

export type SeriesInput = {
  kind: Kind
  /** Seconds per bucket; 0 = builds (no clock between points). */
  stepS: number
  /** Oldest first; the last one is just before the deploy. */
  baseline: Values
  /** Since the deploy, all buckets so far, oldest first. Ask again with one more after every bucket. */
  current: Values
  /** The old version in the same buckets as `current`. */
  concurrent?: Values | undefined
  /** The same hours on earlier days, each aligned with `current`, newest day first. */
  seasonal?: readonly Values[] | undefined
  /** How many times fewer requests a current value rests on than a baseline value (a canary of a tenth: 9); 1 where unknown. */
  thinner?: number | undefined
  /** Signals judged together in this deploy (this one included); 1 where unknown. */
  siblings?: number | undefined
  sensitivity?: Sensitivity | undefined
}

/** Failures of requests in one bucket. */
export type Count = { bad: number; total: number }

export type CountsInput = {
  baseline: readonly Count[]
  current: readonly Count[]
  /** The old version in the same buckets as `current`. */
  concurrent?: readonly Count[] | undefined
  /** p from which the caller acts, where that is finer than the level of one signal: the stated power is for it. */
  certain?: number | undefined
  siblings?: number | undefined
  sensitivity?: Sensitivity | undefined
}

/** Base-2 exponential histogram of one bucket: index -> count; index i holds (2^(i/2^scale), 2^((i+1)/2^scale)]. */
export type Histogram = ReadonlyMap<number, number>

export type DistributionInput = {
  /** OTLP's scale: bucket bounds are powers of 2^(2^-scale). The same for all histograms of one call. */
  scale: number
  baseline: readonly Histogram[]
  current: readonly Histogram[]
  concurrent?: readonly Histogram[] | undefined
  /** How many times slower requests may be for other reasons than the deploy (more load); below 1: faster. 1 where unknown. */
  explained?: number | undefined
  /** p from which the caller acts, where that is finer than the level of one signal: the stated power is for it. */
  certain?: number | undefined
  siblings?: number | undefined
  sensitivity?: Sensitivity | undefined
}

export type RollingPoint = {
  /** 0..1, how unusual this bucket is; 0.5 is the line. Stays up while an anomaly lasts. */
  score: number
  /** The score where it is a new height (an anomaly begins or gets much worse), else 0. */
  onset: number
  /** Of the mean of the newest three buckets, as is the band: where that view alone would be one in a thousand. The score is of four views together. */
  expected: number
  lower: number
  upper: number
}

/** A detector of rolling anomalies, fed one bucket at a time. Memory is bounded; `snapshot` is JSON-safe. */
export type Rolling = {
  push(value: number | null, atMs?: number): RollingPoint
  snapshot(): RollingSnapshot
}
export type RollingSnapshot = { version: 1; stepS: number; state: unknown }

export type Verdict = 'regressed' | 'improved' | 'no_difference' | 'insufficient_data'

/** One judged signal of a deploy, as `combine` takes it. */
export type SignalJudgement = {
  /** Stable name of the series, e.g. `latency route=/cart`. */
  signal: string
  kind: Kind
  judgement: Judgement
  /** This signal was a finding at the look before: it stays one until it is clearly back (hysteresis). */
  firing?: boolean | undefined
  /** The same signal on series the deploy cannot have touched (other version, untouched peers), same minutes. */
  controls?: readonly Judgement[] | undefined
}

export type Finding = {
  signal: string
  kind: Kind
  direction: 'high' | 'low'
  worse: boolean
  /** p corrected over the siblings of the deploy (false discovery rate). */
  qValue: number
  judgement: Judgement
}

export type Combined = {
  verdict: Verdict
  reason: string
  /** Strongest first; regressions before improvements. */
  findings: Finding[]
  /** Signals that moved but are explained by controls or did not survive the correction, with the reason. */
  dismissed: { signal: string; reason: string }[]
  checked: number
  tooThin: number
  power: { smallestEffect: number | null; needs: string | null }
  /** 0..1, for ranking deploys: higher = more suspicious; ≥ 0.5 exactly where `regressed`. */
  score: number
}
