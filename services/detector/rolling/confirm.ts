import type { Finding } from '../../../shared/model/verdict.ts'
import { arrange } from '../decide/arrange.ts'
import { errorSignal } from '../decide/errors.ts'
import { findingOf } from '../decide/finding.ts'
import { type Frame, indexOf } from '../decide/frame.ts'
import { latencySignal } from '../decide/latency.ts'
import { bestSplit, countGains, meanGains } from '../decide/onset.ts'
import { type Signal, signalId } from '../decide/signal.ts'
import { combine, type Sensitivity } from '../judge/index.ts'
import { keysOf, seriesOf, type Window } from '../window/window.ts'

/** How far back a change may have begun that is only noticed now. */
const LOOK_BACK = 30
/** It must have lasted this long, with this much history before it. */
const LAST_MINUTES = 3
const HISTORY_MINUTES = 60
/** Nobody deployed anything, and every service is asked every minute: about one chance alarm in ten years of a service. */
const MAX_P = 1e-6
/** … and it must matter more than after a deploy: three more failures in a hundred requests, half as slow again. */
const ERROR_FLOOR = 0.03
const LATENCY_FLOOR = 0.5
const MAX_ROUTES = 50

/** What a service looks like now against its own last hours, without any deploy. Harmful findings only. Pure. */
export function confirm(
  window: Window,
  closedMinute: number,
  excluded: ReadonlySet<number>,
  sensitivity: Sensitivity,
): Finding[] {
  const end = closedMinute + 1 - window.fromMinute
  const routes = seriesOf(window, 'route')
  const keys = keysOf(routes).slice(0, MAX_ROUTES)
  const found: Finding[] = []
  for (const kind of ['errors', 'latency'] as const) {
    const start = Math.max(0, beginOf(window, end, kind))
    if (end - start < LAST_MINUTES) continue
    const frame = frameAt(window, start, end, excluded)
    if (frame.baseline.length < HISTORY_MINUTES) continue
    const signals: Signal[] =
      kind === 'errors'
        ? [null, ...keys].map((key) => errorSignal(frame, 'route', key, sensitivity))
        : keys.map((key) => latencySignal(frame, 'route', key, sensitivity))
    const byId = new Map(signals.map((s) => [signalId(s), s]))
    const combined = combine(
      signals.map((s) => ({ signal: signalId(s), kind: s.kind, judgement: s.judgement })),
      { sensitivity },
    )
    found.push(
      ...combined.findings
        .filter((f) => f.worse && f.judgement.pValue <= MAX_P)
        .map((f) => findingOf(frame, byId.get(f.signal)!, f)),
    )
  }
  return arrange(found.filter((f) => f.effect >= (f.unit === 'ratio' ? ERROR_FLOOR : LATENCY_FLOOR)))
}

/** The minute in which the service as a whole changed, looked for in the last half hour. */
function beginOf(window: Window, end: number, kind: 'errors' | 'latency'): number {
  const routes = seriesOf(window, 'route')
  const line = Array.from({ length: end }, (_, s) => {
    let [bad, total, sum] = [0, 0, 0]
    for (const r of routes) {
      bad += r.bad[s] ?? 0
      total += r.total[s] ?? 0
      sum += r.sum[s] ?? 0
    }
    return { bad, total, n: total, mean: total > 0 ? Math.log(sum / total + 1e-6) : 0 }
  })
  const gains = kind === 'errors' ? countGains(line) : meanGains(line)
  return bestSplit(gains.slice(0, end - LAST_MINUTES + 1), Math.max(0, end - LOOK_BACK)).at
}

/** The minutes `start` … `end` (exclusive) against all before them since the service was first seen, without the excluded ones (epoch minutes). */
export function frameAt(window: Window, start: number, end: number, excluded: ReadonlySet<number>): Frame {
  const routes = seriesOf(window, 'route')
  const total = (slot: number) => routes.reduce((n, s) => n + (s.total[slot] ?? 0), 0)
  const present = [...window.series.values()]
  const all = Array.from({ length: start }, (_, s) => s)
  const born = all.find((s) => present.some((x) => (x.total[s] ?? 0) > 0)) ?? start
  const baseline = all.filter((s) => s >= born && !excluded.has(s + window.fromMinute))
  const requests = (slots: readonly number[]) => slots.reduce((n, s) => n + total(s), 0)
  const current = Array.from({ length: end - start }, (_, i) => start + i)
  return {
    window,
    index: indexOf(window, null),
    build: null,
    builds: [],
    start,
    from: start,
    end,
    baseline,
    concurrent: false,
    requests: { baseline: requests(baseline), current: requests(current) },
    requestsSoFar: requests(current),
    requestsOfAll: requests(current),
    unseen: false,
    earlier: [],
    maskedBefore: new Map(),
  }
}
