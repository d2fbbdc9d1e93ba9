import type { Anomaly } from '../../shared/model/anomaly.ts'
import type { Deploy } from '../../shared/model/deploy.ts'
import type { VerdictWord } from '../../shared/model/verdict.ts'

/** What the commands read of the API's answers. The documents themselves are those of shared/model. */
export type Page<T> = { items: T[]; next: string | null }

export type Gate = {
  data: {
    verdict: VerdictWord
    ok: boolean
    score: number
    reason: string
    deploy_id: string | null
    findings: number
    accepted: number
  }
}

export type DeployItem = Deploy & { verdict: VerdictWord; reason: string; verdict_score: number }
export type DeployList = Page<DeployItem>
export type AnomalyList = Page<Anomaly>

export type ServiceList = Page<{
  service: string
  environment: string
  health: string
  requests_per_minute: number | null
  error_ratio: number | null
  latency_p50_ms: number | null
  latency_p99_ms: number | null
  version: string
  commit: string
  version_since: string | null
  open_anomalies: number
}>

type Figures = { requests: number; error_ratio: number | null; latency_p99_ms: number | null } | null
type Figure = { value: number | null; n: number }

type AttributeDifference = {
  key: string
  value: string
  a: number
  b: number
  a_share: number
  b_share: number
  difference: number
}

export type Compare = {
  a: { deploy: Deploy; verdict: VerdictWord; from: string }
  /** Without a deploy: the same hours of last week. */
  b: { deploy: Deploy | null; verdict: VerdictWord | null; from: string }
  window_s: number
  signals: {
    signal: string
    unit: string
    a: Figure
    b: Figure
    change: number | null
    change_unit: 'relative' | 'absolute'
  }[]
  routes: { route: string; a: Figures; b: Figures }[]
  attributes: { all: AttributeDifference[]; among_bad: AttributeDifference[] } | null
  warnings: string[]
}

export type Status = {
  version: string
  engine: string
  services: number
  ready: boolean
  reasons: string[]
  otlp_http: string | null
}
