import { notificationOf } from '../../services/alerting/notification.ts'
import { describe, signalOf } from '../../services/alerting/signals.ts'
import type { DeployInfo, Notification } from '../../services/alerting/types.ts'
import type { Incident } from '../../shared/model/alert.ts'
import type { Anomaly } from '../../shared/model/anomaly.ts'
import { anomalyOf, at, BASE_URL, closed } from './alerting.ts'

const commit = 'b'.repeat(40)
const commits = [
  {
    sha: commit,
    message: 'Retry payments without a limit\n\nThe gateway drops one in a thousand.',
    author: 'Ada Lovelace',
  },
  { sha: 'c'.repeat(40), message: 'Tidy imports', author: 'Grace Hopper' },
]

export const deployV42: DeployInfo = {
  id: 'd_v42',
  service: 'checkout',
  version: 'v42',
  commit,
  base_commit: 'a'.repeat(40),
  commits,
  repository: 'https://github.com/acme/checkout',
  kind: 'deploy',
  previous_version: 'v41',
  started_at: at(-300_000),
  url: null,
  actor: 'deploy-bot',
  rollback_command: 'kubectl rollout undo deployment/checkout',
}

const incident: Incident = {
  id: 'inc_0123456789abcdef01234567',
  service: 'checkout',
  services: ['checkout'],
  environment: 'production',
  deploy_id: 'd_v42',
  version: 'v42',
  commit,
  commits,
  state: 'firing',
  severity: 'warning',
  title: '',
  anomaly_ids: [],
  started_at: at(-120_000),
  resolved_at: null,
  acknowledged_at: null,
  acknowledged_by: null,
  note: null,
  created_at: at(0),
  updated_at: at(0),
}

/** A bad deploy of checkout: errors and latency there, errors in the web front end that calls it. */
export const badDeploy = (): Anomaly[] => [
  anomalyOf(),
  anomalyOf({
    id: 'ano_2',
    signal: 'latency',
    unit: 'ms',
    observed: 842,
    expected: 311,
    lower: 280,
    upper: 360,
    effect: 1.71,
    effect_unit: 'relative',
    p_value: 0.0004,
    score: 0.9,
    reason: 'The 95th percentile rose from 311 ms to 842 ms.',
  }),
  anomalyOf({
    id: 'ano_3',
    service: 'web',
    signal: 'exception_new',
    dimension: 'PaymentError: gateway <timeout> & retry',
    direction: 'new',
    unit: 'count',
    observed: 37,
    expected: 0,
    lower: 0,
    upper: 0,
    effect: 1,
    effect_unit: 'relative',
    reason: 'PaymentError was never seen before the deploy, and 37 times since.',
  }),
]

/** The message of an incident made of these anomalies, all closed where it says resolved. */
export function messageOf(
  event: 'firing' | 'resolved',
  anomalies: readonly Anomaly[] = badDeploy(),
  deploy: DeployInfo | null = deployV42,
  more: Partial<Incident> = {},
): Notification {
  const signals = anomalies.map((a) => signalOf(event === 'resolved' ? closed(a, 600_000) : a, undefined))
  const base = { ...incident, ...(deploy ? {} : { deploy_id: null, version: '', commit: '', commits: [] }), ...more }
  const over = event === 'resolved' ? { state: 'resolved' as const, resolved_at: at(600_000) } : {}
  const described = { ...describe(base, signals, deploy, at(0)), ...over }
  return notificationOf({
    event,
    incident: described,
    signals,
    deploy,
    baseUrl: BASE_URL,
    madeAt: at(event === 'resolved' ? 660_000 : 3_000),
  })
}
