/** Incidents, channels, deliveries and the status of the shop's Plumbline. */
import type { Channel, Delivery, Incident, Silence, Status } from '../../services/web/api/schemas.ts'
import { at, deploys, env, shapes } from './console-world.ts'

export const incident: Incident = {
  id: 'inc_1',
  service: 'checkout',
  services: ['checkout'],
  environment: env,
  deploy_id: 'dep_checkout_2140',
  version: '2.14.0',
  commit: deploys.find((deploy) => deploy.id === 'dep_checkout_2140')!.commit,
  commits: [],
  state: 'firing',
  severity: 'critical',
  title: 'checkout 2.14.0 fails 12.3 % of POST /checkout (1.0 % before)',
  anomaly_ids: ['ano_checkout_1', 'ano_checkout_2', 'ano_checkout_3', 'ano_checkout_4'],
  started_at: at(32),
  resolved_at: null,
  acknowledged_at: null,
  acknowledged_by: null,
  note: null,
  created_at: at(31),
  updated_at: at(2),
}
export const resolved: Incident = {
  ...incident,
  id: 'inc_0',
  service: 'payments',
  deploy_id: null,
  version: '3.3.0',
  state: 'resolved',
  severity: 'warning',
  title: 'payments: calls to card-network.example are slow, no deploy nearby',
  anomaly_ids: ['ano_payments_1'],
  started_at: at(260),
  resolved_at: at(20),
  acknowledged_at: at(250),
  acknowledged_by: 'on-call',
}

export const channelOf = (id: string, name: string, kind: Channel['kind'], enabled: boolean): Channel => ({
  id,
  name,
  kind,
  url: `https://hooks.example/${id}`,
  filter: null,
  enabled,
  disabled_reason: enabled ? null : 'Answered 410 Gone five times.',
  secret: { set: true, last4: 'k9Qe' },
  created_at: at(9000),
  updated_at: at(400),
})
export const deliveryOf = (
  id: string,
  event: Delivery['event'],
  state: Delivery['state'],
  attempts: number,
  status: number | null,
): Delivery => ({
  id,
  webhook_id: `msg_${id}`,
  channel_id: 'cha_1',
  channel_name: 'on-call webhook',
  incident_id: 'inc_1',
  event,
  state,
  attempts,
  last_status: status,
  last_error: state === 'dead' ? 'connection refused' : null,
  next_attempt_at: state === 'pending' ? at(-1) : null,
  created_at: at(31),
  delivered_at: state === 'delivered' ? at(30) : null,
})
export const silence: Silence = {
  id: 'sil_1',
  matchers: { service: 'recommender', environment: 'staging' },
  starts_at: at(60),
  ends_at: at(-180),
  comment: 'load test',
  created_by: 'dev-one',
  created_at: at(60),
}

export const status = (empty: boolean): Status => ({
  traces: empty ? { rows: 0, last_at: null } : { rows: 38_120_400, last_at: at(0) },
  metrics: empty ? { rows: 0, last_at: null } : { rows: 880_000, last_at: at(0) },
  logs: empty ? { rows: 0, last_at: null } : { rows: 9_400_120, last_at: at(1) },
  deploys: empty ? { count: 0, last_at: null } : { count: deploys.length, last_at: at(7) },
  services: empty ? 0 : shapes.length,
  version: '0.1.0',
  otlp_http: 'http://127.0.0.1:4318',
  otlp_grpc: '127.0.0.1:4317',
  engine: 'embedded',
  ready: true,
  reasons: [],
  auth: false,
})
