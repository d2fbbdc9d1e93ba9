import type { Finding, SignalName } from '../../../shared/model/verdict.ts'
import type { Day } from '../decide/season.ts'
import type { Sensitivity } from '../judge/index.ts'
import type { Memory } from '../memory.ts'
import type { Cell, Window } from '../window/window.ts'
import { confirmCounts } from './confirm-counts.ts'
import { confirmMetric } from './confirm-metric.ts'
import { failingStands, slowerStands } from './count-trigger.ts'
import type { CountLine } from './counts.ts'
import { stands, type ValueAt } from './metric-trigger.ts'
import type { MetricLine } from './metrics.ts'

/** One line of a service that is followed without a deploy, and what is asked of it. */
export type Candidate = {
  family: 'metrics' | 'counts'
  /** Of the anomaly that it would open. */
  signal: SignalName
  dimension: string
  /** The cheap first look. */
  stands: (minute: number) => boolean
  /** The judgement; null where nothing stands. */
  confirm: (window: Window, o: { minute: number; earlier: readonly Day[]; sensitivity: Sensitivity }) => Finding | null
}

/** What a family's judgement reads. */
export const CELLS: Record<Candidate['family'], readonly Cell[]> = {
  metrics: ['route', 'metric'],
  counts: ['route', 'edge', 'log'],
}

/** Everything of one service that is asked: its edges and log records, and its metrics. */
export const candidatesOf = (memory: Pick<Memory, 'counts' | 'metrics' | 'lines'>, pair: string): Candidate[] => [
  ...memory.counts.of(pair).flatMap(ofCounts),
  ...memory.metrics.of(pair).map((line) => ofMetric(memory, pair, line)),
]

function ofCounts({ cell, key, at }: CountLine): Candidate[] {
  const of = { family: 'counts' as const, dimension: key }
  const failing = (minute: number) => failingStands(at, minute)
  if (cell === 'log')
    return [
      {
        ...of,
        signal: 'log_error_rate',
        stands: failing,
        confirm: (window, o) => confirmCounts(window, { ...o, question: 'log', key }),
      },
    ]
  return [
    {
      ...of,
      signal: 'dependency_error_ratio',
      stands: failing,
      confirm: (window, o) => confirmCounts(window, { ...o, question: 'edge_errors', key }),
    },
    {
      ...of,
      signal: 'dependency_latency',
      stands: (minute) => slowerStands(at, minute),
      confirm: (window, o) => confirmCounts(window, { ...o, question: 'edge_latency', key }),
    },
  ]
}

function ofMetric(memory: Pick<Memory, 'lines'>, pair: string, line: MetricLine): Candidate {
  const valueAt = valuesOf(memory, pair, line)
  return {
    family: 'metrics',
    signal: 'metric',
    dimension: line.metric,
    stands: (minute) => stands(valueAt, minute),
    confirm: (window, o) => confirmMetric(window, { ...o, metric: line.metric, valueAt }),
  }
}

/** A metric by minute; a counter by request, where the service has any, as its verdicts compare it. */
function valuesOf(memory: Pick<Memory, 'lines'>, pair: string, { kind, values }: MetricLine): ValueAt {
  const served = memory.lines.lines.get(pair)?.points
  if (kind !== 'counter' || !served || served.size === 0) return (minute) => values.get(minute)
  return (minute) => {
    const [value, requests] = [values.get(minute), served.get(minute)?.requests ?? 0]
    return value === undefined || requests === 0 ? undefined : value / requests
  }
}
