import type { Incident } from '../../shared/model/alert.ts'
import type { Anomaly } from '../../shared/model/anomaly.ts'
import type { View } from './lifecycle.ts'
import { byWeight, severityOf, severityOfAll } from './severity.ts'
import type { DeployInfo, Severity, Signal, Tracking } from './types.ts'
import { titleOf } from './wording.ts'

/** What alerting keeps of an anomaly. `before` is the same signal as it was seen last: its severity stays. */
export function signalOf(a: Anomaly, before: Signal | undefined): Signal {
  const finding = a.evidence.finding
  return {
    id: a.id,
    service: a.service,
    environment: a.environment,
    signal: a.signal,
    dimension: a.dimension,
    direction: a.direction,
    // One that turned out to do no harm is over as far as on-call is concerned.
    state: a.harmful ? a.state : 'closed',
    started_at: a.started_at,
    ended_at: a.ended_at,
    observed: a.observed,
    expected: a.expected,
    lower: a.lower,
    upper: a.upper,
    unit: a.unit,
    effect: a.effect,
    effect_unit: a.effect_unit,
    p_value: a.p_value,
    score: a.score,
    updated_at: a.updated_at,
    severity: before?.severity ?? severityOf(a),
    reason: finding.reason.slice(0, 600),
    ...(finding.label ? { label: finding.label } : {}),
    quantile: finding.quantile ?? null,
    n: finding.n,
    trace_ids: finding.exemplar_trace_ids.slice(0, 5),
    top_attributes: finding.top_attributes.slice(0, 3),
    closed_reason: a.evidence.closed_reason,
    suspects: a.suspects.slice(0, 3),
    ...(a.origins ? { origins: a.origins.slice(0, 3) } : {}),
  }
}

const MAX_IDS = 200

/** The incident's document as its signals make it now; what people did to it stays. */
export function describe(
  incident: Incident,
  signals: readonly Signal[],
  deploy: DeployInfo | null,
  updatedAt: string,
): Incident {
  const sorted = [...signals].sort(byWeight)
  const service = deploy?.service ?? incident.service
  const hurt = [...new Set(sorted.map((s) => s.service))].filter((s) => s !== service).sort()
  const services = sorted.some((s) => s.service === service) ? [service, ...hurt] : [...hurt]
  const next: Incident = {
    ...incident,
    service,
    services: services.length > 0 ? services : [service],
    version: deploy?.version ?? incident.version,
    commit: deploy?.commit || incident.commit,
    commits: deploy && deploy.commits.length > 0 ? deploy.commits : incident.commits,
    severity: worse(incident.severity, severityOfAll(signals)),
    title: titleOf(services.length > 0 ? services : [service], sorted[0], deploy),
    anomaly_ids: sorted.slice(0, MAX_IDS).map((s) => s.id),
    started_at: [incident.started_at, ...signals.map((s) => s.started_at)].sort()[0] as string,
  }
  return JSON.stringify(next) === JSON.stringify(incident) ? incident : { ...next, updated_at: updatedAt }
}

const worse = (a: Severity, b: Severity): Severity => (a === 'critical' ? a : b)

/**
 * What the life cycle needs to see. `muted` says of a signal whether a silence covers it: muted ones count only where there are no
 * others, so that one of them keeps no incident open whose other signals are over.
 */
export function viewOf(incident: Incident, signals: readonly Signal[], muted: (s: Signal) => boolean): View {
  const heard = signals.filter((s) => !muted(s))
  const counted = heard.length > 0 ? heard : signals
  const open = counted.filter((s) => s.state === 'open')
  const ends = counted.map((s) => Date.parse(s.ended_at ?? s.updated_at))
  return {
    open: open.length,
    startedMs: Math.min(...counted.map((s) => Date.parse(s.started_at))),
    endedMs: open.length > 0 ? null : Math.max(...ends),
    severity: incident.severity,
    silenced: heard.length === 0,
    acknowledged: incident.acknowledged_at !== null,
  }
}

/** What a message names: the signals that are open while it fires, all of them at its end; muted ones where there are no others. */
export function toldSignals(signals: readonly Signal[], tracking: Tracking, muted: (s: Signal) => boolean): Signal[] {
  const open = signals.filter((s) => s.state === 'open')
  const meant = tracking.phase === 'firing' && open.length > 0 ? open : [...signals]
  const heard = meant.filter((s) => !muted(s))
  return heard.length > 0 ? heard : meant
}
