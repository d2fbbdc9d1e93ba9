import type { Finding } from '../../../shared/model/verdict.ts'
import { errorSignal } from '../decide/errors.ts'
import { errorLogs, logSignal } from '../decide/events.ts'
import { findingOf } from '../decide/finding.ts'
import { type Frame, track } from '../decide/frame.ts'
import { latencySignal } from '../decide/latency.ts'
import { bestSplit, countGains, meanGains } from '../decide/onset.ts'
import type { Day } from '../decide/season.ts'
import { digits, type Signal, signalId } from '../decide/signal.ts'
import { type Count, combine, type Sensitivity } from '../judge/index.ts'
import { seriesOf, type Window } from '../window/window.ts'
import { frameAt } from './confirm.ts'

/** How far back a change may have begun that is only noticed now, how long it must have lasted, and the history before it. */
const LOOK_BACK = 30
const LAST_MINUTES = 3
const HISTORY_MINUTES = 60
/** As for the requests of a service: nobody deployed, and every line is asked every minute. */
const MAX_P = 1e-6
/** Three more failures in a hundred calls, half as slow again … */
const FLOORS = { edge_errors: 0.03, edge_latency: 0.5, log: 0.05 } as const
/** … and of log records five more in a hundred, and twice as many a minute: their share rises too when the others become fewer. */
const MORE_ERROR_LINES = 2

export type CountQuestion = 'edge_errors' | 'edge_latency' | 'log'

/**
 * What the calls to one far side, or the log records of a service, look like now against their own last hours, without any deploy; null where
 * nothing stands. Harmful findings only. `earlier`: the same hours of earlier days, which excuse. Pure.
 */
export function confirmCounts(
  window: Window,
  o: {
    question: CountQuestion
    key: string
    minute: number
    earlier: readonly Day[]
    sensitivity: Sensitivity
  },
): Finding | null {
  const end = o.minute + 1 - window.fromMinute
  const start = beginOf(window, o, end)
  if (end - start < LAST_MINUTES) return null
  const frame = { ...frameAt(window, start, end, new Set()), earlier: o.earlier }
  if (frame.baseline.length < HISTORY_MINUTES) return null
  const signal = signalOf(frame, o)
  if (signal.judgement.pValue > MAX_P) return null
  const { findings } = combine([{ signal: signalId(signal), kind: signal.kind, judgement: signal.judgement }], o)
  const [found] = findings
  if (!found?.worse) return null
  const finding = findingOf(frame, signal, found)
  if (finding.effect < FLOORS[o.question]) return null
  return o.question === 'log' ? moreLines(frame, finding) : finding
}

function signalOf(frame: Frame, o: { question: CountQuestion; key: string; sensitivity: Sensitivity }): Signal {
  if (o.question === 'log') return logSignal(frame, o.sensitivity)
  return o.question === 'edge_errors'
    ? errorSignal(frame, 'edge', o.key, o.sensitivity)
    : latencySignal(frame, 'edge', o.key, o.sensitivity)
}

/** The slot in which the line changed, looked for in the last half hour. */
function beginOf(window: Window, o: { question: CountQuestion; key: string }, end: number): number {
  const whole = frameAt(window, 0, end, new Set())
  const gains =
    o.question === 'edge_latency'
      ? meanGains(latencies(window, o.key, end))
      : countGains((o.question === 'log' ? errorLogs(whole) : track(whole, 'edge', o.key)).line())
  return bestSplit(gains.slice(0, end - LAST_MINUTES + 1), Math.max(0, end - LOOK_BACK)).at
}

function latencies(window: Window, key: string, end: number): { n: number; mean: number }[] {
  const edges = seriesOf(window, 'edge').filter((s) => s.key === key)
  return Array.from({ length: end }, (_, slot) => {
    const n = edges.reduce((sum, s) => sum + (s.total[slot] ?? 0), 0)
    const ms = edges.reduce((sum, s) => sum + (s.sum[slot] ?? 0), 0)
    return { n, mean: n > 0 ? Math.log(ms / n + 1e-6) : 0 }
  })
}

/** The finding, where there are more error records a minute and not only fewer others. */
function moreLines(frame: Frame, finding: Finding): Finding | null {
  const line = errorLogs(frame).line()
  const onset = Math.floor(Date.parse(finding.started_at) / 60_000) - frame.window.fromMinute
  const now = perMinute(line.slice(onset, frame.end))
  const was = perMinute(frame.baseline.map((slot) => line[slot]!))
  if (now < MORE_ERROR_LINES * was) return null
  return { ...finding, reason: `${finding.reason}; ${digits(now)} a minute, against ${digits(was)}` }
}

const perMinute = (counts: readonly Count[]): number =>
  counts.reduce((n, c) => n + c.bad, 0) / Math.max(1, counts.length)
