import type { Anomaly } from '../../../shared/model/anomaly.ts'
import type { Finding } from '../../../shared/model/verdict.ts'
import { yieldToLoop } from '../../../shared/runtime/pressure.ts'
import { pairOf } from '../clocks.ts'
import { RESOURCE, WORSE_WHEN_HIGHER } from '../decide/series.ts'
import type { Deps, Memory } from '../memory.ts'
import { signalKey } from '../write.ts'
import { type Asked, BLOCK_MINUTES, type Climb, climbAt, isNewHeight, levelsOf } from './climb.ts'
import { climbFinding } from './climb-finding.ts'
import { boundValuesSql, type Climber, climberParams, LEAST_REQUESTS } from './climb-sql.ts'
import type { Line } from './lines.ts'
import { LATE_MINUTES, type ValueAt } from './metric-trigger.ts'
import { anomalyOf, explained } from './run.ts'

/** A resource has a limit somewhere; latency wanders more, jumps from minute to minute, and is one line of a service and not a hundred. */
const ASKED = { metric: { floor: 0.3, maxP: 1e-4 }, latency: { floor: 0.5, maxP: 1e-3 } } as const
/** What the days before showed is read for this many climbs in one pass. */
const MAX_LOOKS = 10
/** Climbs of one service that are open at a time. */
const MAX_OPEN = 4
/** Minutes that one pass looks back for half hours that ended since the last: what climbs for hours is seen in the next one too. */
const MAX_MINUTES = 60
/** What a climb must leave behind. */
const DAYS_BEFORE = 7
/** More requests explain a level that grew by no more than twice as much. */
const EXPLAINED_SHARE = 0.5

type Followed = { of: Climber; asked: Asked; valueAt: ValueAt }
type Found = Followed & { climb: Climb }

/**
 * Opens anomalies of metrics and latencies that climb for hours, slower than anything that looks at minutes can see: a leak. Told once; what falls back
 * closes it, and what then only comes back to where it was is not told again.
 */
export async function findClimbs(deps: Deps, memory: Memory, nowMs: number): Promise<Anomaly[]> {
  const opened: Anomaly[] = []
  let looks = 0
  for (const pair of new Set([...memory.lines.lines.keys(), ...memory.metrics.pairs()])) {
    const closed = memory.clocks.closedMinute(pair, nowMs)
    if (closed === null || memory.clocks.importing(pair, nowMs)) continue
    const from = Math.max(memory.climbedTo.get(pair) ?? 0, closed - MAX_MINUTES)
    memory.climbedTo.set(pair, closed)
    const ends = endsIn(from, closed)
    // 20 µs a line, and all lines are asked at once.
    if (ends.length > 0) await yieldToLoop()
    for (const found of climbsOf(memory, pair, ends)) {
      if (looks >= MAX_LOOKS) break
      if (isKnown(memory, opened, found.of) || busier(memory.lines.lines.get(pair), found.climb)) continue
      looks += 1
      if (await explained(deps, memory, found.of, found.climb.to - 1)) continue
      const finding = await confirmed(deps, found)
      if (!finding || finding.started_at < (memory.ended.get(signalKey({ ...found.of, ...finding })) ?? '')) continue
      const anomaly = await anomalyOf(deps, memory, found.of, finding, nowMs)
      if (anomaly) opened.push(anomaly)
    }
  }
  return opened
}

/** The half hours that ended after the minute `from`, newest first. What is late is waited for. */
function endsIn(from: number, closed: number): number[] {
  const newest = Math.floor((closed + 1 - LATE_MINUTES) / BLOCK_MINUTES) * BLOCK_MINUTES
  const ends: number[] = []
  for (let end = newest; end - 1 + LATE_MINUTES > from; end -= BLOCK_MINUTES) ends.push(end)
  return ends
}

/** The newest climb of each line of a service, at these ends of half hours. */
function climbsOf(memory: Memory, pair: string, ends: readonly number[]): Found[] {
  if (ends.length === 0) return []
  return followedOf(memory, pair).flatMap((line) => {
    for (const end of ends) {
      const climb = climbAt(line.valueAt, end - 1, line.asked)
      if (climb) return [{ ...line, climb }]
    }
    return []
  })
}

function followedOf(memory: Memory, pair: string): Followed[] {
  const [service = '', environment = ''] = pair.split('\n')
  const points = memory.lines.lines.get(pair)?.points
  const latency: ValueAt = (minute) => {
    const p = points?.get(minute)
    return p && p.requests >= LEAST_REQUESTS ? p.p95Ms : undefined
  }
  const metrics = memory.metrics
    .of(pair)
    .filter((line) => line.kind !== 'counter' && (RESOURCE.test(line.metric) || WORSE_WHEN_HIGHER.test(line.metric)))
  return [
    ...(points ? [{ of: { service, environment, metric: null }, asked: ASKED.latency, valueAt: latency }] : []),
    ...metrics.map(({ metric, kind, unit, values }) => ({
      of: { service, environment, metric: { name: metric, kind, unit } },
      asked: ASKED.metric,
      valueAt: (minute: number) => values.get(minute),
    })),
  ]
}

/** The same is open already, or of requests anything is, or enough is. */
function isKnown(memory: Memory, opened: readonly Anomaly[], { service, environment, metric }: Climber): boolean {
  const open = [...memory.open.values(), ...opened].filter(
    (a) => pairOf(a.service, a.environment) === pairOf(service, environment),
  )
  if (open.length >= MAX_OPEN) return true
  return open.some((a) =>
    metric
      ? a.signal === 'metric' && a.dimension === metric.name
      : a.signal === 'latency' || a.signal === 'error_ratio',
  )
}

/** Whether the service has so many more requests that they explain the climb. */
function busier(line: Line | undefined, climb: Climb): boolean {
  const requests = (from: number) => {
    let n = 0
    for (let m = from; m < from + BLOCK_MINUTES; m++) n += line?.points.get(m)?.requests ?? 0
    return n
  }
  const [was, now] = [requests(climb.from), requests(climb.to - BLOCK_MINUTES)]
  return now - was > EXPLAINED_SHARE * (climb.last / climb.first - 1) * was
}

/**
 * The finding, where the climb left all that the week before it showed. The climb itself is read again as well: what is kept in memory lacks its first
 * minutes, and the numbers must be those that the finding's SQL gives.
 */
async function confirmed(deps: Deps, { of, asked, climb: { from, to } }: Found): Promise<Finding | null> {
  const start = from - DAYS_BEFORE * 1440
  const rows = await deps.store.rows<{ m: number; v: number }>(boundValuesSql(of), climberParams(of, start, to))
  const values = new Map(rows.map(({ m, v }) => [Number(m), v]))
  const valueAt: ValueAt = (minute) => values.get(minute)
  const climb = climbAt(valueAt, to - 1, asked)
  if (!climb) return null
  const before = levelsOf(valueAt, start, climb.from)
  if (!isNewHeight(climb, before)) return null
  const since = Math.min(...values.keys())
  return climbFinding(of, climb, { before, since, sensitivity: deps.config.sensitivity })
}
