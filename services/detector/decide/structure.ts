import type { SignalName } from '../../../shared/model/verdict.ts'
import type { Judgement } from '../judge/index.ts'
import { keysOf } from '../window/window.ts'
import { sumCounts } from './errors.ts'
import { type Frame, track } from './frame.ts'
import { digits, type Signal } from './signal.ts'
import { rateSql } from './sql.ts'

/** Minutes of history before anything is called new. */
const HISTORY_MINUTES = 30
/** Seen this often since the deploy, to be called new. */
const NEW_COUNT = 5
/** Expected this often since the deploy, to be missed: none seen has then probability e^-20 under Poisson. */
const EXPECTED_COUNT = 20
/** A key that came and went in the baseline is not missed: it was there in this share of minutes. */
const STEADY_SHARE = 0.8

const NAMES: Record<'route' | 'edge' | 'pattern', { fresh: SignalName; gone: SignalName; what: string }> = {
  route: { fresh: 'route_new', gone: 'route_vanished', what: 'route' },
  edge: { fresh: 'dependency_new', gone: 'dependency_vanished', what: 'dependency' },
  pattern: { fresh: 'log_pattern_new', gone: 'log_pattern_vanished', what: 'log pattern' },
}
const TABLES = {
  route: { table: 'rollup_routes', value: 'requests', key: 'route' },
  edge: { table: 'rollup_edges', value: 'requests', key: 'peer' },
  pattern: { table: 'rollup_log_patterns', value: 'count', key: 'pattern_id' },
} as const

/** Routes, dependencies and log patterns that came or went with the deploy. A new pattern hurts nobody by itself: that errors are logged more often, log_error_rate tells. */
export function structureSignals(frame: Frame, cell: 'route' | 'edge' | 'pattern'): Signal[] {
  if (frame.baseline.length < HISTORY_MINUTES || frame.end <= frame.from) return []
  const all = track(frame, 'route', null)
  const nowAll = sumCounts(all.current).total
  const wasAll = sumCounts(all.baseline).total
  if (nowAll === 0 || wasAll === 0) return []
  const series = frame.index.all.get(cell) ?? []
  const found: Signal[] = []
  let fresh = 0
  for (const key of keysOf(series).slice(0, 400)) {
    if (key === '(other)') continue
    const t = track(frame, cell, key)
    const now = sumCounts(t.current).total
    const was = sumCounts(t.baseline).total
    const expected = (was / wasAll) * nowAll
    if (was === 0 && now >= NEW_COUNT) {
      fresh += now
      found.push(signal(frame, cell, key, 'new', now, 0))
    } else if (
      cell !== 'pattern' &&
      now === 0 &&
      expected >= EXPECTED_COUNT &&
      steady(t.baseline.map((c) => c.total))
    ) {
      found.push(signal(frame, cell, key, 'vanished', 0, expected))
    }
  }
  // Where something of the same size came, it was renamed, not lost.
  return found.map((s) =>
    s.canHarm && s.name.endsWith('vanished') && fresh >= 0.5 * s.judgement.expected ? { ...s, canHarm: false } : s,
  )
}

const steady = (totals: readonly number[]) => totals.filter((n) => n > 0).length >= STEADY_SHARE * totals.length

function signal(
  frame: Frame,
  cell: 'route' | 'edge' | 'pattern',
  key: string,
  direction: 'new' | 'vanished',
  now: number,
  expected: number,
): Signal {
  const minutes = frame.end - frame.from
  const name = NAMES[cell][direction === 'new' ? 'fresh' : 'gone']
  const { what } = NAMES[cell]
  const before = track(frame, cell, key)
  const was = sumCounts(before.baseline).total / Math.max(1, frame.baseline.length)
  const reason =
    direction === 'new'
      ? `${what} ${key} is new: ${digits(now)} in ${minutes} minutes, none in ${frame.baseline.length} minutes before`
      : `${what} ${key} is gone: none in ${minutes} minutes, about ${digits(expected)} expected`
  return {
    name,
    dimension: key,
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
      sql: rateSql(frame, { ...TABLES[cell], is: key }, frame.from, 'before'),
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
