import type { Anomaly, Origin } from '../../../shared/model/anomaly.ts'
import { short } from '../../../shared/runtime/log.ts'
import { listCalls } from '../../../shared/store/rollups.ts'
import { rankServices } from '../attribution/rank_services.ts'
import type { ResourceSeries } from '../attribution/resources.ts'
import type { Telemetry } from '../attribution/telemetry.ts'
import { pairOf } from '../clocks.ts'
import type { Deps, Memory } from '../memory.ts'
import { type Asked, readSides } from './read.ts'

const MINUTE_MS = 60_000
/** Quiet time before a change, up to shortly before it, and minutes since that are read. */
const BEFORE_MS = 45 * MINUTE_MS
const SETTLE_MS = 2 * MINUTE_MS
const SINCE_MS = 15 * MINUTE_MS
/** Anomalies that one pass looks up: of many that open at once the first tell where it began. */
const MAX_LOOKS = 3
/** What opened this long ago may still be looked up. */
const WAITING_MS = 30 * MINUTE_MS
/** Anomalies of one service that begin within this time are one change. */
const SAME_CHANGE_MS = 5 * MINUTE_MS
/** Lookups of one anomaly that may fail. */
const MAX_TRIES = 3
const MAX_ORIGINS = 3
/** Anomalies whose origins are kept at hand. */
const MAX_KEPT = 20_000
/** Nats of surprise: an operation of which a twentieth fails that never failed has 0.11. */
const LEAST_SCORE = 0.1
const MAX_EVIDENCE = 4
/** Minutes before the change that say how long requests took just before. */
const JUST_BEFORE = 15
/** Less than this is no jump of a service's 95th percentile; as in the measured set. */
const LATENCY_FLOOR_MS = 20

/** What whole traces show of these signals; metrics, traffic and new routes are asked by none. */
const ASKED: ReadonlySet<Anomaly['signal']> = new Set([
  'error_ratio',
  'latency',
  'dependency_error_ratio',
  'dependency_latency',
  'exception_new',
  'exception_rate',
  'log_error_rate',
  'log_pattern_new',
  'log_pattern_rate',
])

/**
 * The same anomalies, those that opened with the services in which it most likely began: whole traces and log records of the minutes since against
 * quiet ones. Looked up once for what begins in a service at one time; a read that fails or takes too long leaves the anomaly without. What failed, or had to
 * wait for other lookups, follows with a later pass, and is then among the answers though nothing else of it changed. `limit`: until when one lookup may
 * read; a replay gives none, so that it answers alike on a slow machine.
 */
export async function withOrigins(
  deps: Pick<Deps, 'store' | 'log'>,
  memory: Pick<Memory, 'open' | 'origins' | 'originTries' | 'lines'>,
  anomalies: readonly Anomaly[],
  untilMs: number,
  limit?: () => AbortSignal,
): Promise<Anomaly[]> {
  const done: Anomaly[] = []
  let looks = 0
  for (const kept of [memory.origins, memory.originTries]) if (kept.size > MAX_KEPT) kept.clear()
  const changed = new Set(anomalies.map((a) => a.id))
  const waiting = [...memory.open.values()].filter(
    (a) => !changed.has(a.id) && isDue(memory, a) && untilMs - Date.parse(a.started_at) <= WAITING_MS,
  )
  for (const a of [...anomalies, ...waiting]) {
    let origins = knownOf(memory, a) ?? knownBeside(memory, [...done, ...memory.open.values()], a)
    if (!origins && isDue(memory, a) && looks < MAX_LOOKS) {
      looks += 1
      origins = (await originsOf(deps, memory, a, untilMs, limit?.())) ?? undefined
      if (!origins) memory.originTries.set(a.id, (memory.originTries.get(a.id) ?? 0) + 1)
    }
    if (origins) memory.origins.set(a.id, origins)
    if (origins && origins.length > 0) done.push({ ...a, origins: [...origins] })
    else if (changed.has(a.id)) done.push(a)
  }
  return done
}

type Known = Pick<Memory, 'open' | 'origins' | 'originTries'>

