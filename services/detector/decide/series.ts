import type { Judgement, Kind, Sensitivity } from '../judge/index.ts'
import { keysOf, type Series } from '../window/window.ts'
import { type Frame, type Parts, partsOf } from './frame.ts'
import { alwaysZero, judgeFromZero } from './from-zero.ts'
import { bestSplit, meanGains } from './onset.ts'
import { judgeAgain } from './prepared.ts'
import { earlierFrames, sameHours } from './season.ts'
import { digits, dismissed, relative, type Signal } from './signal.ts'
import { metricSql, rateSql } from './sql.ts'

/** Below this many minutes of history a series of plain numbers is not judged. */
const HISTORY_MINUTES = 60
const MAX_METRICS = 100
/** A fall of traffic is the deploy's doing only when it is this deep: people come and go. */
const THROUGHPUT_FALL = 0.5
/** Metrics have no known sense: only a large change of one whose name says that more is worse counts as harm. */
const METRIC_CHANGE = 0.5
export const WORSE_WHEN_HIGHER =
  /error|fail|exception|timeout|reject|dropp|retr(y|ies)|latency|duration|wait|lag|backlog|queue|pending|evict|abort|panic|oom|throttl|dead.?letter/i
export const RESOURCE = /cpu|memory|heap|rss|gc|thread|handle|file.?desc|goroutine|event.?loop/i
/** Young processes use more: their resources are judged when they have settled. */
export const RESOURCE_WARM_UP_MINUTES = 10

type Values = (number | null)[]

/**
 * Requests per minute of the whole service, all builds: a canary takes traffic from the old version, not from the service. A
 * fall that the same hours of earlier days show as well is not the deploy's.
 */
export function throughputSignal(frame: Frame, sensitivity: Sensitivity): Signal | null {
  const perMinute = (f: Frame, slots: readonly number[]): number[] => {
    const series = f.index.all.get('route') ?? []
    return slots.map((slot) => totalOf(series, [slot]))
  }
  const baseline = perMinute(frame, frame.baseline)
  if (baseline.filter((n) => n > 0).length < HISTORY_MINUTES) return null
  const current = perMinute(frame, range(frame.from, frame.end))
  // a minute without any request on an earlier day is missing, not zero
  const seasonal = earlierFrames(frame)
    .map((day): Values => perMinute(day, range(day.from, day.end)).map((n) => n || null))
    .filter((day) => day.some((n) => n !== null))
  const raw = judgeAgain(frame.window, `throughput\n${frame.start}`, {
    kind: 'throughput',
    stepS: 60,
    baseline,
    current,
    seasonal,
    sensitivity,
  })
  const fell = raw.judgement === 'low' && mean(current) <= THROUGHPUT_FALL * mean(baseline)
  const judgement =
    raw.judgement === 'low' && !fell ? dismissed(raw, `${raw.reason}; traffic comes and goes by as much`) : raw
  return {
    name: 'throughput',
    dimension: '(all)',
    kind: 'throughput',
    judgement,
    canHarm: true,
    baseline: seasonal.length > 0 ? 'seasonal' : 'before',
    finding: () => ({
      ...numbers(mean(current), mean(baseline), raw),
      unit: 'per_minute',
      onset: frame.from,
      reason: `${digits(mean(current))} requests per minute, against ${digits(mean(baseline))} before: ${relative(mean(current) / mean(baseline) - 1)}`,
      sql: rateSql({ ...frame, build: null }, { cell: 'route', is: null }, frame.from, 'before'),
    }),
  }
}

/** The metrics that the service sends: gauges and histograms by their mean, counters by their increase per request. */
export function metricSignals(frame: Frame, sensitivity: Sensitivity): Signal[] {
  if (frame.baseline.length < HISTORY_MINUTES) return []
  const keys = keysOf(frame.index.all.get('metric') ?? []).slice(0, MAX_METRICS)
  return keys.map((key) => metricSignal(frame, key, sensitivity)).filter((s) => s !== null)
}

/** What a metric is mostly sent as: series of another kind or unit, as after a change from ms to s, cannot be compared with it. */
function oneForm(parts: Parts): Parts {
  const weight = (s: Series) => s.total.reduce((a, b) => a + b, 0)
  const [main] = [...parts.before].sort((a, b) => weight(b) - weight(a))
  const only = (all: Series[]) => all.filter((s) => s.kind === main?.kind && s.unit === main.unit)
  return { before: only(parts.before), mine: only(parts.mine), others: only(parts.others) }
}

