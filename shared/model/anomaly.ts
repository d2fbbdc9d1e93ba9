import type { Commit } from './deploy.ts'
import type { Finding, SignalName, Suspect } from './verdict.ts'

/** One signal of one service that differs from its baseline, from when to when, and which deploy it is tied to. */
export type Anomaly = {
  /** Deterministic: of service, environment, deploy, signal, dimension and the minute it began. */
  id: string
  service: string
  environment: string
  signal: SignalName
  dimension: string
  direction: 'up' | 'down' | 'new' | 'vanished'
  harmful: boolean
  state: 'open' | 'closed'
  started_at: string
  ended_at: string | null
  observed: number
  expected: number
  lower: number
  upper: number
  unit: string
  effect: number
  effect_unit: 'relative' | 'absolute'
  p_value: number
  score: number
  deploy: { id: string; version: string; commit: string; commits: Commit[] } | null
  suspects: Suspect[]
  /** Where it most likely began, best first; looked up when it opens. Absent where whole traces show nothing of it. */
  origins?: Origin[]
  /** The finding it came from, whole; for rolling anomalies the same shape. `closed_reason` once closed. */
  evidence: { finding: Finding; closed_reason: string | null }
  updated_at: string
}

/**
 * A service that does something else than before, in whole traces and their log records. `origin`: it begins there; `affected`: what it calls
 * explains it. `score`: logarithms of how many times the usual, added up; to be compared within one anomaly only.
 */
export type Origin = { service: string; role: 'origin' | 'affected'; score: number; evidence: string[] }

/** An anomaly that somebody called expected: `observed` is the baseline of its signal until the next deploy. */
export type AcceptedAnomaly = Pick<
  Anomaly,
  'service' | 'environment' | 'signal' | 'dimension' | 'observed' | 'expected'
> & {
  anomaly_id: string
  deploy_id: string | null
  accepted_at: string
  accepted_by: string
  comment: string
}
