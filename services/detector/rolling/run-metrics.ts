import type { Anomaly } from '../../../shared/model/anomaly.ts'
import type { Deps, Memory } from '../memory.ts'
import { readSeasonal } from '../seasonal.ts'
import { confirmMetric } from './confirm-metric.ts'
import { stands, type ValueAt } from './metric-trigger.ts'
import type { MetricLine } from './metrics.ts'
import { AHEAD_MINUTES, anomalyOf, BEFORE_MINUTES, explained } from './run.ts'

/** Services whose metrics are judged in one pass, and metrics of each: what lasts is seen a minute later. */
const MAX_SERVICES = 25
const MAX_LOOKS = 10
/** Anomalies of metrics that one service has open at a time: what broke is told by the first few. */
const MAX_OPEN = 8
/** Minutes that one pass looks at, of those that arrived since the last: an import is looked at in its newest hours. */
const MAX_MINUTES = 360

/** Opens anomalies of metrics that no deploy of their service explains, and `no deploy nearby` said where none is. */
export async function findRollingMetrics(deps: Deps, memory: Memory, nowMs: number): Promise<Anomaly[]> {
  const opened: Anomaly[] = []
  let services = 0
  for (const pair of memory.metrics.pairs()) {
    const closed = memory.clocks.closedMinute(pair, nowMs)
    if (closed === null || memory.clocks.importing(pair, nowMs)) continue
    const from = Math.max(memory.metricsRolledTo.get(pair) ?? 0, closed - MAX_MINUTES) + 1
    memory.metricsRolledTo.set(pair, closed)
    memory.rolledTo.set(pair, Math.max(memory.rolledTo.get(pair) ?? 0, closed))
    const due = dueOf(memory, pair, from, closed)
    if (due.length === 0 || services >= MAX_SERVICES) continue
    services += 1
    opened.push(...(await lookCloser(deps, memory, pair, due, nowMs)))
  }
  return opened
}

type Due = { line: MetricLine; minute: number }

/** For each metric the first and the last minute in which it stands out: a change is confirmed soon after it began, or when it has lasted. */
function dueOf(memory: Memory, pair: string, from: number, closed: number): Due[] {
  return memory.metrics.of(pair).flatMap((line) => {
    const valueAt = valuesOf(memory, pair, line)
    const minutes = Array.from({ length: closed + 1 - from }, (_, i) => from + i).filter((m) => stands(valueAt, m))
    return [...new Set([...minutes.slice(0, 1), ...minutes.slice(-1)])].map((minute) => ({ line, minute }))
  })
}

/** A metric by minute; a counter by request, where the service has any, as its verdicts compare it. */
function valuesOf(memory: Memory, pair: string, { kind, values }: MetricLine): ValueAt {
  const served = memory.lines.lines.get(pair)?.points
  if (kind !== 'counter' || !served || served.size === 0) return (minute) => values.get(minute)
  return (minute) => {
    const [value, requests] = [values.get(minute), served.get(minute)?.requests ?? 0]
    return value === undefined || requests === 0 ? undefined : value / requests
  }
}

async function lookCloser(
  deps: Deps,
  memory: Memory,
  pair: string,
  due: readonly Due[],
  nowMs: number,
): Promise<Anomaly[]> {
  const open = new Set(
    [...memory.open.values()]
      .filter((a) => a.signal === 'metric' && `${a.service}\n${a.environment}` === pair)
      .map((a) => a.dimension),
  )
  const opened: Anomaly[] = []
  for (const { line, minute } of due.filter((d) => !open.has(d.line.metric)).slice(0, MAX_LOOKS)) {
    if (open.size >= MAX_OPEN) break
    if (open.has(line.metric) || (await explained(deps, memory, line, minute))) continue
    const finding = await judge(deps, memory, pair, line, minute)
    const anomaly = finding && (await anomalyOf(deps, memory, line, finding, nowMs))
    if (!anomaly) continue
    open.add(line.metric)
    opened.push(anomaly)
  }
  return opened
}

async function judge(deps: Deps, memory: Memory, pair: string, line: MetricLine, minute: number) {
  const { service, environment, metric } = line
  const id = `rolling metrics\n${pair}`
  const hour = Math.floor(minute / 60) * 60
  const span = { from: hour - BEFORE_MINUTES, to: hour + AHEAD_MINUTES }
  await memory.windows.load([{ id, service, environment, ...span }], ['route', 'metric'])
  const window = memory.windows.get(id)
  if (!window) return null
  const of = { metric, valueAt: valuesOf(memory, pair, line), minute, sensitivity: deps.config.sensitivity }
  const found = confirmMetric(window, { ...of, earlier: [] })
  if (!found) return null
  // Earlier days can only excuse: they are read when there is something to excuse.
  const day = { service, environment, started_at: found.started_at, first_seen_at: null }
  return confirmMetric(window, { ...of, earlier: await readSeasonal(deps.store, day, deps.config.watchMinutes) })
}