const isDue = (memory: Known, a: Anomaly): boolean =>
  a.state === 'open' &&
  a.harmful &&
  ASKED.has(a.signal) &&
  knownOf(memory, a) === undefined &&
  (memory.originTries.get(a.id) ?? 0) < MAX_TRIES

const knownOf = (memory: Known, a: Anomaly): readonly Origin[] | undefined =>
  memory.origins.get(a.id) ?? memory.open.get(a.id)?.origins ?? a.origins

/** What was found for another anomaly of the same service that began at the same time. */
function knownBeside(memory: Known, others: readonly Anomaly[], a: Anomaly): readonly Origin[] | undefined {
  if (!isDue(memory, a)) return undefined
  const beside = others.find(
    (o) =>
      pairOf(o.service, o.environment) === pairOf(a.service, a.environment) &&
      Math.abs(Date.parse(o.started_at) - Date.parse(a.started_at)) <= SAME_CHANGE_MS &&
      (memory.origins.get(o.id) ?? []).length > 0,
  )
  return beside && memory.origins.get(beside.id)
}

/** Empty where whole traces show nothing; null where they could not be read. */
async function originsOf(
  deps: Pick<Deps, 'store' | 'log'>,
  memory: Pick<Memory, 'lines'>,
  a: Anomaly,
  untilMs: number,
  signal?: AbortSignal,
): Promise<Origin[] | null> {
  const onsetMs = Date.parse(a.started_at)
  const now = { fromMs: onsetMs, toMs: Math.min(untilMs, onsetMs + SINCE_MS) }
  const before = { fromMs: onsetMs - BEFORE_MS, toMs: onsetMs - SETTLE_MS }
  try {
    const sides = await readSides(deps.store, askedOf(a), { before, now }, signal)
    if (sides.before.spans.length === 0 || sides.now.spans.length === 0) return []
    const calls = await listCalls(deps.store, { environment: a.environment, fromMs: before.fromMs, toMs: now.toMs })
    const { suspects } = rankServices({
      ...sides,
      resources: latencies(memory, a.environment, sides.now, { onsetMs, untilMs: now.toMs }),
      calls: calls.map((c) => [c.caller, c.callee] as const),
    })
    return suspects
      .filter((s) => s.score >= LEAST_SCORE)
      .slice(0, MAX_ORIGINS)
      .map(({ node, role, score, evidence }) => ({
        service: node,
        role,
        score: Math.round(score * 1000) / 1000,
        evidence: evidence.slice(0, MAX_EVIDENCE),
      }))
  } catch (error) {
    deps.log.warn(
      { event: 'origins_failed', anomaly: a.id, error: short(String((error as Error).message), 500) },
      'where an anomaly began could not be looked up',
    )
    return null
  }
}

function askedOf({ service, environment, signal, dimension }: Anomaly): Asked {
  const of = { service, environment }
  if (dimension === '(all)') return of
  if (signal === 'error_ratio' || signal === 'latency') return { ...of, route: dimension }
  return signal.startsWith('dependency') ? { ...of, peer: dimension } : of
}

/** The 95th percentile of the requests of each service in the traces, minute by minute: a caller's holds that of what it calls. */
function latencies(
  memory: Pick<Memory, 'lines'>,
  environment: string,
  now: Telemetry,
  { onsetMs, untilMs }: { onsetMs: number; untilMs: number },
): ResourceSeries[] {
  const onset = Math.floor(onsetMs / MINUTE_MS)
  return [...new Set(now.spans.map((s) => s.service))].sort().map((service) => {
    const points = memory.lines.lines.get(pairOf(service, environment))?.points
    const between = (from: number, to: number) =>
      Array.from({ length: Math.max(0, to - from) }, (_, i) => points?.get(from + i)?.p95Ms).filter(
        (v) => v !== undefined,
      )
    return {
      service,
      name: 'p95 of requests served',
      unit: ' ms',
      floor: LATENCY_FLOOR_MS,
      inherited: true,
      history: between(onset - BEFORE_MS / MINUTE_MS, onset - JUST_BEFORE),
      justBefore: between(onset - JUST_BEFORE, onset),
      now: between(onset, Math.floor(untilMs / MINUTE_MS)),
    }
  })
}
