import type { Notification, Signal } from './types.ts'

const HOUR_MS = 3_600_000

const exampleSignal = (startedAt: string, madeAt: string): Signal => ({
  id: 'ano_example',
  service: 'checkout',
  environment: 'production',
  signal: 'error_ratio',
  dimension: 'POST /pay',
  direction: 'up',
  state: 'open',
  started_at: startedAt,
  ended_at: null,
  observed: 0.124,
  expected: 0.011,
  lower: 0.006,
  upper: 0.019,
  unit: 'ratio',
  effect: 0.113,
  effect_unit: 'absolute',
  p_value: 0.00001,
  score: 0.98,
  updated_at: madeAt,
  severity: 'critical',
  reason: 'Of 412 requests 51 failed; of 4,870 before the deploy 54 did.',
  quantile: null,
  n: { baseline: 4870, current: 412 },
  trace_ids: [],
  top_attributes: [],
  closed_reason: null,
  suspects: [],
})

/** What `channel test` sends: a message as on-call would get it, that says of itself that it is a test. */
export function exampleNotification(madeAt: string, baseUrl: string): Notification {
  const startedAt = new Date(Date.parse(madeAt) - 2 * 60_000).toISOString()
  const commit = {
    sha: '4f2c9e1b7a5d3c8e6f0a1b2c3d4e5f6a7b8c9d0e',
    message: 'Retry payments without a limit',
    author: 'Ada Example',
  }
  const signal = exampleSignal(startedAt, madeAt)
  return {
    event: 'test',
    incident: {
      id: 'inc_example',
      service: 'checkout',
      services: ['checkout'],
      environment: 'production',
      deploy_id: 'd_example',
      version: 'v42',
      commit: commit.sha,
      commits: [commit],
      state: 'firing',
      severity: 'critical',
      title: 'checkout: errors on POST /pay: 12.4 %, expected 1.1 % (+11.3 points) since v42 (4f2c9e1) by Ada Example',
      anomaly_ids: ['ano_example'],
      started_at: startedAt,
      resolved_at: null,
      acknowledged_at: null,
      acknowledged_by: null,
      note: null,
      created_at: madeAt,
      updated_at: madeAt,
    },
    signals: [signal],
    truncated: 0,
    deploy: {
      id: 'd_example',
      service: 'checkout',
      version: 'v42',
      commit: commit.sha,
      base_commit: null,
      commits: [commit],
      repository: null,
      kind: 'deploy',
      previous_version: 'v41',
      started_at: new Date(Date.parse(madeAt) - HOUR_MS / 12).toISOString(),
      url: null,
      actor: null,
      rollback_command: null,
    },
    base_url: baseUrl,
    merged: false,
    made_at: madeAt,
  }
}
