import type { SignalName } from '../../../shared/model/verdict.ts'
import type { Judgement } from '../judge/index.ts'
import { keysOf } from '../window/window.ts'
import { sumCounts } from './errors.ts'
import { type Frame, type Track, track } from './frame.ts'
import { digits, type Signal } from './signal.ts'
import { rateSql } from './sql.ts'

/** Minutes of history before anything is called new. */
export const HISTORY_MINUTES = 30
/** Routes and dependencies looked at, the busiest first. */
const MAX_KEYS = 400
/** Seen this often since the deploy, to be called new. */
const NEW_COUNT = 5
/** Expected this often since the deploy, to be missed: none seen has then probability e^-20 under Poisson. */
export const EXPECTED_COUNT = 20
/** A key that came and went in the baseline is not missed: it was there in this share of minutes. */
export const STEADY_SHARE = 0.8
/** What is new of at least this share of the size of what is gone may be the same under another name. */
const RENAMED_SHARE = 0.5

type StructureCell = 'route' | 'edge' | 'pattern'

const NAMES: Record<StructureCell, { fresh: SignalName; gone: SignalName; what: string }> = {
  route: { fresh: 'route_new', gone: 'route_vanished', what: 'route' },
  edge: { fresh: 'dependency_new', gone: 'dependency_vanished', what: 'dependency' },
  pattern: { fresh: 'log_pattern_new', gone: 'log_pattern_vanished', what: 'log pattern' },
}

/**
 * Routes and dependencies (services, hosts) that came or went with the deploy. A route that is gone while the service serves is
 * held against it, unless one of the same size came; the rest is shown.
 */
export function structureSignals(frame: Frame, cell: 'route' | 'edge'): Signal[] {
  if (frame.baseline.length < HISTORY_MINUTES || frame.end <= frame.from) return []
  const whole = track(frame, 'route', null)
  if (sumCounts(whole.current).total === 0 || sumCounts(whole.baseline).total === 0) return []
  const keys = keysOf(frame.index.all.get(cell) ?? []).filter((key) => key !== '(other)')
  const fresh: Signal[] = []
  const gone: Signal[] = []
  for (const key of keys.slice(0, MAX_KEYS)) {
    const t = track(frame, cell, key)
    const now = sumCounts(t.current).total
    if (sumCounts(t.baseline).total === 0 && now >= NEW_COUNT)
      fresh.push(signal(frame, { cell, key, label: key }, t, now, 0))
    const missed = goneSignal(frame, { cell, key, label: key }, t, whole)
    if (missed) gone.push(missed)
  }
  const came = fresh.reduce((n, s) => n + s.judgement.observed, 0)
  const renamed = (s: Signal) => came >= RENAMED_SHARE * s.judgement.expected
  return [...fresh, ...gone.map((s) => (renamed(s) ? { ...s, canHarm: false } : s))]
}

type Key = { cell: StructureCell; key: string; label: string }

/** That a key is seen no more, where it was there all the time and `whole` goes on; else null. */
export function goneSignal(frame: Frame, of: Key, t: Track, whole: Track): Signal | null {
  if (sumCounts(t.current).total > 0) return null
  const expected = (sumCounts(t.baseline).total / sumCounts(whole.baseline).total) * sumCounts(whole.current).total
  const minutes = t.baseline.filter((c) => c.total > 0).length
  if (expected < EXPECTED_COUNT || minutes < STEADY_SHARE * t.baseline.length) return null
  return signal(frame, of, t, 0, expected)
}

function signal(frame: Frame, { cell, key, label }: Key, t: Track, now: number, expected: number): Signal {
  const minutes = frame.end - frame.from
  const direction = now > 0 ? 'new' : 'vanished'
  const { what, fresh, gone } = NAMES[cell]
  const was = sumCounts(t.baseline).total / Math.max(1, frame.baseline.length)
  const name = cell === 'pattern' ? `"${label}"` : key
  const reason =
    direction === 'new'
      ? `${what} ${name} is new: ${digits(now)} in ${minutes} minutes, none in ${frame.baseline.length} minutes before`
      : `${what} ${name} is gone: none in ${minutes} minutes, about ${digits(expected)} expected`
  return {
    name: direction === 'new' ? fresh : gone,
    dimension: key,
    ...(cell === 'pattern' ? { label } : {}),
    kind: cell === 'pattern' ? 'log' : 'throughput',
    canHarm: direction === 'vanished' && cell === 'route',
    baseline: 'before',
    judgement: judgementOf(direction, now, expected, frame, reason),
    finding: () => ({
      unit: 'per_minute',
      onset: frame.from,
      observed: now / minutes,
      expected: was,
      lower: direction === 'new' ? 0 : was * 0.5,
      upper: direction === 'new' ? 0 : was * 1.5,
      effect: direction === 'new' ? now / minutes : -1,
      effect_unit: direction === 'new' ? 'absolute' : 'relative',
      direction,
      reason,
      sql: rateSql(frame, { cell, is: key }, frame.from, 'before'),
    }),
  }
}

function judgementOf(
  direction: 'new' | 'vanished',
  now: number,
  expected: number,
  frame: Frame,
  reason: string,
): Judgement {
  // Poisson: none seen where `expected` were due; new: `now` seen where at most one in the whole baseline could have been due
  const due = (frame.end - frame.from) / Math.max(1, frame.baseline.length)
  const pValue = direction === 'vanished' ? Math.exp(-expected) : Math.min(1, due ** Math.min(now, 20))
  return {
    judgement: direction === 'vanished' ? 'low' : 'high',
    worse: direction === 'vanished',
    reason,
    observed: now,
    expected,
    lower: 0,
    upper: 0,
    effect: now - expected,
    effectUnit: 'absolute',
    pValue,
    score: 0.6,
    n: { baseline: frame.baseline.length, current: frame.end - frame.from },
    power: { smallestEffect: null, needs: null },
    method: direction === 'vanished' ? 'vanished' : 'count-exact',
  }
}
