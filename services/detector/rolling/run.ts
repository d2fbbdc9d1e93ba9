import { createHash } from 'node:crypto'
import type { Anomaly } from '../../../shared/model/anomaly.ts'
import type { Deploy } from '../../../shared/model/deploy.ts'
import type { Finding } from '../../../shared/model/verdict.ts'
import { listDeploys } from '../../../shared/state/deploys.ts'
import { listCalls } from '../../../shared/store/rollups.ts'
import { isChange } from '../attribution/around.ts'
import { pairOf } from '../clocks.ts'
import { evidenceFor } from '../evidence/evidence.ts'
import type { Deps, Memory } from '../memory.ts'
import { downstream, rankSuspects } from '../suspects.ts'
import { isClimb } from './climb-finding.ts'
import { confirm } from './confirm.ts'
import type { Line } from './lines.ts'

export const BEFORE_MINUTES = 240
export const AHEAD_MINUTES = 60
/** Closer looks at one service in one pass; an import has many unusual minutes. */
const MAX_LOOKS = 12
/** Services looked at closer in one pass: what lasts is seen a minute later. */
const MAX_SERVICES = 25
/** A change waits this long for the verdict of a deploy among the services it calls. */
const WAIT_MINUTES = 5
/** A deploy this near may be the cause. */
const NEAR_MINUTES = 60
const SAME_CHANGE_MINUTES = 10
/** What this look can find: one of these is open at a time, and says that the service's requests are not what they were. */
const OF_REQUESTS: ReadonlySet<Anomaly['signal']> = new Set(['error_ratio', 'latency'])

/** Opens anomalies that no deploy of their service explains. What is open is closed where all anomalies are followed. */
export async function findRolling(
  deps: Deps,
  memory: Memory,
  pairs: Iterable<string>,
  nowMs: number,
): Promise<Anomaly[]> {
  const opened: Anomaly[] = []
  let looks = 0
  for (const pair of pairs) {
    const line = memory.lines.lines.get(pair)
    const closed = memory.clocks.closedMinute(pair, nowMs)
    if (!line || closed === null || memory.clocks.importing(pair, nowMs)) continue
    const silentUntil = memory.rolledTo.get(pair) ?? 0
    const due = memory.triggers.feed(pair, line, closed).filter((m) => m > silentUntil)
    memory.rolledTo.set(pair, Math.max(silentUntil, closed))
    if (due.length === 0 || looks >= MAX_SERVICES) continue
    looks += 1
    opened.push(...(await lookCloser(deps, memory, line, spread(due), nowMs)))
  }
  return opened
}

/** The first minutes of each run, and the last of all: a change is confirmed soon after it began. */
function spread(due: readonly number[]): number[] {
  const picked = due.filter((m, i) => i === due.length - 1 || !due.includes(m - 1) || (m - due[0]!) % 5 === 0)
  return picked.length <= MAX_LOOKS ? picked : [...picked.slice(0, MAX_LOOKS - 1), picked.at(-1)!]
}

async function lookCloser(
  deps: Deps,
  memory: Memory,
  line: Line,
  minutes: readonly number[],
  nowMs: number,
): Promise<Anomaly[]> {
  const { service, environment } = line
  const pair = pairOf(service, environment)
  const id = `rolling\n${pair}`
  const opened: Anomaly[] = []
  for (const minute of minutes) {
    const isOpen = [...memory.open.values(), ...opened].some(
      (a) => OF_REQUESTS.has(a.signal) && !isClimb(a) && pairOf(a.service, a.environment) === pair,
    )
    if (isOpen || (await explained(deps, memory, line, minute))) continue
    const hour = Math.floor(minute / 60) * 60
    await memory.windows.load(
      [{ id, service, environment, from: hour - BEFORE_MINUTES, to: hour + AHEAD_MINUTES }],
      ['route'],
    )
    const window = memory.windows.get(id)
    if (!window) continue
    const [finding] = confirm(window, minute, new Set(), deps.config.sensitivity)
    if (!finding) continue
    const anomaly = await anomalyOf(deps, memory, line, finding, nowMs)
    if (anomaly) opened.push(anomaly)
  }
  return opened
}

