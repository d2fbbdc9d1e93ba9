import type { Incident } from '../../shared/model/alert.ts'
import type { Anomaly, Origin } from '../../shared/model/anomaly.ts'
import type { Deploy } from '../../shared/model/deploy.ts'
import type { Finding, Suspect } from '../../shared/model/verdict.ts'

export type Severity = Incident['severity']

/** An anomaly as alerting keeps it inside an incident: what a message needs, no more. */
export type Signal = Pick<
  Anomaly,
  | 'id'
  | 'service'
  | 'environment'
  | 'signal'
  | 'dimension'
  | 'direction'
  | 'state'
  | 'started_at'
  | 'ended_at'
  | 'observed'
  | 'expected'
  | 'lower'
  | 'upper'
  | 'unit'
  | 'effect'
  | 'effect_unit'
  | 'p_value'
  | 'score'
  | 'updated_at'
> & {
  /** Of this signal alone, as it was at first sight: it is a label, and labels must not change. */
  severity: Severity
  reason: string
  /** What `dimension` stands for, where that is an id. */
  label?: string
  quantile: number | null
  n: Finding['n']
  trace_ids: string[]
  top_attributes: Finding['top_attributes']
  closed_reason: string | null
  /** Deploys that could have done it, best first. */
  suspects: Suspect[]
  /** Services in which it most likely began, best first; absent where nothing shows it. */
  origins?: Origin[]
}

/** Where an incident stands; kept beside its document. */
export type Tracking = {
  phase: 'pending' | 'firing' | 'resolved'
  /** When the present hold began. */
  pending_since_ms: number
  /** Since when no signal is open, by the clock; null while one is. */
  quiet_since_ms: number | null
  /** How often it fired. */
  episode: number
  /** Whether anybody was told that it fires, in this episode. */
  told: boolean
  told_severity: Severity | null
  last_told_ms: number | null
  /** Number of the next delivery inside this incident. */
  sequence: number
  /** `sequence` at which the present episode began. */
  episode_sequence: number
}

export type TrackedIncident = { key: string; incident: Incident; tracking: Tracking; signals: Signal[] }

export type DeployInfo = Pick<
  Deploy,
  | 'id'
  | 'service'
  | 'version'
  | 'commit'
  | 'base_commit'
  | 'commits'
  | 'repository'
  | 'kind'
  | 'previous_version'
  | 'started_at'
  | 'url'
  | 'actor'
> & {
  /** How to undo it, as whoever deployed it said: its attribute `rollback_command`. */
  rollback_command: string | null
}

/** Everything that a message says; channels turn it into their receiver's form. */
export type Notification = {
  event: 'firing' | 'resolved' | 'test'
  incident: Incident
  /** The most telling first. */
  signals: Signal[]
  /** How many signals are not in `signals`. */
  truncated: number
  deploy: DeployInfo | null
  /** Address of the console, without a slash at its end; '' where it is not known. */
  base_url: string
  /** The notice that it fires could not be delivered; this one stands for both. */
  merged: boolean
  made_at: string
}
