import type { Anomaly } from '../../../shared/model/anomaly.ts'
import type { Finding } from '../../../shared/model/verdict.ts'
import { digits, minutesText, msText, relative } from '../decide/signal.ts'
import { ALPHA, scoreOf } from '../judge/kinds.ts'
import type { Sensitivity } from '../judge/types.ts'
import { BLOCK_MINUTES, type Climb } from './climb.ts'
import { type Climber, climbSql } from './climb-sql.ts'

/** How findings of a climb are marked. The minutes of a climb are no outage: they may serve as a baseline, and hide nothing else. */
const CLIMB = 'climb'
export const isClimb = (a: Pick<Anomaly, 'evidence'>): boolean => a.evidence.finding.method === CLIMB

const iso = (minute: number): string => new Date(minute * 60_000).toISOString()

/** A climb as the document says it. `before`: levels of the half hours before it, from the minute `since` on. Pure. */
export function climbFinding(
  of: Climber,
  climb: Climb,
  o: { before: readonly number[]; since: number; sensitivity: Sensitivity },
): Finding {
  const [lower, upper] = [Math.min(...o.before), Math.max(...o.before)]
  const text = of.metric ? digits : msText
  const name = of.metric ? `metric ${of.metric.name}` : '95th percentile of latency'
  const effect = climb.last / climb.first - 1
  return {
    signal: of.metric ? 'metric' : 'latency',
    dimension: of.metric?.name ?? '(all)',
    direction: 'up',
    harmful: true,
    unit: of.metric ? of.metric.unit || 'value' : 'ms',
    observed: climb.last,
    expected: climb.first,
    lower,
    upper,
    effect,
    effect_unit: 'relative',
    p_value: climb.pValue,
    q_value: climb.pValue,
    score: scoreOf(climb.pValue, ALPHA[o.sensitivity]),
    n: { baseline: o.before.length, current: climb.blocks },
    baseline: 'before',
    window: {
      baseline: { from: iso(o.since), to: iso(climb.from) },
      current: { from: iso(climb.from), to: iso(climb.to) },
    },
    started_at: iso(climb.from),
    method: CLIMB,
    reason: `${name} has climbed for ${minutesText(climb.to - climb.from)} without levelling off: ${text(climb.last)} in the last half hour, against ${text(climb.first)} in the first: ${relative(effect)}; the ${minutesText(climb.from - o.since)} before reached ${text(upper)}`,
    ...(of.metric ? {} : { quantile: 0.95 }),
    exemplar_trace_ids: [],
    top_attributes: [],
    sql: climbSql(of, climb.from, climb.to, BLOCK_MINUTES),
  }
}
