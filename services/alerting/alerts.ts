import { fingerprint } from './fingerprint.ts'
import { diffUrl, linkOf, traceLink } from './notification.ts'
import { safeText } from './text.ts'
import type { Notification, Signal } from './types.ts'
import {
  adviceOf,
  amount,
  authorsOf,
  certaintyOf,
  effectOf,
  headlineOf,
  lineOf,
  originOf,
  sinceWhat,
  suspicionOf,
} from './wording.ts'

/** An alert in the field's common form, that of Alertmanager; one a signal. */
export type Alert = {
  status: 'firing' | 'resolved'
  labels: Record<string, string>
  annotations: Record<string, string>
  startsAt: string
  endsAt: string
  generatorURL: string
  fingerprint: string
}

/** What Alertmanager writes where there is no end. */
const NO_END = '0001-01-01T00:00:00Z'

/** Without the labels and annotations that are empty. */
const filled = (entries: Record<string, string | null>): Record<string, string> =>
  Object.fromEntries(Object.entries(entries).filter((entry): entry is [string, string] => !!entry[1]))

const BY_ROUTE = new Set(['error_ratio', 'latency', 'throughput', 'route_new', 'route_vanished'])

/** Labels say which alert it is and never change in its life; the deploy is among them, so a receiver can dedup by it. */
export function labelsOf(n: Notification, s: Signal): Record<string, string> {
  const { incident } = n
  return filled({
    alertname: incident.deploy_id ? 'PlumblineDeployRegressed' : 'PlumblineAnomaly',
    service: safeText(s.service, 200),
    environment: safeText(s.environment, 200),
    signal: s.signal,
    dimension: safeText(s.dimension, 300),
    route: BY_ROUTE.has(s.signal) ? safeText(s.dimension, 300) : null,
    severity: s.severity,
    deploy_id: incident.deploy_id,
    deployed_service: incident.deploy_id && incident.service !== s.service ? safeText(incident.service, 200) : null,
    version: safeText(incident.version, 200),
    commit: safeText(incident.commit, 200),
    test: n.event === 'test' ? 'true' : null,
  })
}

const commitsOf = (n: Notification): string =>
  n.incident.commits
    .slice(0, 10)
    .map((c) =>
      safeText(`${c.sha.slice(0, 7)} ${(c.message ?? '').split('\n')[0]}${c.author ? ` (${c.author})` : ''}`, 160),
    )
    .join('\n')

/** What holds for the whole incident. */
function sharedAnnotations(n: Notification): Record<string, string> {
  return filled({
    incident: n.incident.id,
    link: linkOf(n),
    diff_url: diffUrl(n.deploy),
    deploy: sinceWhat(n.deploy),
    author: n.deploy && authorsOf(n.deploy),
    commits: commitsOf(n),
    previous_version: n.deploy && safeText(n.deploy.previous_version ?? '', 200),
    rollback: adviceOf(n),
    origin: originOf(n),
    suspect: suspicionOf(n),
    services:
      n.incident.services.length > 1
        ? n.incident.services
            .slice(0, 20)
            .map((s) => safeText(s, 80))
            .join(', ')
        : null,
    note: n.merged ? 'The notice that this fired could not be delivered; this one stands for both.' : null,
    test: n.event === 'test' ? 'This is a test of the channel. Nothing is wrong.' : null,
  })
}

/** Findings give their reason without a full stop. */
const sentence = (text: string): string => (text === '' || /[.!?…]$/.test(text) ? text : `${text}.`)

function annotationsOf(n: Notification, s: Signal): Record<string, string> {
  const since = sinceWhat(n.deploy)
  const subject = `${n.event === 'test' ? '[TEST] ' : ''}${safeText(s.service, 80)}: ${lineOf(s, n.event === 'resolved')}`
  return filled({
    summary: `${subject}${since ? ` since ${since}` : ''}`,
    description: [sentence(safeText(s.reason, 500)), `${certaintyOf(s)}.`, adviceOf(n), suspicionOf(n)]
      .filter(Boolean)
      .join(' '),
    observed: amount(s.observed, s.unit),
    expected: amount(s.expected, s.unit),
    range: `${amount(s.lower, s.unit)} to ${amount(s.upper, s.unit)}`,
    effect: effectOf(s),
    certainty: certaintyOf(s),
    resolution: n.event === 'resolved' ? safeText(s.closed_reason ?? '', 200) : null,
    traces: s.trace_ids.map((id) => traceLink(n, safeText(id, 64))).join(' '),
    ...sharedAnnotations(n),
  })
}

/** The alerts of a notice; all are resolved when it says resolved. */
export function alertsOf(n: Notification): Alert[] {
  const someOpen = n.signals.some((s) => s.state === 'open')
  return n.signals.map((s) => {
    const labels = labelsOf(n, s)
    const over = n.event === 'resolved' || (someOpen && s.state === 'closed')
    return {
      status: over ? 'resolved' : 'firing',
      labels,
      annotations: annotationsOf(n, s),
      startsAt: s.started_at,
      endsAt: over ? (s.ended_at ?? n.incident.resolved_at ?? n.made_at) : NO_END,
      generatorURL: linkOf(n),
      fingerprint: fingerprint(labels),
    }
  })
}

/** The entries that all of them have, with equal values. */
export function common(maps: readonly Record<string, string>[]): Record<string, string> {
  const [first = {}, ...rest] = maps
  return Object.fromEntries(Object.entries(first).filter(([key, value]) => rest.every((m) => m[key] === value)))
}

/** Body of Alertmanager's webhook, version 4. @see https://prometheus.io/docs/alerting/latest/configuration/#webhook_config */
export function alertmanagerBody(n: Notification, receiver: string): Record<string, unknown> {
  const { incident } = n
  const alerts = alertsOf(n)
  const groupLabels = filled({
    service: safeText(incident.service, 200),
    environment: safeText(incident.environment, 200),
    deploy_id: incident.deploy_id,
  })
  const key = Object.entries(groupLabels).map(([name, value]) => `${name}=${JSON.stringify(value)}`)
  return {
    version: '4',
    groupKey: `{}/{incident=${JSON.stringify(incident.id)}}:{${key.join(', ')}}`,
    truncatedAlerts: n.truncated,
    status: n.event === 'resolved' ? 'resolved' : 'firing',
    receiver,
    groupLabels,
    commonLabels: common(alerts.map((a) => a.labels)),
    commonAnnotations: {
      ...common(alerts.map((a) => a.annotations)),
      title: headlineOf(n),
      severity: incident.severity,
    },
    externalURL: n.base_url,
    alerts,
  }
}
