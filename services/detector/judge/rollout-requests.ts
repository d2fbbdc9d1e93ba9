import { median } from 'simple-statistics'
import { MAX_BUCKETS, onGrid, type Sample } from './grid.ts'
import type { RolloutSignal } from './rollout.ts'
import { FRACTION_MAX } from './scale.ts'
import type { Count } from './types.ts'

/** Requests and failed requests per bucket: before, and since t0 of the new and of the old version; `of`: the signal that says what failed. */
export type CountSignal = { of: RolloutSignal; baseline: Count[]; current: Count[]; control: Count[] }

/** A throughput that says so is a rate a second; all others are numbers of requests a bucket. */
const PER_SECOND = /^(?:(?:1|req\w*|calls?|ops?|hits?)? ?(?:\/|per) ?s(?:ec\w*)?|[rqt]ps)$/i
const isPerSecond = (unit: string | undefined): boolean => PER_SECOND.test(unit?.trim() ?? '')
/** Where shares are of requests counted here, so many times total must be a whole number, up to this. */
const WHOLE = 0.1
/** Above this many requests a bucket the digits of a share no longer tell. */
const COUNTABLE = 2000
/** Buckets that must bear it out. */
const WITNESSES = 5
/** An old version's noise is known well enough to tell how much larger that of the new is from this many buckets of each on. */
const MIN_ROUGH = 8
/** A canary of less than a twentieth is not told from a version that has become erratic. */
const THINNEST = 20

const valuesOf = (samples: readonly Sample[]): number[] => samples.flatMap((p) => (p[1] === null ? [] : [p[1]]))
const typical = (samples: readonly Sample[]): number => {
  const values = valuesOf(samples)
  return values.length > 0 ? median(values) : 0
}

/** The baseline on a grid whose last bucket ends at `t0`. */
export function beforeGrid(signal: RolloutSignal, t0: number, stepS: number): (number | null)[] {
  const first = signal.before[0]?.[0] ?? t0
  const n = Math.min(MAX_BUCKETS, Math.max(0, Math.ceil((t0 - first) / stepS)))
  return onGrid(signal.before, t0 - n * stepS, stepS, n)
}

/**
 * How many times fewer requests a value of the new version rests on. Known from the throughput; where none is given, latencies beside an old version
 * tell it by how much more they jump from bucket to bucket. The variance of a mean goes with its requests, so that would be the square; only the
 * root of it is allowed, since jumping more is a symptom as well.
 */
export function thinnerOf(signal: RolloutSignal, signals: readonly RolloutSignal[]): number {
  const requests = signals.find((s) => s.kind === 'throughput')
  if (requests) {
    const [before, current] = [typical(requests.before), typical(requests.current)]
    return before > 0 && current > 0 ? Math.max(1, before / current) : 1
  }
  if (signal.control.length === 0 || signal.kind !== 'latency') return 1
  const [before, current] = [roughness(signal.before), roughness(signal.current)]
  return before > 0 && current > 0 ? Math.min(THINNEST, Math.max(1, current / before)) : 1
}

/** Median jump from bucket to bucket, as a share of the level; 0 where unknown. */
function roughness(samples: readonly Sample[]): number {
  const values = valuesOf(samples)
  const level = typical(samples)
  if (values.length < MIN_ROUGH || level <= 0) return 0
  return median(values.slice(1).map((v, i) => Math.abs(v - values[i]!))) / level
}

/**
 * Success or errors, and the throughput of the same rollout, are counts of failed requests, and are judged as such: exact where traffic is thin, and
 * comparable where the new version has another share of it. Null where there is no such pair, or what fails is not of these requests (a sample, a
 * mean over instances, lines of a log).
 */
export function countsOf(
  signals: readonly RolloutSignal[],
  t0: number,
  stepS: number,
  buckets: number,
): CountSignal | null {
  const failing = signals.find((s) => s.kind === 'success') ?? signals.find((s) => s.kind === 'error')
  const requests = signals.find((s) => s.kind === 'throughput')
  if (!failing || !requests) return null
  const failedOf = readerOf(failing, stepS)
  const perBucket = isPerSecond(requests.unit) ? stepS : 1
  const join = (values: readonly (number | null)[], total: readonly (number | null)[]): Pair[] =>
    values.map((v, i) => {
      const n = Math.round(perBucket * (total[i] ?? 0))
      return v === null || n <= 0 ? { bad: 0, total: 0 } : { bad: failedOf(v, n), total: n }
    })
  const at = (part: 'current' | 'control') =>
    join(onGrid(failing[part], t0, stepS, buckets), onGrid(requests[part], t0, stepS, buckets))
  const pairs = {
    baseline: join(beforeGrid(failing, t0, stepS), beforeGrid(requests, t0, stepS)),
    current: at('current'),
    control: at('control'),
  }
  if (!areCounts([...pairs.baseline, ...pairs.current, ...pairs.control])) return null
  const whole = (of: readonly Pair[]): Count[] => of.map((c) => ({ bad: Math.round(c.bad), total: c.total }))
  return {
    of: failing,
    baseline: whole(pairs.baseline),
    current: whole(pairs.current),
    control: whole(pairs.control),
  }
}

/** How many of `n` requests failed, from one value: success and errors are shares of 1 or 100, and errors also numbers, a bucket or a second. */
function readerOf(signal: RolloutSignal, stepS: number): (value: number, n: number) => number {
  const within = (share: number): number => Math.min(1, Math.max(0, share))
  if (signal.kind === 'success') {
    const full = valuesOf(signal.before).some((v) => v > FRACTION_MAX) ? 100 : 1
    return (v, n) => n * within(1 - v / full)
  }
  const unit = signal.unit?.trim() ?? ''
  const values = [...valuesOf(signal.before), ...valuesOf(signal.control), ...valuesOf(signal.current)]
  if (isPerSecond(unit)) return (v) => v * stepS
  if (unit !== '%' && values.every(Number.isInteger)) return (v) => v
  const full = unit === '%' || values.some((v) => v > FRACTION_MAX) ? 100 : 1
  return (v, n) => n * within(v / full)
}

/** Failed requests as the share has them, not yet a whole number. */
type Pair = { bad: number; total: number }

function areCounts(pairs: readonly Pair[]): boolean {
  if (pairs.some((c) => c.bad > c.total + WHOLE)) return false
  const telling = pairs.filter((c) => c.bad > 0 && c.total < COUNTABLE)
  const whole = telling.filter((c) => Math.abs(c.bad - Math.round(c.bad)) <= WHOLE)
  return telling.length < WITNESSES || whole.length >= 0.9 * telling.length
}