/**
 * While a deploy of the service is watched, its verdict says what there is to say, unless that is that it was another's doing. The first
 * deploy ever has none.
 */
export async function explained(
  deps: Deps,
  memory: Memory,
  { service, environment }: Pick<Line, 'service' | 'environment'>,
  minute: number,
): Promise<boolean> {
  const fromMs = (minute - deps.config.watchMinutes) * 60_000
  const { items } = await listDeploys(deps.state, {
    service,
    environment,
    fromMs,
    toMs: (minute + 1) * 60_000,
    limit: 20,
  })
  return items.some((d) => isChange(d) && !isExcused(memory, d))
}

/** Something was found since the deploy, and not held against it. */
function isExcused(memory: Memory, d: Deploy): boolean {
  const verdict = memory.watched.get(d.id)?.verdict
  return verdict?.verdict === 'no_difference' && verdict.suspects.length > 0
}

/** The anomaly of a finding without a deploy of its service; null while the verdict on a deploy that may be the cause is awaited. */
export async function anomalyOf(
  deps: Deps,
  memory: Memory,
  line: Pick<Line, 'service' | 'environment'>,
  finding: Finding,
  nowMs: number,
): Promise<Anomaly | null> {
  const { service, environment } = line
  const onsetMs = Date.parse(finding.started_at)
  const calls = await listCalls(deps.store, { environment, fromMs: onsetMs - 3_600_000, toMs: onsetMs + 600_000 })
  const { items } = await listDeploys(deps.state, {
    environment,
    fromMs: onsetMs - NEAR_MINUTES * 60_000,
    toMs: onsetMs + 120_000,
    limit: 200,
  })
  const near = items.filter(isChange)
  const guilty = guiltyOf(memory, near, service, calls, onsetMs)
  const waiting = near.some(
    (d) => downstream(service, calls).has(d.service) && memory.watched.get(d.id)?.verdict?.verdict === 'pending',
  )
  if (!guilty && waiting && nowMs - Date.parse(finding.window.current.to) < WAIT_MINUTES * 60_000) return null
  const regressed = new Set(guilty ? [guilty.id] : [])
  const cleared = new Map(near.filter((d) => isExcused(memory, d)).map((d) => [d.id, 'its verdict says why']))
  const suspects = rankSuspects({ service, onsetMs, near, calls, split: new Set(), regressed, cleared })
  const told = guilty
    ? `; ${guilty.service} ${guilty.version}, which it calls, regressed at the same time`
    : suspects.length > 0
      ? ''
      : '; no deploy nearby'
  const evidence = await evidenceFor(deps.store, { service, environment, build: null }, finding)
  const full: Finding = { ...finding, ...evidence, reason: `${finding.reason}${told}` }
  return {
    id: `a_${createHash('sha256')
      .update(JSON.stringify([service, environment, 'rolling', full.signal, full.dimension, full.started_at]))
      .digest('hex')
      .slice(0, 24)}`,
    service,
    environment,
    signal: full.signal,
    dimension: full.dimension,
    direction: full.direction,
    harmful: full.harmful,
    state: 'open',
    started_at: full.started_at,
    ended_at: null,
    observed: full.observed,
    expected: full.expected,
    lower: full.lower,
    upper: full.upper,
    unit: full.unit,
    effect: full.effect,
    effect_unit: full.effect_unit,
    p_value: full.p_value,
    score: full.score,
    deploy: guilty ? { id: guilty.id, version: guilty.version, commit: guilty.commit, commits: guilty.commits } : null,
    suspects,
    evidence: { finding: full, closed_reason: null },
    updated_at: new Date(nowMs).toISOString(),
  }
}

/** A deploy of a called service that regressed when this change began. */
function guiltyOf(
  memory: Memory,
  near: readonly Deploy[],
  service: string,
  calls: Parameters<typeof downstream>[1],
  onsetMs: number,
): Deploy | undefined {
  const below = downstream(service, calls)
  return near.find(
    (d) =>
      d.service !== service &&
      below.has(d.service) &&
      [...memory.open.values()].some(
        (a) => a.deploy?.id === d.id && Math.abs(Date.parse(a.started_at) - onsetMs) <= SAME_CHANGE_MINUTES * 60_000,
      ),
  )
}
