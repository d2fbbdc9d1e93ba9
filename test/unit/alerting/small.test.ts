import { Webhook } from 'standardwebhooks'
import { describe, expect, it } from 'vitest'
import { fingerprint } from '../../../services/alerting/fingerprint.ts'
import { covers, groupOf, suspectedGroup } from '../../../services/alerting/group.ts'
import { diffUrl, repositoryPath } from '../../../services/alerting/notification.ts'
import { parseRetryAfter, RETRY_DELAYS_MS, retryDelayMs } from '../../../services/alerting/schedule.ts'
import { severityOf } from '../../../services/alerting/severity.ts'
import { signatureHeaders } from '../../../services/alerting/sign.ts'
import { signalOf } from '../../../services/alerting/signals.ts'
import { safeLink, safeText } from '../../../services/alerting/text.ts'
import { amount, effectOf, figure, lineOf } from '../../../services/alerting/wording.ts'
import type { SignalName } from '../../../shared/model/verdict.ts'
import { anomalyOf } from '../../support/alerting.ts'

describe('a signature', () => {
  it("equals the specification's own example", () => {
    const headers = signatureHeaders({
      id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      atMs: 1614265330_000,
      body: '{"test": 2432232314}',
      secrets: ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'],
    })
    expect(headers['webhook-signature']).toBe('v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=')
  })

  it.each(['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'])(
    'reads the secret %s as the library does',
    (secret) => {
      const body = '{"a":"ü"}'
      const mine = signatureHeaders({ id: 'msg_1', atMs: 1_700_000_000_000, body, secrets: [secret] })
      expect(mine['webhook-signature']).toBe(new Webhook(secret).sign('msg_1', new Date(1_700_000_000_000), body))
    },
  )

  it('takes a secret that is no base64 for its own bytes', () => {
    const mine = signatureHeaders({ id: 'msg_1', atMs: 0, body: 'x', secrets: ['not base64!'] })
    expect(mine['webhook-signature']).toBe(
      new Webhook('not base64!', { format: 'raw' }).sign('msg_1', new Date(0), 'x'),
    )
  })
})

describe('the schedule', () => {
  it('stays within a fifth of its delays and ends after the ninth try', () => {
    for (const [i, delay] of RETRY_DELAYS_MS.entries()) {
      expect(retryDelayMs(i + 1, 0, null)).toBe(Math.round(delay * 0.8))
      expect(retryDelayMs(i + 1, 0.999999, null)).toBeLessThanOrEqual(delay * 1.2)
    }
    expect(retryDelayMs(9, 0.5, null)).toBeNull()
    expect(RETRY_DELAYS_MS.reduce((sum, ms) => sum + ms, 0) / 3_600_000).toBeCloseTo(17.7, 1)
  })

  it('lets Retry-After win where it is longer, up to half a day', () => {
    expect(retryDelayMs(1, 0.5, 60_000)).toBe(60_000)
    expect(retryDelayMs(1, 0.5, 1)).toBe(5_000)
    expect(retryDelayMs(1, 0.5, 10 ** 12)).toBe(12 * 3_600_000)
  })

  it('reads Retry-After in seconds and as a date, and nothing else', () => {
    const nowMs = Date.parse('2026-03-02T10:00:00Z')
    expect(parseRetryAfter('120', nowMs)).toBe(120_000)
    expect(parseRetryAfter('Mon, 02 Mar 2026 10:01:00 GMT', nowMs)).toBe(60_000)
    expect([undefined, '', '-5', 'soon'].map((h) => parseRetryAfter(h, nowMs) ?? 0)).toEqual([0, 0, 0, 0])
  })
})

describe('grouping', () => {
  const suspect = (deploy_id: string, score: number) => ({
    deploy_id,
    service: 'pay',
    version: 'v9',
    commit: 'c9',
    score,
    evidence: [],
  })

  it("is by the anomaly's deploy, which may be another service's", () => {
    expect(groupOf(anomalyOf()).key).toBe('deploy:d_v42')
    const elsewhere = anomalyOf({ suspects: [suspect('d_9', 0.9), { ...suspect('d_v42', 0.4), service: 'pay' }] })
    expect(groupOf(elsewhere)).toMatchObject({ key: 'deploy:d_v42', service: 'pay' })
    expect(suspectedGroup(elsewhere)).toBeNull()
  })
  it('is by service and environment where there is no deploy, with a likely suspect to join', () => {
    const a = anomalyOf({ deploy: null, suspects: [suspect('d_9', 0.7)] })
    expect(groupOf(a).deployId).toBeNull()
    expect(suspectedGroup(a)).toMatchObject({ key: 'deploy:d_9', service: 'pay' })
    expect(suspectedGroup(anomalyOf({ deploy: null, suspects: [suspect('d_9', 0.3)] }))).toBeNull()
  })
  it('leaves its own deploy only for a likelier one that was weighed against it', () => {
    expect(suspectedGroup(anomalyOf({ suspects: [suspect('d_9', 0.9)] }))).toBeNull()
    const weighed = [suspect('d_9', 0.9), { ...suspect('d_v42', 0.4), service: 'checkout' }]
    expect(suspectedGroup(anomalyOf({ suspects: weighed }))?.deployId).toBe('d_9')
  })
  it('silences need every matcher to hold', () => {
    const silence = { id: '', starts_at: '', ends_at: '', comment: '', created_by: '', created_at: '' }
    const a = anomalyOf()
    expect(covers({ ...silence, matchers: { service: 'checkout', deploy_id: 'd_v42' } }, a, 'd_v42')).toBe(true)
    expect(covers({ ...silence, matchers: { service: 'checkout', signal: 'latency' } }, a, 'd_v42')).toBe(false)
  })
})

