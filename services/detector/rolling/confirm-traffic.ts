import type { Finding } from '../../../shared/model/verdict.ts'
import { findingOf } from '../decide/finding.ts'
import type { Frame } from '../decide/frame.ts'
import { bestSplit, meanGains } from '../decide/onset.ts'
import type { Day } from '../decide/season.ts'
import { throughputSignal } from '../decide/series.ts'
import { type Signal, signalId } from '../decide/signal.ts'
import { silence } from '../decide/silence.ts'
import { combine, type Sensitivity } from '../judge/index.ts'
import { seriesOf, type Window } from '../window/window.ts'
import { frameAt } from './confirm.ts'

/** How far back a change may have begun that is only noticed now, and how long it must have lasted. */
const LOOK_BACK = 60
const LAST_MINUTES = 5
const MAX_P = 1e-4
/** An earlier day that moved by half as much, in logarithms, has the same course; days differ. */
const ALIKE = 0.5
/** Minutes of an earlier day that say what it was like before. */
const DAY_BEFORE_MINUTES = 60
/** A day on which it had less than a tenth of today's requests at this time: it is not always there. */
const IDLE_SHARE = 0.1
/** Keeps logarithms of no requests finite: far below any rate that is looked at. */
const LEAST_RATE = 0.1

type Question = { minute: number; earlier: readonly Day[]; sensitivity: Sensitivity }

/**
 * A service that has had no request since the epoch minute `since`, though it had them in every minute of the hours before; null where any
 * earlier day fell silent at this time too, or was idle. Pure.
 */
export function confirmSilence(window: Window, o: Question & { since: number }): Finding | null {
  const start = o.since - window.fromMinute
  const frame = { ...frameAt(window, start, start, new Set()), earlier: o.earlier }
  const [signal] = silence(frame, { closedMinute: o.minute, othersAlive: true, since: '' })
  if (!signal) return null
  const was = signal.judgement.expected
  const idle = days(frame, 1).some((day) => day.before < IDLE_SHARE * was)
  return idle || seenBefore(frame, o.minute + 1 - o.since, { was, now: 0 }) ? null : told(frame, signal, o)
}

/**
 * Traffic of a service that fell or rose by a factor within the last hour; null where the judge does not stand behind it, or any earlier day did
 * the same at this time. A fall is harmful. Pure.
 */
export function confirmTraffic(window: Window, o: Question): Finding | null {
  const end = o.minute + 1 - window.fromMinute
  const routes = seriesOf(window, 'route')
  const line = Array.from({ length: end }, (_, slot) => ({ n: 1, mean: requestsIn(routes, slot) }))
  const start = bestSplit(meanGains(line).slice(0, end - LAST_MINUTES + 1), Math.max(0, end - LOOK_BACK)).at
  if (end - start < LAST_MINUTES) return null
  const frame = { ...frameAt(window, start, end, new Set()), earlier: o.earlier }
  const signal = throughputSignal(frame, o.sensitivity)
  if (!signal || signal.judgement.pValue > MAX_P) return null
  const { observed: now, expected: was } = signal.finding()
  return seenBefore(frame, end - start, { was, now }) ? null : told(frame, signal, o)
}

function told(frame: Frame, signal: Signal, o: { sensitivity: Sensitivity }): Finding | null {
  const judged = { signal: signalId(signal), kind: signal.kind, judgement: signal.judgement }
  const [found] = combine([judged], o).findings
  return found ? findingOf(frame, signal, found) : null
}

/** Requests a minute of each earlier day: in the hour before the same minute, and in as many minutes from it on. */
const days = (frame: Frame, minutes: number): { before: number; after: number }[] =>
  frame.earlier.map(({ window, backMin }) => {
    const start = frame.start + frame.window.fromMinute - backMin - window.fromMinute
    const routes = seriesOf(window, 'route')
    const rate = (from: number, to: number) => {
      let n = 0
      for (let slot = Math.max(0, from); slot < to; slot++) n += requestsIn(routes, slot)
      return n / Math.max(1, to - Math.max(0, from))
    }
    return { before: rate(start - DAY_BEFORE_MINUTES, start), after: rate(start, start + minutes) }
  })

/** One such day is enough: a Saturday is like the last one, and not like the Friday between. */
function seenBefore(frame: Frame, minutes: number, { was, now }: { was: number; now: number }): boolean {
  const moved = (from: number, to: number) => Math.log((to + LEAST_RATE) / (from + LEAST_RATE))
  const change = moved(was, now)
  return days(frame, minutes).some((day) => moved(day.before, day.after) / change >= ALIKE)
}

const requestsIn = (routes: readonly { total: Float64Array }[], slot: number): number =>
  routes.reduce((n, s) => n + (s.total[slot] ?? 0), 0)
