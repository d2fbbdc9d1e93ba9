import type { Finding } from '../../../shared/model/verdict.ts'
import { findingOf } from '../decide/finding.ts'
import { bestSplit, meanGains } from '../decide/onset.ts'
import type { Day } from '../decide/season.ts'
import { metricSignal, RESOURCE } from '../decide/series.ts'
import { type Signal, signalId } from '../decide/signal.ts'
import { combine, type Sensitivity } from '../judge/index.ts'
import type { Window } from '../window/window.ts'
import { frameAt } from './confirm.ts'
import type { ValueAt } from './metric-trigger.ts'

/** How far back a change may have begun that is only noticed now, and how long it must have lasted. */
const LOOK_BACK = 30
const LAST_MINUTES = 5
/** A hundred metrics are asked every minute, each over and over: far beyond what a deploy needs (rolling false alarms in RESULTS.md). */
const MAX_P = 1e-4
/** More requests explain a metric that grew by no more than twice as much. */
const EXPLAINED_SHARE = 0.5

/**
 * What one metric of a service looks like now against its own last hours, without any deploy; null where nothing stands. `valueAt`: the
 * metric by epoch minute, for when it began; `earlier`: the same hours of earlier days, which excuse. Harmful is what the name of the metric
 * says is worse when higher and more requests do not explain; a resource alone hurts nobody. Pure.
 */
export function confirmMetric(
  window: Window,
  o: {
    metric: string
    valueAt: ValueAt
    minute: number
    earlier: readonly Day[]
    sensitivity: Sensitivity
  },
): Finding | null {
  const end = o.minute + 1 - window.fromMinute
  const line = Array.from({ length: end }, (_, s) => {
    const v = o.valueAt(window.fromMinute + s)
    return v === undefined ? { n: 0, mean: 0 } : { n: 1, mean: v }
  })
  const gains = meanGains(line)
  const start = bestSplit(gains.slice(0, end - LAST_MINUTES + 1), Math.max(0, end - LOOK_BACK)).at
  if (end - start < LAST_MINUTES) return null
  const frame = { ...frameAt(window, start, end, new Set()), earlier: o.earlier }
  const signal = metricSignal(frame, o.metric, o.sensitivity, 0)
  if (!signal || signal.judgement.pValue > MAX_P) return null
  const one: Signal = { ...signal, canHarm: signal.canHarm && !RESOURCE.test(o.metric) }
  const { findings } = combine([{ signal: signalId(one), kind: one.kind, judgement: one.judgement }], o)
  const [found] = findings
  if (!found) return null
  const finding = findingOf(frame, one, found)
  const growth =
    perMinute(frame.requests.current, end - start) / perMinute(frame.requests.baseline, frame.baseline.length) - 1
  const busier = finding.effect_unit === 'relative' && finding.effect > 0 && growth >= EXPLAINED_SHARE * finding.effect
  return busier
    ? { ...finding, harmful: false, reason: `${finding.reason}, with ${Math.round(100 * growth)} % more requests` }
    : finding
}

const perMinute = (requests: number, minutes: number): number => requests / Math.max(1, minutes)