describe('severity', () => {
  it('comes from the effect', () => {
    expect(severityOf(anomalyOf({ effect: 0.05 }))).toBe('critical')
    expect(severityOf(anomalyOf({ effect: 0.02 }))).toBe('warning')
    expect(severityOf(anomalyOf({ signal: 'latency', effect: 1.2 }))).toBe('critical')
    expect(severityOf(anomalyOf({ signal: 'log_pattern_new', effect: 9 }))).toBe('warning')
  })
  it('of a secret in telemetry is that of its rule: what stays valid until somebody revokes it is critical', () => {
    const of = (dimension: string) => severityOf(anomalyOf({ signal: 'secret_new', dimension, effect: 0.1 }))
    expect(['aws_access_key_id', 'private_key', 'jwt', 'card_number'].map(of)).toEqual([
      'critical',
      'critical',
      'warning',
      'warning',
    ])
  })
})

describe('words', () => {
  it('are short', () => {
    expect([0.12345, 12.345, 1234.5, 0, 0.00123].map(figure)).toEqual(['0.12', '12.3', '1,235', '0', '0.0012'])
    expect([amount(0.124, 'ratio'), amount(840.4, 'ms'), amount(12_345, 'ms'), amount(3, 'per_minute')]).toEqual([
      '12.4 %',
      '840 ms',
      '12.3 s',
      '3 a minute',
    ])
    expect([
      effectOf({ effect: 0.113, effect_unit: 'absolute', direction: 'up' }),
      effectOf({ effect: 1.3, effect_unit: 'relative', direction: 'up' }),
      effectOf({ effect: -0.7, effect_unit: 'relative', direction: 'down' }),
    ]).toEqual(['+11.3 points', '×2.3', '−70 %'])
  })

  it('name a new log pattern and a secret by what is said of them, not by their ids', () => {
    const line = (signal: SignalName, dimension: string, label: string) => {
      const a = anomalyOf({ signal, dimension, direction: 'new', observed: 2, unit: 'per_minute' })
      return lineOf({ ...signalOf(a, undefined), label })
    }
    expect(line('secret_new', 'aws_access_key_id', 'an AWS access key id in POST /orders')).toBe(
      'Began to send something like an AWS access key id in POST /orders (2 a minute)',
    )
    expect(line('log_pattern_new', '1234', 'payment <*> was refused')).toBe(
      'New log pattern payment <*> was refused (2 a minute)',
    )
  })

  it('of a whole service name no part of it', () => {
    const line = (signal: SignalName, more: object) =>
      lineOf(signalOf(anomalyOf({ signal, dimension: '(all)', observed: 30, expected: 60, ...more }), undefined))
    expect(line('latency', { unit: 'ms' })).toMatch(/^(P95 l|p95 l|L)atency: 30 ms, expected 60 ms/)
    expect(line('throughput', { unit: 'per_minute' })).toMatch(/^Requests: 30 a minute, expected 60 a minute/)
  })

  it('from telemetry carry no control characters, no hidden ones, and no half characters', () => {
    expect(safeText('a\u001b[31mb\r\nc\u202ed\u200be\ud800', 50)).toBe('a [31mb cde\ufffd')
    expect(safeText('x'.repeat(99), 10)).toBe('xxxxxxxxx…')
    expect(safeText('12345678😀x', 10)).toBe('12345678…')
  })

  it('become links only as http and https', () => {
    expect(['javascript:alert(1)', 'data:text/html,x', 'file:///etc/passwd', 'nonsense', null].map(safeLink)).toEqual([
      null,
      null,
      null,
      null,
      null,
    ])
    expect(safeLink('https://example.com/a')).toBe('https://example.com/a')
  })

  it('find the repository in the forms that people write', () => {
    for (const text of [
      'acme/shop',
      'https://github.com/acme/shop',
      'https://github.com/acme/shop.git',
      'git@github.com:acme/shop.git',
      'https://github.com/acme/shop/',
    ])
      expect(repositoryPath(text)).toBe('acme/shop')
    expect(repositoryPath('https://example.com/a/b/c')).toBeNull()
    expect(diffUrl(null)).toBeNull()
  })
})

describe('a fingerprint', () => {
  it('is that of Prometheus: FNV-1a over the sorted labels', () => {
    expect(fingerprint({})).toBe('cbf29ce484222325')
    expect(fingerprint({ b: '2', a: '1' })).toBe(fingerprint({ a: '1', b: '2' }))
    expect(fingerprint({ a: '1' })).not.toBe(fingerprint({ a: '2' }))
  })
})
