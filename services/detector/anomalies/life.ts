import type { Anomaly } from '../../../shared/model/anomaly.ts'
import type { Deploy } from '../../../shared/model/deploy.ts'
import type { Finding, Verdict } from '../../../shared/model/verdict.ts'
import type { Level } from './level.ts'

const iso = (minute: number): string => new Date(minute * 60_000).toISOString()

export type LifeInput = {
  deploy: Deploy
  verdict: Verdict
  /** Anomalies of this deploy so far, by id. */
  known: ReadonlyMap<string, Anomaly>
  idOf: (finding: Finding) => string
  levelOf: (anomaly: Anomaly) => Level
  nowMs: number
}

/** The anomalies of a deploy after one look at it; only those that changed. Pure. */
export function liveOf(o: LifeInput): Anomaly[] {
  const harmful = o.verdict.verdict === 'regressed' ? o.verdict.findings.filter((f) => f.harmful) : []
  const found = new Map(harmful.map((f) => [o.idOf(f), f]))
  const changed: Anomaly[] = []
  for (const [id, finding] of found) {
    const before = o.known.get(id)
    const next = advance(id, finding, before, o)
    if (!before || differs(before, next)) changed.push(next)
  }
  for (const [id, before] of o.known) {
    if (found.has(id) || before.state === 'closed') continue
    const level = o.levelOf(before)
    if (level.state === 'back') changed.push(close(before, level, o))
    else if (o.verdict.verdict !== 'regressed' && o.verdict.verdict !== 'pending')
      changed.push({
        ...before,
        state: 'closed',
        ended_at: o.verdict.window.current.to,
        evidence: { ...before.evidence, closed_reason: 'with more data it is no longer found' },
        updated_at: new Date(o.nowMs).toISOString(),
      })
  }
  return changed
}

function advance(id: string, finding: Finding, before: Anomaly | undefined, o: LifeInput): Anomaly {
  const fresh = anomalyOf(id, finding, o)
  // When it began is what was said first: later looks only sharpen the numbers.
  const now: Anomaly = before ? { ...fresh, started_at: earlier(before.started_at, fresh.started_at) } : fresh
  const level = o.levelOf(now)
  if (level.state === 'back') return close(before?.state === 'closed' ? before : now, level, o)
  if (before?.state === 'closed' && level.state !== 'away') return before
  return now
}

/** Times in ISO 8601 in UTC are in order as text. */
const inOrder = (a: string, b: string) => (a > b ? ([b, a] as const) : ([a, b] as const))
const earlier = (a: string, b: string) => inOrder(a, b)[0]
const later = (a: string, b: string) => inOrder(a, b)[1]

/** Closes what is back; what is closed already stays as it is. */
function close(a: Anomaly, level: Level, o: { nowMs: number }): Anomaly {
  if (a.state === 'closed') return a
  const ended = iso(level.backSince ?? Math.floor(o.nowMs / 60_000))
  return {
    ...a,
    state: 'closed',
    ended_at: later(ended, a.started_at),
    evidence: {
      ...a.evidence,
      closed_reason: level.replaced
        ? 'the version no longer receives requests, and its successor is back at the expected level'
        : 'back at the expected level',
    },
    updated_at: new Date(o.nowMs).toISOString(),
  }
}

/** An anomaly that nobody judges any more is closed when its level is back. Null where it stays. */
export function follow(a: Anomaly, level: Level, nowMs: number): Anomaly | null {
  return a.state === 'open' && level.state === 'back' ? close(a, level, { nowMs }) : null
}

function anomalyOf(id: string, f: Finding, o: LifeInput): Anomaly {
  return {
    id,
    service: o.deploy.service,
    environment: o.deploy.environment,
    signal: f.signal,
    dimension: f.dimension,
    direction: f.direction,
    harmful: f.harmful,
    state: 'open',
    started_at: f.started_at,
    ended_at: null,
    observed: f.observed,
    expected: f.expected,
    lower: f.lower,
    upper: f.upper,
    unit: f.unit,
    effect: f.effect,
    effect_unit: f.effect_unit,
    p_value: f.p_value,
    score: f.score,
    deploy: { id: o.deploy.id, version: o.deploy.version, commit: o.deploy.commit, commits: o.verdict.commits.commits },
    suspects: o.verdict.suspects,
    evidence: { finding: f, closed_reason: null },
    updated_at: new Date(o.nowMs).toISOString(),
  }
}

export const differs = <T extends { updated_at: string }>(a: T, b: T): boolean =>
  JSON.stringify({ ...a, updated_at: '' }) !== JSON.stringify({ ...b, updated_at: '' })
