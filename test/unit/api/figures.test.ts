import { describe, expect, it } from 'vitest'
import { bandOf } from '../../../services/web/api/band.ts'
import { compareSides } from '../../../services/web/api/compare-sides.ts'
import { gateOf } from '../../../services/web/api/gate.ts'
import { stepOf } from '../../../services/web/api/series.ts'
import { healthOf } from '../../../services/web/api/services.ts'
import type { Deploy } from '../../../shared/model/deploy.ts'
import { addBuckets, bucketUpperMs, quantileMs } from '../../../shared/store/buckets.ts'
import type { Side, SideSlot } from '../../../shared/store/compare.ts'

describe('a quantile of buckets', () => {
  const buckets = addBuckets(new Map(), [
    [320, 336],
    ['90', '10'],
  ])
  it('lies in the bucket that holds it', () => {
    expect(quantileMs(buckets, 0.5)).toBeGreaterThan(2 ** 20 / 1e6)
    expect(quantileMs(buckets, 0.5)).toBeLessThanOrEqual(bucketUpperMs(320))
    expect(quantileMs(buckets, 1)).toBe(bucketUpperMs(336))
  })
  it('grows with its share', () => {
    const all = [0, 0.1, 0.5, 0.9, 0.91, 0.99, 1].map((q) => quantileMs(buckets, q) ?? 0)
    expect(all).toEqual([...all].sort((a, b) => a - b))
  })
  it('is null without requests', () => expect(quantileMs(new Map(), 0.5)).toBeNull())
  it('is that of the sum where buckets are added', () => {
    const twice = addBuckets(
      addBuckets(new Map(), [
        [320, 336],
        [90, 10],
      ]),
      [
        [336, 320],
        [10, 90],
      ],
    )
    expect(quantileMs(twice, 0.95)).toBe(quantileMs(buckets, 0.95))
  })
})

describe('the step of a chart', () => {
  it.each([
    [1, undefined, 60],
    [24, undefined, 600],
    [24 * 7, undefined, 3600],
    [1, 61, 120],
  ])('of %s hours, asked for %s s, is %s s', (hours, asked, step) =>
    expect(stepOf(hours * 3_600_000, asked)).toBe(step),
  )
  it('that makes too many points is refused with one that does not', () => {
    expect(() => stepOf(40 * 86_400_000, 60)).toThrow('ask for at least 1740')
  })
})

describe('a band', () => {
  const points = (values: (number | null)[]) => values.map((value, i) => ({ atS: i * 60, value, samples: 1 }))
  it('is the median and three scaled MAD about it', () => {
    const band = bandOf(points([1, 2, 3, 4, 5, 6, 7, 8, 9]), [600], { ratio: false, signed: true })
    expect(band?.points).toEqual([[600, 5 - 3 * 1.4826 * 2, 5, 5 + 3 * 1.4826 * 2]])
  })
  it('stays where values can be', () => {
    const band = bandOf(points([0, 0, 0.9, 0.9, 0, 0.9, 0.9, 0.9]), [0], { ratio: true, signed: false })
    expect(band?.points).toEqual([[0, 0.9, 0.9, 0.9]])
    expect(bandOf(points([0, 1, 0, 1, 0, 1, 0, 1]), [0], { ratio: true, signed: false })?.points).toEqual([
      [0, 0, 0.5, 1],
    ])
  })
  it('is none where too little was measured', () => {
    expect(bandOf(points([1, 2, 3, 4, 5, 6, 7, null]), [0], { ratio: false, signed: false })).toBeNull()
  })
})

describe('health', () => {
  const toMs = Date.parse('2026-03-01T12:00:00Z')
  const deploy = { started_at: '2026-03-01T11:50:00Z' } as Deploy
  const of = (more: object) =>
    healthOf(
      { verdict: 'no_difference', open_anomalies: 0, lastRequestMs: toMs - 60_000, deploy, ...more },
      toMs,
      3_600_000,
    )
  it.each([
    ['ok', {}],
    ['regressed', { verdict: 'regressed' }],
    ['regressed', { open_anomalies: 1 }],
    ['idle', { lastRequestMs: toMs - 20 * 60_000 }],
    ['idle', { lastRequestMs: null }],
    ['too_little_data', { verdict: 'insufficient_data', deploy: { ...deploy, previous_id: 'd_1' } }],
    ['new', { verdict: 'insufficient_data', deploy: { ...deploy, previous_id: null } }],
    ['regressed', { verdict: 'insufficient_data', deploy: { ...deploy, previous_id: null }, open_anomalies: 1 }],
    ['watching', { verdict: 'pending' }],
    ['ok', { verdict: 'pending', deploy: { started_at: '2026-03-01T09:00:00Z' } }],
  ])('is %s with %j', (health, more) => expect(of(more)).toBe(health))
})

describe('the gate', () => {
  it('is no yes without a verdict', () => {
    expect(gateOf(null, null, 'cart v1').data).toMatchObject({ ok: false, verdict: 'pending', deploy_id: null })
    expect(gateOf({ id: 'd' } as Deploy, null, '').data).toMatchObject({
      ok: false,
      reason: 'This deploy is not judged yet.',
    })
  })
})

describe('two sides', () => {
  const slot = (requests: number, errors: number): SideSlot => ({
    requests,
    errors,
    buckets: new Map([[320, requests]]),
    logErrors: 0,
  })
  const figures = (requests: number) => ({ requests, error_ratio: 0, latency_p50_ms: 1, latency_p99_ms: 1 })
  const side = (requests: number, errors: number, routes: Record<string, number>): Side => ({
    total: slot(requests, errors),
    slots: new Map([[0, slot(requests, errors)]]),
    instances: 1,
    routes: Object.entries(routes).map(([route, n]) => ({ route, ...figures(n) })),
    ...{ dependencies: [], exceptions: [], patterns: [], metrics: [] },
  })
  const window = { stepS: 60, windowS: 120 }
  it('show the change of each signal, in points for shares', () => {
    const c = compareSides(side(200, 20, { a: 200 }), side(100, 5, { a: 100 }), window)
    const change = Object.fromEntries(c.signals.map((s) => [s.signal, s.change]))
    expect(change).toMatchObject({ requests: 1, error_ratio: 0.05, latency_p50: 0, log_errors: null })
    expect(c.signals[0]?.a.points).toEqual([
      [0, 200],
      [60, null],
    ])
    expect(c.latency_histogram).toEqual([{ upper_ms: bucketUpperMs(323), a: 1, b: 1 }])
    expect(c.warnings).toEqual([])
  })
  it('warn of few requests, and of another mix of routes', () => {
    expect(compareSides(side(20, 0, {}), side(500, 0, {}), window).warnings).toEqual([
      'Only 20 requests on one side: small differences say nothing.',
    ])
    const mixed = compareSides(side(200, 0, { a: 150, b: 50 }), side(200, 0, { a: 50, b: 150 }), window)
    expect(mixed.warnings).toEqual(['The mix of routes differs by 50 %: compare route by route.'])
    expect(mixed.routes).toHaveLength(2)
  })
  it('of which one is silent have no value there', () => {
    const c = compareSides(side(0, 0, {}), side(200, 0, { a: 200 }), window)
    expect(c.signals.map((s) => s.a.value)).toEqual([null, null, null, null, null, null])
  })
})
