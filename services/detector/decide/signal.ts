import type { BaselineKind, Finding, SignalName } from '../../../shared/model/verdict.ts'
import type { Judgement, Kind } from '../judge/index.ts'

/** One judged signal of a deploy, with what a finding about it would say. */
export type Signal = {
  name: SignalName
  dimension: string
  /** What `dimension` stands for, where that is an id. */
  label?: string
  kind: Kind
  judgement: Judgement
  /** False for changes that are worth knowing and hurt nobody: a new route, a new dependency. */
  canHarm: boolean
  baseline: BaselineKind
  /** Slots of the baseline, where they are not all of the frame's. */
  slots?: number[]
  /** Built only when it is needed. */
  finding: () => Pick<
    Finding,
    'unit' | 'observed' | 'expected' | 'lower' | 'upper' | 'effect' | 'effect_unit' | 'direction' | 'reason' | 'sql'
    // `end`: the slot in which it ends (exclusive), where that is not the last one with traffic.
  > & { onset: number; end?: number; quantile?: number }
}

export const signalId = (s: { name: string; dimension: string }): string => `${s.name} ${s.dimension}`

/** The same judgement, not held against the deploy, and why. */
export const dismissed = (j: Judgement, reason: string): Judgement => ({
  ...j,
  judgement: 'pass',
  worse: false,
  reason,
  pValue: 1,
  score: Math.min(j.score, 0.4),
})

export const percent = (x: number): string => `${digits(100 * x)} %`
export const points = (x: number): string => `${x >= 0 ? '+' : '-'}${digits(Math.abs(100 * x))} points`
export const relative = (x: number): string => `${x >= 0 ? '+' : '-'}${digits(Math.abs(100 * x))} %`

/** A length of time as a sentence has it: '1 minute', '45 minutes', '3 hours', '5 days'. */
export function minutesText(minutes: number): string {
  const [n, unit] =
    minutes < 90
      ? [Math.round(minutes), 'minute']
      : minutes < 36 * 60
        ? [Math.round(minutes / 60), 'hour']
        : [Math.round(minutes / 1440), 'day']
  return `${n} ${unit}${n === 1 ? '' : 's'}`
}

/** When a minute was, seen from the deploy's: '12 minutes before this deploy', 'with this deploy', '3 minutes after it'. */
export function fromDeployText(minute: number, deployMinute: number): string {
  const after = minute - deployMinute
  if (after === 0) return 'with this deploy'
  return after < 0 ? `${minutesText(-after)} before this deploy` : `${minutesText(after)} after this deploy`
}

export const msText = (x: number): string => (x >= 10_000 ? `${digits(x / 1000)} s` : `${digits(x)} ms`)

/** Three digits, without the zeros that say nothing. */
export function digits(x: number): string {
  if (x === 0) return '0'
  if (Math.abs(x) >= 100) return Math.round(x).toString()
  return Number(x.toPrecision(3)).toString()
}
