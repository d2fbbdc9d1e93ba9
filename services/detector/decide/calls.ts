import type { Sensitivity } from '../judge/index.ts'
import { CALLS, keysOf } from '../window/window.ts'
import { sumCounts } from './errors.ts'
import { type Frame, track } from './frame.ts'
import { beganBefore, meanGains } from './onset.ts'
import { judgeAgain } from './prepared.ts'
import { RESOURCE_WARM_UP_MINUTES } from './series.ts'
import { digits, dismissed, type Signal } from './signal.ts'
import { callsSql } from './sql.ts'

/** Pairs of route and far side looked at, those with most calls first. */
const MAX_CALLS = 100
/** Minutes in which the route was served before a series of its calls is judged. */
const HISTORY_MINUTES = 60
/** One query for each row that another returned at least doubles the calls of a request, and adds a whole one. */
const GROWN = 2
const ADDED = 1
/** A mean over fewer requests is one of accidents. */
const LEAST_REQUESTS = 30

/**
 * Calls (queries, messages) that a request of a route makes to one far side: a loop that asks for each row by itself shows here
 * before it is slow. Young processes with cold caches ask more, and are judged when they are warm.
 */
export function callSignals(frame: Frame, sensitivity: Sensitivity): Signal[] {
  const from = frame.from + RESOURCE_WARM_UP_MINUTES
  if (frame.end <= from) return []
  return keysOf(frame.index.all.get('call') ?? [])
    .slice(0, MAX_CALLS)
    .map((key) => callSignal({ ...frame, from }, key, sensitivity))
    .filter((s) => s !== null)
}

function callSignal(frame: Frame, key: string, sensitivity: Sensitivity): Signal | null {
  const at = key.lastIndexOf(CALLS)
  const [route, peer] = [key.slice(0, at), key.slice(at + CALLS.length)]
  const [calls, requests] = [track(frame, 'call', key), track(frame, 'route', route)]
  const per = (side: 'baseline' | 'current' | 'beside') =>
    requests[side].map((c, i) => (c.total === 0 ? null : (calls[side][i]?.total ?? 0) / c.total))
  const baseline = per('baseline')
  const [asked, served] = [sumCounts(calls.baseline).total, sumCounts(requests.baseline).total]
  const [asks, serves] = [sumCounts(calls.current).total, sumCounts(requests.current).total]
  if (baseline.filter((v) => v !== null).length < HISTORY_MINUTES || asked === 0 || serves < LEAST_REQUESTS) return null
  const raw = judgeAgain(frame.window, `calls\n${frame.start}\n${key}`, {
    kind: 'metric',
    stepS: 60,
    baseline,
    current: per('current'),
    concurrent: frame.concurrent ? per('beside') : undefined,
    sensitivity,
  })
  const [was, now] = [asked / served, asks / serves]
  const grown = raw.judgement === 'high' && now >= GROWN * was && now - was >= ADDED
  const line = requests
    .line()
    .map((c, i) => ({ n: c.total, mean: (calls.line()[i]?.total ?? 0) / Math.max(1, c.total) }))
  const early = grown && beganBefore(meanGains(line), frame.start) !== null
  const moved = raw.judgement === 'high' || raw.judgement === 'low'
  const why = early ? 'it began before the deploy' : `less than ${GROWN} times as many and ${ADDED} more`
  return {
    name: 'calls_per_request',
    dimension: key,
    kind: 'metric',
    judgement: moved && (!grown || early) ? dismissed(raw, `${raw.reason}; ${why}`) : raw,
    canHarm: true,
    baseline: 'before',
    finding: () => ({
      unit: 'calls a request',
      onset: frame.from,
      observed: now,
      expected: was,
      lower: Math.min(raw.lower, was),
      upper: Math.max(raw.upper, was),
      effect: now / was - 1,
      effect_unit: 'relative',
      direction: 'up',
      reason: `requests to ${route} call ${peer} ${digits(now)} times each, against ${digits(was)} times before`,
      sql: callsSql(frame, route, peer, frame.from),
    }),
  }
}
