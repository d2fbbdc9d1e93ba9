import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { SpanBaseline } from '../../../services/web/api/schemas.ts'
import { openWeb, type WebBed } from '../../support/web.ts'

const NOW = Date.parse('2026-03-01T12:00:00Z')
const TRACE = 'f'.repeat(32)
const minute = (ago: number) => NOW / 1000 - ago * 60
/** Bucket of a duration, and its share of the requests: nine in ten near one, the rest near the other. */
const bucketOf = (ms: number) => Math.ceil(Math.log2(ms * 1e6) * 16) - 1

type Rollup = { service: string; route: string; version: string; ago: number; fastMs: number; slowMs: number }
const row = ({ service, route, version, ago, fastMs, slowMs }: Rollup) => ({
  ...{ minute: minute(ago), service, environment: 'production', version, commit: '', route, requests: 100, errors: 0 },
  ...{
    duration_sum_ns: 0,
    computed_at: NOW,
    bucket_index: [bucketOf(fastMs), bucketOf(slowMs)],
    bucket_count: [90, 10],
  },
})

const span = (id: string, more: Record<string, unknown>) => ({
  ...{ TraceId: TRACE, SpanId: id, ServiceName: 'pay', Environment: 'production', Version: 'v2', IsEntry: 0 },
  ...{ Timestamp: '2026-03-01 11:55:00.000000000', SpanKind: 'Internal', SpanName: 'work', Duration: 1e6 },
  ...more,
})

/**
 *  GET /pay    p50 10 ms  ──────────── v1 ───────────┬── v2: p50 40 ms
 *                         12 h … 20 min before now   10 min          trace at 5 min: 60 ms
 */
let bed: WebBed
beforeAll(async () => {
  bed = await openWeb(NOW)
  const pay = { service: 'pay', route: 'GET /pay' }
  await bed.store.insert('rollup_routes', [
    row({ ...pay, version: 'v0', ago: 700, fastMs: 1, slowMs: 2 }),
    row({ ...pay, version: 'v1', ago: 60, fastMs: 10, slowMs: 20 }),
    row({ ...pay, version: 'v1', ago: 20, fastMs: 10, slowMs: 20 }),
    row({ ...pay, version: 'v2', ago: 10, fastMs: 40, slowMs: 80 }),
    row({ ...pay, version: 'v3', ago: 4, fastMs: 1, slowMs: 2 }),
    row({ service: 'other', route: 'GET /pay', version: 'v1', ago: 20, fastMs: 500, slowMs: 500 }),
  ])
  await bed.store.insert('rollup_edges', [
    { ...row({ service: 'pay', route: 'SELECT', version: 'v2', ago: 10, fastMs: 3, slowMs: 6 }), peer: 'postgres' },
    { ...row({ service: 'pay', route: 'SELECT', version: 'v2', ago: 10, fastMs: 300, slowMs: 300 }), peer: 'redis' },
  ])
  await bed.store.insert('otel_traces', [
    span('a', { Route: 'GET /pay', SpanName: 'GET', SpanKind: 'Server', IsEntry: 1, Duration: 60e6 }),
    span('b', { SpanName: 'SELECT', SpanKind: 'Client', Peer: 'postgres', Duration: 1e6 }),
    span('c', {}),
    span('d', { SpanName: 'never seen', SpanKind: 'Client', Peer: 'postgres', Version: 'v9' }),
  ])
})
afterAll(() => bed.close())

const items = async (id: string) => {
  const { status, body } = await bed.call('GET', `/api/v1/traces/${id}/baseline`)
  expect(status).toBe(200)
  return body as never as { from: string | null; items: SpanBaseline[] }
}

describe('the baseline of a trace', () => {
  it('holds a request against its own version and those before it, of the same service only', async () => {
    const { own, before, peer } = (await items(TRACE)).items.find((item) => item.span_id === 'a')!
    expect(peer).toBeNull()
    expect([own!.versions, own!.requests]).toEqual([['v2'], 100])
    expect(own!.p50_ms).toBeCloseTo(40, -1)
    expect(own!.faster).toBeCloseTo(0.9, 5)
    expect([before!.versions, before!.requests, before!.faster]).toEqual([['v1'], 200, 1])
    expect(before!.p50_ms).toBeCloseTo(10, 0)
    expect(before!.p95_ms).toBeCloseTo(20, 0)
  })
  it('holds a call against calls of the same far side', async () => {
    const { own, before, peer } = (await items(TRACE)).items.find((item) => item.span_id === 'b')!
    expect([peer, before, own!.requests, own!.faster]).toEqual(['postgres', null, 100, 0])
    expect(own!.p50_ms).toBeCloseTo(3, 0)
  })
  it('has nothing for work within a service, and says so of operations that were never counted', async () => {
    const all = (await items(TRACE)).items
    expect(all.map((item) => item.span_id)).toEqual(['a', 'b', 'd'])
    expect(all[2]).toMatchObject({ own: null, before: null })
  })
  it('looks back six hours from the trace', async () => {
    expect((await items(TRACE)).from).toBe('2026-03-01T05:55:00.000Z')
  })
  it('is empty for a trace that is not there', async () => {
    expect(await items('0'.repeat(32))).toEqual({ from: null, to: null, items: [] })
  })
})
