import type { BaselineKind } from '../../../shared/model/verdict.ts'
import { quantileMs, SCALE } from '../../../shared/store/histogram.ts'
import { type Histogram, type Judgement, judgeDistribution, type Sensitivity } from '../judge/index.ts'
import type { Series } from '../window/window.ts'
import { onsetOf } from './errors.ts'
import { certainP, WARM_UP_LATENCY } from './families.ts'
import { type Frame, histogramTrack, type Track } from './frame.ts'
import { beganBefore, meanGains } from './onset.ts'
import { rolledOut } from './rolled-out.ts'
import { LEAST_REQUESTS, sameHours } from './season.ts'
import { digits, dismissed, msText, relative, type Signal } from './signal.ts'
import { quantileSql, type SpanCell } from './sql.ts'

const THIN_BASELINE = 50
/** Smaller changes than this are no one's page, however certain: half of the smallest shift that the labelled sets ask to be found. */
const FLOOR = 0.05
/** Quantiles that a finding may speak of; the median unless another moved clearly more. */
const QUANTILES = [0.5, 0.75, 0.9, 0.95, 0.99]
/** A quantile needs this many requests beyond it. */
const BEYOND = 5
const CLEARLY_MORE = 1.25
/** Latency grows as this power of the load: that of a single queue which is busy a quarter of the time, ρ / (1 - ρ) at ρ = 1/4 (M/M/1). */
const LOAD_POWER = 1 / 3

export function pooled(histograms: readonly Histogram[]): Map<number, number> {
  const all = new Map<number, number>()
  for (const h of histograms) for (const [i, n] of h) all.set(i, (all.get(i) ?? 0) + n)
  return all
}

export const sizeOfHistogram = (h: Histogram): number => {
  let n = 0
  for (const count of h.values()) n += count
  return n
}

/** Mean of the logarithm (base 2, sixteenths) and count of each slot. */
const logMeans = (line: readonly Histogram[]) =>
  line.map((h) => {
    let n = 0
    let sum = 0
    for (const [i, count] of h) {
      n += count
      sum += i * count
    }
    return { n, mean: n === 0 ? 0 : sum / n }
  })

export function latencySignal(frame: Frame, cell: SpanCell, key: string, sensitivity: Sensitivity): Signal {
  const from = frame.window.histogramsFrom - frame.window.fromMinute
  const kept = frame.baseline.filter((s) => s >= from)
  return ofFrame({ ...frame, baseline: kept }, cell, key, sensitivity)
}

function ofFrame(frame: Frame, cell: SpanCell, key: string, sensitivity: Sensitivity): Signal {
  const t = histogramTrack(frame, cell, key)
  const { histograms, kind, concurrent } = baselineOf(frame, t)
  const explained = kind === 'before' ? byLoad(frame, cell, key) : 1
  const judgedFrom = (from: number): Judgement =>
    judgeDistribution({
      scale: SCALE,
      baseline: histograms,
      current: t.current.slice(from),
      concurrent: concurrent?.slice(from),
      explained,
      certain: certainP('latency', sensitivity),
      sensitivity,
    })
  const whole = judgedFrom(0)
  // Less than a fifth slower is what young processes are: where instances came one after another, it must show without those minutes.
  const young = rolledOut(frame) - frame.from
  const judged = whole.judgement === 'high' && whole.effect < WARM_UP_LATENCY && young > 0 ? judgedFrom(young) : whole
  const raw = { ...judged, reason: inMs(judged.reason) }
  const judgement = blame(raw, frame, cell, t, histograms)
  return {
    name: cell === 'route' ? 'latency' : 'dependency_latency',
    dimension: key,
    kind: 'latency',
    judgement,
    canHarm: true,
    baseline: kind,
    slots: frame.baseline,
    finding: () => describe(frame, cell, t, histograms, kind, raw),
  }
}

/**
 * How many times slower (or faster) requests may be because there are more (or fewer) of them than before. Of the route itself and of the service the
 * one that explains more; of calls, the requests that the service itself got: how many calls it makes of them is the deploy's doing.
 */
function byLoad(frame: Frame, cell: SpanCell, key: string): number {
  const current = Array.from({ length: frame.end - frame.from }, (_, i) => frame.from + i)
  const grown = (series: readonly Series[]): number => {
    const [now, was] = [perMinute(series, current), perMinute(series, frame.baseline)]
    return now > 0 && was > 0 ? now / was : 1
  }
  const service = grown(frame.index.all.get('route') ?? [])
  const own = cell === 'route' ? grown(frame.index.byKey.get(`route\n${key}`) ?? []) : service
  return Math.abs(Math.log(own)) > Math.abs(Math.log(service)) ? own ** LOAD_POWER : service ** LOAD_POWER
}

const perMinute = (series: readonly Series[], slots: readonly number[]): number =>
  slots.reduce((n, slot) => series.reduce((sum, s) => sum + (s.total[slot] ?? 0), n), 0) / slots.length

/** The judge knows no units: its histograms hold nanoseconds, people read milliseconds. */
const inMs = (reason: string): string =>
  reason.replace(
    /^(p[\d.]+) ([\d.]+), expected ([\d.]+):/,
    (_, q, now, was) => `${q} ${msText(Number(now) / 1e6)}, expected ${msText(Number(was) / 1e6)}:`,
  )