/** One metric; `warmUpMinutes`: of the resources of young processes, which are not judged. Null where it has too little history. */
export function metricSignal(
  frame: Frame,
  metric: string,
  sensitivity: Sensitivity,
  warmUpMinutes = RESOURCE_WARM_UP_MINUTES,
): Signal | null {
  const { before, mine, others } = oneForm(partsOf(frame, 'metric', metric))
  const counter = before[0]?.kind === 'counter'
  const requests = partsOf(frame, 'route', null)
  const value = (parts: Series[], served: Series[], slot: number) => valueAt({ parts, served, counter }, slot)
  const pooled = (parts: Series[], served: Series[], over: number[]) => valueOver({ parts, served, counter }, over)
  const baseline: Values = frame.baseline.map((s) => value(before, requests.before, s))
  if (baseline.filter((v) => v !== null).length < HISTORY_MINUTES) return null
  const resource = RESOURCE.test(metric)
  const from = resource ? frame.from + warmUpMinutes : frame.from
  const current: Values = range(from, frame.end).map((s) => value(mine, requests.mine, s))
  const concurrent: Values | undefined = frame.concurrent
    ? range(from, frame.end).map((s) => value(others, requests.others, s))
    : undefined
  const kind: Kind = resource ? 'resource' : 'metric'
  const fromZero = alwaysZero(baseline)
  const raw = fromZero
    ? judgeFromZero({ baseline, current, concurrent, sensitivity })
    : judgeAgain(frame.window, `metric\n${frame.start}\n${metric}`, {
        kind,
        stepS: 60,
        baseline,
        current,
        concurrent,
        sensitivity,
      })
  const now = pooled(mine, requests.mine, range(from, frame.end))
  const was = pooled(before, requests.before, frame.baseline)
  const line = range(0, frame.end).map((s) =>
    value(s < frame.start ? before : mine, s < frame.start ? requests.before : requests.mine, s),
  )
  const split = bestSplit(meanGains(line.map((v) => ({ n: v === null ? 0 : 1, mean: v ?? 0 }))))
  const early = split.gain > 0 && split.at < frame.start - 2
  const changeOn = (day: Frame): number | null => {
    const [parts, served] = [oneForm(partsOf(day, 'metric', metric)).before, partsOf(day, 'route', null).before]
    const after = range(day.from + from - frame.from, day.end)
    const [then, before] = [pooled(parts, served, after), pooled(parts, served, day.baseline)]
    const moved = fromZero ? then - before : Math.log(then / before)
    return Number.isFinite(moved) ? moved : null
  }
  const settled = settle(raw, fromZero ? null : now / was, early)
  const found = settled.judgement === 'high' || settled.judgement === 'low'
  const season = found ? sameHours(frame, fromZero ? now : Math.log(now / was), changeOn) : null
  return {
    name: 'metric',
    dimension: metric,
    kind,
    judgement: season ? dismissed(settled, `${settled.reason}; ${season}`) : settled,
    canHarm: raw.judgement === 'high' && (WORSE_WHEN_HIGHER.test(metric) || resource),
    baseline: 'before',
    finding: () => ({
      ...numbers(now, was, raw),
      unit: before[0]?.unit || 'value',
      onset: from,
      reason: `metric ${metric}: ${digits(now)}${counter && requests.before.length > 0 ? ' per request' : ''}, against ${digits(was)} before: ${fromZero ? raw.reason : relative(now / was - 1)}`,
      sql: metricSql(
        frame,
        { metric, kind: before[0]?.kind ?? '', unit: before[0]?.unit ?? '' },
        !counter ? 'points' : requests.before.length > 0 ? 'requests' : 'minutes',
        from,
      ),
    }),
  }
}

/** One metric of some builds, with the requests that they served. */
type Sent = { parts: readonly Series[]; served: readonly Series[]; counter: boolean }

/** The metric in one minute: its mean, or of a counter the increase per request (where requests are not known: the increase); null where there is none. */
function valueAt({ parts, served, counter }: Sent, slot: number): number | null {
  const n = totalOf(parts, [slot])
  if (n === 0) return null
  const v = sumOf(parts, [slot])
  if (!counter) return v / n
  const answered = totalOf(served, [slot])
  return served.length === 0 ? v : answered === 0 ? null : v / answered
}

/** The same over many minutes; 0 where there is none. */
function valueOver({ parts, served, counter }: Sent, over: readonly number[]): number {
  const per = !counter ? totalOf(parts, over) : served.length > 0 ? totalOf(served, over) : over.length
  return per === 0 ? 0 : sumOf(parts, over) / per
}

/** `factor`: of the metric now to before; null where it was zero before, and any lasting rise is large. */
function settle(j: Judgement, factor: number | null, early: boolean): Judgement {
  if (j.judgement !== 'high' && j.judgement !== 'low') return j
  if (factor !== null && (!Number.isFinite(factor) || Math.abs(factor - 1) < METRIC_CHANGE))
    return dismissed(j, `${j.reason}; less than ${100 * METRIC_CHANGE} %`)
  return early ? dismissed(j, `${j.reason}; it began before the deploy`) : j
}

function numbers(now: number, was: number, j: Judgement) {
  return {
    observed: now,
    expected: was,
    lower: Math.min(j.lower, was),
    upper: Math.max(j.upper, was),
    effect: was === 0 ? now : now / was - 1,
    effect_unit: was === 0 ? ('absolute' as const) : ('relative' as const),
    direction: now >= was ? ('up' as const) : ('down' as const),
  }
}

const range = (from: number, to: number): number[] => Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i)
const totalOf = (series: readonly Series[], slots: readonly number[]): number =>
  slots.reduce((n, s) => n + series.reduce((v, x) => v + (x.total[s] ?? 0), 0), 0)
const sumOf = (series: readonly Series[], slots: readonly number[]): number =>
  slots.reduce((n, s) => n + series.reduce((v, x) => v + (x.sum[s] ?? 0), 0), 0)
const mean = (values: readonly number[]): number =>
  values.length === 0 ? 0 : values.reduce((s, v) => s + v, 0) / values.length
