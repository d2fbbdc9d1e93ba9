import type { Anomaly } from '../../../shared/model/anomaly.ts'
import type { Deploy } from '../../../shared/model/deploy.ts'
import type { Verdict } from '../../../shared/model/verdict.ts'
import { yieldToLoop } from '../../../shared/runtime/pressure.ts'
import { listDeploys } from '../../../shared/state/deploys.ts'
import { pairOf } from '../clocks.ts'
import { dueOf } from '../due.ts'
import { followAnomalies } from '../follow.ts'
import { look } from '../look.ts'
import { type Deps, type Memory, newMemory } from '../memory.ts'
import { withOrigins } from '../origins/origins.ts'
import { isClimb } from '../rolling/climb-finding.ts'
import { CountLines } from '../rolling/counts.ts'
import { KEEP_MINUTES, Lines } from '../rolling/lines.ts'
import { MetricLines } from '../rolling/metrics.ts'
import { readRolling } from '../rolling/roll.ts'
import { findRolling } from '../rolling/run.ts'
import { findClimbs } from '../rolling/run-climbs.ts'
import { findRollingLines } from '../rolling/run-lines.ts'
import { findRollingTraffic } from '../rolling/run-traffic.ts'
import { spanOf } from '../window/cache.ts'
import { remember } from '../write.ts'
import { ReplayClocks } from './clocks.ts'

export type ReplayResult = { verdicts: Verdict[]; anomalies: Anomaly[] }
export type ReplayOptions = {
  fromMs: number
  toMs: number
  signal?: AbortSignal
  progress?: (share: number) => Promise<void>
}

/** Deploys in one replay. */
const MAX_DEPLOYS = 5000
const READ_MINUTES = 60
const PROGRESS_MINUTES = 30

/**
 * The same detector over stored telemetry in event time: at every minute it knows what had happened by then, and writes
 * nothing. The same telemetry and deploys give the same answer, byte for byte.
 */
export async function replay(deps: Deps, o: ReplayOptions): Promise<ReplayResult> {
  const memory = replayMemory(deps)
  const [from, to] = [Math.floor(o.fromMs / 60_000), Math.floor(o.toMs / 60_000)]
  const deploys = await deploysIn(deps, o)
  const found = { verdicts: new Map<string, Verdict>(), anomalies: new Map<string, Anomaly>() }
  await readRolling(deps, memory, from - KEEP_MINUTES, from)
  for (let minute = from; minute <= to; minute++) {
    if ((minute - from) % READ_MINUTES === 0)
      await readRolling(deps, memory, minute, Math.min(minute + READ_MINUTES, to))
    if (o.signal?.aborted) throw new Error('cannot finish the replay: Plumbline is stopping. It starts anew with it')
    if ((minute - from) % PROGRESS_MINUTES === 0) await o.progress?.((minute - from) / Math.max(1, to - from))
    await step(deps, memory, deploys, minute * 60_000, found)
    await yieldToLoop()
  }
  const byTime = (a: Anomaly, b: Anomaly) => (a.started_at + a.id < b.started_at + b.id ? -1 : 1)
  const order = new Map(deploys.map((d, i) => [d.id, i]))
  return {
    verdicts: [...found.verdicts.values()].sort((a, b) => order.get(a.deploy_id)! - order.get(b.deploy_id)!),
    anomalies: [...found.anomalies.values()].sort(byTime),
  }
}

function replayMemory(deps: Deps): Memory {
  const rolling = { lines: new Lines(), metrics: new MetricLines(), counts: new CountLines() }
  return { ...newMemory(deps), ...rolling, clocks: new ReplayClocks(rolling) }
}

/** Deploys that began in the span, oldest first. Those of whom only the future knows are no part of it. */
async function deploysIn(deps: Deps, o: ReplayOptions): Promise<Deploy[]> {
  const all: Deploy[] = []
  let cursor: string | undefined
  while (all.length < MAX_DEPLOYS) {
    const page = await listDeploys(deps.state, { fromMs: o.fromMs, toMs: o.toMs, limit: 1000, cursor })
    all.push(...page.items)
    if (page.next === null) break
    cursor = page.next
  }
  return all.reverse()
}

/** One minute of event time: what the live pass does, without reading changes and without writing. */
async function step(
  deps: Deps,
  memory: Memory,
  deploys: readonly Deploy[],
  nowMs: number,
  found: { verdicts: Map<string, Verdict>; anomalies: Map<string, Anomaly> },
): Promise<void> {
  const watchMs = (deps.config.watchMinutes + 2) * 60_000
  for (const deploy of deploys) {
    const began = Date.parse(deploy.started_at)
    if (began > nowMs || memory.watched.has(deploy.id) || began + watchMs < nowMs) continue
    memory.watched.set(deploy.id, {
      deploy,
      verdict: null,
      anomalies: new Map(),
      looked: '',
      seasonal: null,
      maskedBefore: new Map(),
      dirty: true,
    })
  }
  const due = dueOf(memory, nowMs, deps.config.watchMinutes)
  await memory.windows.load(
    due.map((d) => ({ ...d.watched.deploy, ...spanOf(d.watched.deploy, deps.config.watchMinutes) })),
  )
  const moved: Anomaly[] = []
  for (const one of due) {
    const window = memory.windows.get(one.watched.deploy.id)
    if (!window) continue
    const seen = await look(deps, memory, window, one, excludedOf(found.anomalies.values(), one.watched.deploy), nowMs)
    if (seen.verdict) found.verdicts.set(seen.verdict.deploy_id, seen.verdict)
    moved.push(...seen.anomalies)
  }
  moved.push(...(await followAnomalies(memory, new Set(moved.map((a) => a.id)), nowMs)))
  remember(memory, moved)
  moved.push(...(await findRolling(deps, memory, memory.lines.lines.keys(), nowMs)))
  moved.push(...(await findRollingLines(deps, memory, nowMs)))
  moved.push(...(await findRollingTraffic(deps, memory, nowMs)))
  moved.push(...(await findClimbs(deps, memory, nowMs)))
  const told = await withOrigins(deps, memory, moved, nowMs)
  remember(memory, told)
  for (const a of told) found.anomalies.set(a.id, a)
  memory.lines.trim()
  memory.metrics.trim(Math.floor(nowMs / 60_000))
  memory.counts.trim(Math.floor(nowMs / 60_000))
  for (const [id, w] of memory.watched) {
    if (Date.parse(w.deploy.started_at) + watchMs >= nowMs) continue
    memory.watched.delete(id)
    memory.windows.forget(id)
  }
}

function excludedOf(anomalies: Iterable<Anomaly>, deploy: Deploy): Set<number> {
  const minutes = new Set<number>()
  for (const a of anomalies) {
    const others = pairOf(a.service, a.environment) !== pairOf(deploy.service, deploy.environment)
    if (a.deploy?.id === deploy.id || others || isClimb(a)) continue
    const end = a.ended_at === null ? Date.parse(deploy.started_at) : Date.parse(a.ended_at)
    for (let m = Math.floor(Date.parse(a.started_at) / 60_000); m * 60_000 < end; m++) minutes.add(m)
  }
  return minutes
}