function baselineOf(
  frame: Frame,
  t: Track<Histogram>,
): { histograms: Histogram[]; kind: BaselineKind; concurrent: Histogram[] | undefined } {
  if (!frame.concurrent) return { histograms: t.baseline, kind: 'before', concurrent: undefined }
  const before = t.baseline.reduce((n, h) => n + sizeOfHistogram(h), 0)
  if (before < THIN_BASELINE) return { histograms: t.beside, kind: 'concurrent', concurrent: undefined }
  return { histograms: t.baseline, kind: 'before', concurrent: t.beside }
}

function blame(
  j: Judgement,
  frame: Frame,
  cell: SpanCell,
  t: Track<Histogram>,
  baseline: readonly Histogram[],
): Judgement {
  if (j.judgement !== 'high' && j.judgement !== 'low') return j
  const base = pooled(baseline)
  const line = t.line()
  const now = pooled(t.current)
  const moved = mostMoved(base, now, j.judgement)
  if (moved === null || Math.abs(moved.now / moved.was - 1) < FLOOR)
    return dismissed(j, `${j.reason}; less than ${100 * FLOOR} % at every quantile`)
  const began = beganBefore(meanGains(logMeans(line)), frame.start)
  if (began !== null) {
    const since = quantileMs(pooled(line.slice(began, frame.start)), moved.q)
    if (since !== null && Math.log(since / moved.was) / Math.log(moved.now / moved.was) >= 0.5)
      return dismissed(j, `${j.reason}; it began ${frame.start - began} minutes before the deploy`)
  }
  const rest = pooled(withoutWorst(t.current))
  const without = quantileMs(rest, moved.q)
  if (
    t.current.length >= 2 &&
    without !== null &&
    Math.log(without / moved.was) / Math.log(moved.now / moved.was) < 0.25
  )
    return dismissed(j, `${j.reason}; only one minute shows it so far`)
  const season = sameHours(frame, Math.log(moved.now / moved.was), (day) => changeOn(day, cell, t.key, moved.q))
  return season ? dismissed(j, `${j.reason}; ${season}`) : j
}

/** By how much (logarithm of the factor) a quantile moved on an earlier day; null where there were too few requests to say. */
function changeOn(day: Frame, cell: SpanCell, key: string, q: number): number | null {
  const t = histogramTrack(day, cell, key)
  const [before, after] = [pooled(t.baseline), pooled(t.current)]
  if (Math.min(sizeOfHistogram(before), sizeOfHistogram(after)) < LEAST_REQUESTS) return null
  const [was, now] = [quantileMs(before, q), quantileMs(after, q)]
  return was === null || now === null ? null : Math.log(now / was)
}

function withoutWorst(current: readonly Histogram[]): Histogram[] {
  const means = logMeans(current)
  let worst = 0
  means.forEach((m, i) => {
    if (m.n > 0 && m.mean * m.n > means[worst]!.mean * means[worst]!.n) worst = i
  })
  return current.filter((_, i) => i !== worst)
}

/** The quantile that moved most in the direction judged; the median where no other moved clearly more. */
export function mostMoved(
  base: ReadonlyMap<number, number>,
  now: ReadonlyMap<number, number>,
  direction: 'high' | 'low',
): { q: number; was: number; now: number } | null {
  const n = Math.min(sizeOfHistogram(base), sizeOfHistogram(now))
  let best: { q: number; was: number; now: number; moved: number } | null = null
  for (const q of QUANTILES) {
    if (q !== 0.5 && n * (1 - q) < BEYOND) break
    const [a, b] = [quantileMs(base, q), quantileMs(now, q)]
    if (a === null || b === null) continue
    const moved = Math.log(b / a) * (direction === 'high' ? 1 : -1)
    if (moved > (best ? best.moved * CLEARLY_MORE : 0)) best = { q, was: a, now: b, moved }
  }
  return best
}

function describe(
  frame: Frame,
  cell: SpanCell,
  t: Track<Histogram>,
  base: readonly Histogram[],
  kind: BaselineKind,
  j: Judgement,
): ReturnType<Signal['finding']> {
  const was = pooled(base)
  const line = t.line()
  const onset = onsetOf(frame, meanGains(logMeans(line)))
  const now = pooled(line.slice(onset, frame.end))
  const { q } = mostMoved(was, now, j.judgement === 'low' ? 'low' : 'high') ?? { q: 0.5 }
  const observed = quantileMs(now, q) ?? 0
  const expected = quantileMs(was, q) ?? 0
  const n = sizeOfHistogram(now)
  // 95 % interval of a sample quantile of n requests drawn from the baseline (order statistics, normal form)
  const half = (1.96 * Math.sqrt(q * (1 - q))) / Math.sqrt(Math.max(n, 1))
  const bound = (share: number) => quantileMs(was, Math.min(0.9999, Math.max(0.0001, share))) ?? expected
  const effect = expected === 0 ? 0 : observed / expected - 1
  const name = q === 0.5 ? 'median' : `p${digits(100 * q)}`
  return {
    unit: 'ms',
    onset,
    quantile: q,
    observed,
    expected,
    lower: Math.min(expected, bound(q - half)),
    upper: Math.max(expected, bound(q + half)),
    effect,
    effect_unit: 'relative',
    direction: effect >= 0 ? 'up' : 'down',
    reason: `${cell === 'route' ? `latency of ${t.key}` : `latency of calls to ${t.key}`}: ${name} ${msText(observed)}, against ${msText(expected)} ${kind === 'before' ? 'before' : 'on the old version in the same minutes'}: ${relative(effect)} over ${digits(n)} requests`,
    sql: quantileSql(frame, cell, t.key, q, onset, kind),
  }
}
