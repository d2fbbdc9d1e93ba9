import type { Commit } from './deploy.ts'

export type IncidentState = 'firing' | 'resolved'

/** One per service, environment and deploy (or per service and environment where no deploy is near); signals inside. */
export type Incident = {
  id: string
  service: string
  /** Every service that is hurt, the deployed one first. */
  services: string[]
  environment: string
  deploy_id: string | null
  version: string
  commit: string
  commits: Commit[]
  state: IncidentState
  severity: 'critical' | 'warning'
  /** One line for people. */
  title: string
  anomaly_ids: string[]
  started_at: string
  resolved_at: string | null
  acknowledged_at: string | null
  acknowledged_by: string | null
  note: string | null
  created_at: string
  updated_at: string
}

export type ChannelKind = 'webhook' | 'slack' | 'pagerduty' | 'alertmanager' | 'teams' | 'email' | 'github' | 'script'

/** As the API answers it: the secret never comes back, only whether there is one and its last four characters. */
export type Channel = {
  id: string
  name: string
  kind: ChannelKind
  url: string
  filter: { services?: string[]; environments?: string[]; severities?: ('critical' | 'warning')[] } | null
  enabled: boolean
  disabled_reason: string | null
  secret: { set: boolean; last4: string | null }
  created_at: string
  updated_at: string
}

export type DeliveryState = 'pending' | 'delivered' | 'dead' | 'superseded'

export type Delivery = {
  id: string
  /** Equal on every try: the receiver's key against repeats. */
  webhook_id: string
  channel_id: string
  channel_name: string
  incident_id: string | null
  event: 'firing' | 'resolved' | 'test' | 'deploy'
  state: DeliveryState
  attempts: number
  last_status: number | null
  last_error: string | null
  next_attempt_at: string | null
  created_at: string
  delivered_at: string | null
}

export type Silence = {
  id: string
  matchers: { service?: string; environment?: string; signal?: string; dimension?: string; deploy_id?: string }
  starts_at: string
  ends_at: string
  comment: string
  created_by: string
  created_at: string
}

export type Scope = 'ingest' | 'read' | 'deploy' | 'admin'

/** The key itself is shown once, at creation; afterwards only its prefix. */
export type ApiKey = {
  id: string
  name: string
  prefix: string
  scopes: Scope[]
  created_at: string
  /** To within a minute; null until it was used. */
  last_used_at: string | null
  revoked_at: string | null
}
