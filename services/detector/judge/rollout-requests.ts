import { median } from 'simple-statistics'
import { MAX_BUCKETS, onGrid, type Sample } from './grid.ts'
import type { RolloutSignal } from './rollout.ts'
import type { Count } from './types.ts'

/** Requests and failed requests per bucket: before, and since t0 of the new and of the old version. */
export type CountSignal = { baseline: Count[]; current: Count[]; control: Count[] }

/** A throughput that says so is a rate a second; all others are numbers of requests a bucket. */
const PER_SECOND = /^(?:(?:1|req\w*|calls?|ops?|hits?)? ?(?:\/|per) ?s(?:ec\w*)?|[rqt]ps)$/i
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
 * Success and throughput of the same rollout are counts of failed requests, and are judged as such: exact where traffic is thin. Null where there is
 * no such pair, or its shares are not of these requests (a rate, a sample, a mean over instances).
 */
export function countsOf(
  signals: readonly RolloutSignal[],
  t0: number,
  stepS: number,
  buckets: number,
): CountSignal | null {
  const success = signals.find((s) => s.kind === 'success')
  const requests = signals.find((s) => s.kind === 'throughput')
  if (!success || !requests) return null
  const full = valuesOf(success.before).some((v) => v > 1.5) ? 100 : 1
  const perBucket = PER_SECOND.test(requests.unit?.trim() ?? '') ? stepS : 1
  const join = (share: readonly (number | null)[], total: readonly (number | null)[]): Pair[] =>
    share.map((s, i) => {
      const n = Math.round(perBucket * (total[i] ?? 0))
      return s === null || n <= 0 ? { bad: 0, total: 0 } : { bad: n * Math.min(1, Math.max(0, 1 - s / full)), total: n }
    })
  const at = (part: 'current' | 'control') =>
    join(onGrid(success[part], t0, stepS, buckets), onGrid(requests[part], t0, stepS, buckets))
  const pairs = {
    baseline: join(beforeGrid(success, t0, stepS), beforeGrid(requests, t0, stepS)),
    current: at('current'),
    control: at('control'),
  }
  if (!areCounts([...pairs.baseline, ...pairs.current, ...pairs.control])) return null
  const whole = (of: readonly Pair[]): Count[] => of.map((c) => ({ bad: Math.round(c.bad), total: c.total }))
  return { baseline: whole(pairs.baseline), current: whole(pairs.current), control: whole(pairs.control) }
}

/** Failed requests as the share has them, not yet a whole number. */
type Pair = { bad: number; total: number }

function areCounts(pairs: readonly Pair[]): boolean {
  const telling = pairs.filter((c) => c.bad > 0 && c.total < COUNTABLE)
  const whole = telling.filter((c) => Math.abs(c.bad - Math.round(c.bad)) <= WHOLE)
  return telling.length < WITNESSES || whole.length >= 0.9 * telling.length
}
