import type { Anomaly } from '../../shared/model/anomaly.ts'
import type { Verdict } from '../../shared/model/verdict.ts'
import type { Clock } from '../../shared/runtime/clock.ts'
import { deadline } from '../../shared/runtime/deadline.ts'
import { short } from '../../shared/runtime/log.ts'
import { yieldToLoop } from '../../shared/runtime/pressure.ts'
import { getCursor } from '../../shared/state/cursors.ts'
import { type AnomalySpan, anomaliesToFollow, anomalySpans } from '../../shared/store/anomalies.ts'
import { type Changes, takeChanges } from './changes.ts'
import { pairOf } from './clocks.ts'
import { type Due, dueOf, takeUp } from './due.ts'
import { followAnomalies } from './follow.ts'
import { look } from './look.ts'
import { type Deps, forget, type Memory } from './memory.ts'
import { withOrigins } from './origins/origins.ts'
import { readChangedLines } from './rolling/roll.ts'
import { findRolling } from './rolling/run.ts'
import { findClimbs } from './rolling/run-climbs.ts'
import { findRollingLines } from './rolling/run-lines.ts'
import { findRollingTraffic } from './rolling/run-traffic.ts'
import { forgetSilent } from './silent.ts'
import { spanOf } from './window/cache.ts'
import { CURSOR, ROLLED, remember, writeResults } from './write.ts'

/** Where one anomaly began is read for so long at most: alerts wait for it. */
const ORIGINS_MS = 10_000

/** Up to which minute a service was watched is known for so long after it: what is imported then is older than what is kept, as a rule. */
const ROLLED_MINUTES = 40 * 1440

export type PassResult = {
  minutes: number
  judged: number
  verdicts: number
  anomalies: number
  /** From when ingest noted the newest change to the end of the pass that judged it; 0 where nothing changed. */
  lagMs: number
}

/**
 * One pass: what was ingested since the last becomes rollups, deploys, verdicts and anomalies. Where one fails, the next begins as after
 * a restart: what was found and not written is found again.
 */
export async function detect(deps: Deps, memory: Memory, clock: Clock): Promise<PassResult> {
  const nowMs = clock.nowMs()
  const cursorMs = memory.cursorMs ?? Number((await getCursor(deps.state, CURSOR)) ?? 0)
  if (memory.cursorMs === null) await recall(deps, memory, nowMs)
  const changes = await takeChanges(deps, memory, cursorMs, nowMs)
  try {
    const found = await judgeChanges(deps, memory, changes, nowMs)
    const lagMs = changes.arrivedMs === 0 ? 0 : Math.max(0, clock.nowMs() - changes.arrivedMs)
    return { minutes: changes.minutes.length, ...found, lagMs }
  } catch (error) {
    forget(deps, memory)
    throw error
  }
}

/** Judges what the changed minutes concern and writes what was found. @returns how much that was */
async function judgeChanges(deps: Deps, memory: Memory, changes: Changes, nowMs: number) {
  await takeUp(deps, memory, changes, nowMs)
  const due = dueOf(memory, nowMs, deps.config.watchMinutes)
  await memory.windows.load(
    due.map((d) => ({ ...d.watched.deploy, ...spanOf(d.watched.deploy, deps.config.watchMinutes) })),
  )
  await readChangedLines(deps, memory, changes)
  const { verdicts, anomalies } = await judgeAll(deps, memory, due, nowMs)
  anomalies.push(...(await followAnomalies(memory, new Set(anomalies.map((a) => a.id)), nowMs)))
  remember(memory, anomalies)
  anomalies.push(...(await findRolling(deps, memory, memory.lines.lines.keys(), nowMs)))
  anomalies.push(...(await findRollingLines(deps, memory, nowMs)))
  anomalies.push(...(await findRollingTraffic(deps, memory, nowMs)))
  anomalies.push(...(await findClimbs(deps, memory, nowMs)))
  const told = await withOrigins(deps, memory, anomalies, nowMs, () => deadline(ORIGINS_MS))
  await writeResults(deps, memory, { verdicts, anomalies: told, cursorMs: changes.cursorMs }, nowMs)
  for (const [id, w] of memory.watched) {
    if (!w.verdict?.final || w.dirty) continue
    memory.watched.delete(id)
    memory.windows.forget(id)
  }
  forgetSilent(memory, nowMs)
  return { judged: due.length, verdicts: verdicts.length, anomalies: anomalies.length }
}

/** After a start: what was open, and up to which minute each service was watched. */
async function recall(deps: Deps, memory: Memory, nowMs: number): Promise<void> {
  for (const a of await anomaliesToFollow(deps.store, [])) memory.open.set(a.id, a)
  const all = JSON.parse((await getCursor(deps.state, ROLLED)) ?? '[]') as [string, number][]
  const rolled = all.filter(([, minute]) => minute > nowMs / 60_000 - ROLLED_MINUTES)
  memory.rolledTo = new Map(rolled)
  memory.linesRolledTo = new Map(rolled)
  memory.climbedTo = new Map(rolled)
}

async function judgeAll(
  deps: Deps,
  memory: Memory,
  due: readonly Due[],
  nowMs: number,
): Promise<{ verdicts: Verdict[]; anomalies: Anomaly[] }> {
  const verdicts: Verdict[] = []
  const anomalies: Anomaly[] = []
  const spans = await spansFor(deps, due)
  for (const one of due) {
    const { deploy } = one.watched
    const window = memory.windows.get(deploy.id)
    if (!window) {
      one.watched.dirty = true
      continue
    }
    try {
      const seen = await look(deps, memory, window, one, excludedFor(spans, one), nowMs)
      if (seen.verdict) verdicts.push(seen.verdict)
      anomalies.push(...seen.anomalies)
    } catch (error) {
      one.watched.dirty = true
      deps.log.error(
        { event: 'judge_failed', deploy: deploy.id, error: short(String((error as Error).stack), 2000) },
        'a deploy could not be judged',
      )
    }
    await yieldToLoop()
  }
  return { verdicts, anomalies }
}

async function spansFor(deps: Deps, due: readonly Due[]): Promise<AnomalySpan[]> {
  if (due.length === 0) return []
  const spans = due.map((d) => spanOf(d.watched.deploy, deps.config.watchMinutes))
  return anomalySpans(deps.store, {
    services: [...new Set(due.map((d) => d.watched.deploy.service))],
    fromMs: Math.min(...spans.map((s) => s.from)) * 60_000,
    toMs: Math.max(...spans.map((s) => s.to)) * 60_000,
  })
}

/** Minutes in which the service was anomalous for another reason than this deploy. */
function excludedFor(spans: readonly AnomalySpan[], { watched: { deploy } }: Due): Set<number> {
  const pair = pairOf(deploy.service, deploy.environment)
  const minutes = new Set<number>()
  for (const s of spans) {
    if (pairOf(s.service, s.environment) !== pair || s.deploy_id === deploy.id) continue
    for (let m = Math.floor(s.from_ms / 60_000); m * 60_000 < s.to_ms; m++) minutes.add(m)
  }
  return minutes
}
