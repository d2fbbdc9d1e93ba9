import type { Anomaly } from '../../../shared/model/anomaly.ts'
import type { Finding } from '../../../shared/model/verdict.ts'
import { pairOf } from '../clocks.ts'
import type { Deps, Memory } from '../memory.ts'
import { readSeasonal } from '../seasonal.ts'
import { signalKey } from '../write.ts'
import { type Candidate, CELLS, candidatesOf } from './candidates.ts'
import type { Line } from './lines.ts'
import { AHEAD_MINUTES, anomalyOf, BEFORE_MINUTES, explained } from './run.ts'

/** Services whose lines are judged in one pass, and lines of each: what lasts is seen a minute later. */
const MAX_SERVICES = 25
const MAX_LOOKS = 10
/** Anomalies of one family that one service has open at a time: what broke is told by the first few. */
const MAX_OPEN = 8
/** Minutes that one pass looks at, of those that arrived since the last: an import is looked at in its newest hours. */
const MAX_MINUTES = 360

/** Opens anomalies of edges, log records and metrics that no deploy of their service explains, and `no deploy nearby` said where none is. */
export async function findRollingLines(deps: Deps, memory: Memory, nowMs: number): Promise<Anomaly[]> {
  const opened: Anomaly[] = []
  let services = 0
  for (const pair of new Set([...memory.counts.pairs(), ...memory.metrics.pairs()])) {
    const closed = memory.clocks.closedMinute(pair, nowMs)
    if (closed === null || memory.clocks.importing(pair, nowMs)) continue
    const from = Math.max(memory.linesRolledTo.get(pair) ?? 0, closed - MAX_MINUTES) + 1
    memory.linesRolledTo.set(pair, closed)
    memory.rolledTo.set(pair, Math.max(memory.rolledTo.get(pair) ?? 0, closed))
    const due = dueOf(memory, pair, from, closed)
    if (due.length === 0 || services >= MAX_SERVICES) continue
    services += 1
    opened.push(...(await lookCloser(deps, memory, pair, due, nowMs)))
  }
  return opened
}

type Due = { candidate: Candidate; minute: number }

/** For each line the first and the last minute in which it stands out: a change is confirmed soon after it began, or when it has lasted. */
function dueOf(memory: Memory, pair: string, from: number, closed: number): Due[] {
  return candidatesOf(memory, pair).flatMap((candidate) => {
    const minutes = Array.from({ length: closed + 1 - from }, (_, i) => from + i).filter(candidate.stands)
    return [...new Set([...minutes.slice(0, 1), ...minutes.slice(-1)])].map((minute) => ({ candidate, minute }))
  })
}

async function lookCloser(
  deps: Deps,
  memory: Memory,
  pair: string,
  due: readonly Due[],
  nowMs: number,
): Promise<Anomaly[]> {
  const [service = '', environment = ''] = pair.split('\n')
  const open = new Map(
    [...memory.open.values()].filter((a) => pairOf(a.service, a.environment) === pair).map((a) => [idOf(a), a.signal]),
  )
  const full = ({ family }: Candidate) =>
    [...open.values()].filter((signal) => (signal === 'metric') === (family === 'metrics')).length >= MAX_OPEN
  const opened: Anomaly[] = []
  for (const { candidate, minute } of due.filter((d) => !open.has(idOf(d.candidate))).slice(0, MAX_LOOKS)) {
    if (full(candidate) || open.has(idOf(candidate))) continue
    if (await explained(deps, memory, { service, environment }, minute)) continue
    const finding = await judge(deps, memory, { service, environment }, candidate, minute)
    if (!finding || isOver(memory, { service, environment }, finding)) continue
    const anomaly = await anomalyOf(deps, memory, { service, environment }, finding, nowMs)
    if (!anomaly) continue
    open.set(idOf(anomaly), anomaly.signal)
    opened.push(anomaly)
  }
  return opened
}

/** It began before the last anomaly of its signal ended: the same one, seen once more. */
const isOver = (memory: Memory, of: Pick<Line, 'service' | 'environment'>, finding: Finding): boolean =>
  finding.started_at < (memory.ended.get(signalKey({ ...of, ...finding })) ?? '')

const idOf = (of: { signal: string; dimension: string }): string => `${of.signal}\n${of.dimension}`

async function judge(
  deps: Deps,
  memory: Memory,
  { service, environment }: Pick<Line, 'service' | 'environment'>,
  candidate: Candidate,
  minute: number,
) {
  const id = `rolling ${candidate.family}\n${pairOf(service, environment)}`
  const hour = Math.floor(minute / 60) * 60
  const span = { from: hour - BEFORE_MINUTES, to: hour + AHEAD_MINUTES }
  await memory.windows.load([{ id, service, environment, ...span }], CELLS[candidate.family])
  const window = memory.windows.get(id)
  if (!window) return null
  const of = { minute, sensitivity: deps.config.sensitivity }
  const found = candidate.confirm(window, { ...of, earlier: [] })
  if (!found) return null
  // Earlier days can only excuse: they are read when there is something to excuse.
  const day = { service, environment, started_at: found.started_at, first_seen_at: null }
  return candidate.confirm(window, { ...of, earlier: await readSeasonal(deps.store, day, deps.config.watchMinutes) })
}
