import { afterAll, beforeAll, expect, it } from 'vitest'
import { recompute } from '../../../services/detector/rollups/recompute.ts'
import { createTouchedReader, noneTouched } from '../../../services/detector/rollups/touched.ts'
import { systemClock } from '../../../shared/runtime/clock.ts'
import { type Bed, openBed } from '../../support/embedded.ts'
import { insertSpans, note, spansOf } from '../../support/telemetry.ts'

let bed: Bed
beforeAll(async () => {
  bed = await openBed()
})
afterAll(() => bed.close())

const T0 = Date.parse('2026-03-01T10:00:00Z')
const M0 = T0 / 60_000
const touched = (signal: 'traces' | 'logs' | 'metrics', ...minutes: number[]) => ({
  ...noneTouched(),
  [signal]: new Set(minutes),
})

it('recomputes routes, edges, instances and exceptions of the minutes touched, the same whatever how often', async () => {
  const rows = [
    ...spansOf({
      service: 'shop',
      version: 'v1',
      fromMs: T0,
      minutes: 3,
      requestsPerMinute: 100,
      seed: 1,
      routes: { '/a': { errorRatio: 0.2, peer: 'db' }, '/b': {} },
    }),
  ]
  await insertSpans(bed.store, rows, systemClock.nowMs())
  const read = createTouchedReader(bed.store)
  const first = await read(0)
  expect([...first.touched.traces].sort()).toEqual([M0, M0 + 1, M0 + 2])
  expect((await read(first.cursorMs)).touched.traces.size).toBe(0)
  await recompute(bed.store, first.touched, T0)
  await recompute(bed.store, first.touched, T0 + 1)
  const [routes] = await bed.store.rows<Record<string, string>>(
    `SELECT sum(requests) AS requests, sum(errors) AS errors, sum(arraySum(bucket_count)) AS counted, uniqExact(minute) AS minutes, sum(duration_sum_ns) AS ns, max(length(bucket_index)) AS buckets FROM rollup_routes FINAL WHERE service = 'shop'`,
  )
  const entries = rows.filter((r) => r.IsEntry === 1)
  const failed = entries.filter((r) => r.Failed === 1).length
  expect(routes).toMatchObject({
    requests: '300',
    errors: String(failed),
    counted: '300',
    minutes: '3',
    ns: String(entries.reduce((s, r) => s + (r.Duration as number), 0)),
  })
  expect(
    await bed.store.rows(
      `SELECT sum(requests) AS requests, sum(errors) AS errors, sum(arraySum(bucket_count)) AS counted, count() AS rows FROM rollup_services FINAL WHERE service = 'shop'`,
    ),
  ).toEqual([{ requests: '300', errors: String(failed), counted: '300', rows: '3' }])
  const [edges] = await bed.store.rows(`SELECT sum(requests) AS requests, any(peer) AS peer FROM rollup_edges FINAL`)
  expect(edges).toEqual({ requests: String(rows.length - 300), peer: 'db' })
  expect(
    await bed.store.rows(`SELECT exception_type, sum(count) AS n FROM rollup_exceptions FINAL GROUP BY 1`),
  ).toEqual([{ exception_type: 'Error', n: String(failed) }])
  expect(await bed.store.rows(`SELECT instance, sum(requests) AS n FROM rollup_instances FINAL GROUP BY 1`)).toEqual([
    { instance: 'shop-1', n: '300' },
  ])
})

it('keeps the busiest and the broken of too many routes and folds the rest', async () => {
  const rows = [
    ...spansOf({
      service: 'wide',
      version: 'v1',
      fromMs: T0,
      minutes: 1,
      requestsPerMinute: 900,
      seed: 2,
      routes: Object.fromEntries(
        Array.from({ length: 300 }, (_, i) => [
          `/r${i}`,
          { errorRatio: i === 299 ? 1 : 0, weight: i < 10 ? 20 : i === 299 ? 0.5 : 1 },
        ]),
      ),
    }),
  ]
  await insertSpans(bed.store, rows, systemClock.nowMs())
  await recompute(bed.store, touched('traces', M0), T0 + 2)
  const [all] = await bed.store.rows(
    `SELECT uniqExact(route) AS routes, sum(requests) AS n FROM rollup_routes FINAL WHERE service = 'wide' AND requests > 0`,
  )
  expect(all).toEqual({ routes: '201', n: '900' })
  const broken = await bed.store.rows(`SELECT route FROM rollup_routes FINAL WHERE service = 'wide' AND errors > 0`)
  expect(broken).toEqual([{ route: '/r299' }])
  await bed.store.insert(
    'otel_traces',
    rows.map((r, i) => ({ ...r, Route: `/r${(i % 290) + 9}`, Failed: 0 })),
  )
  await recompute(bed.store, touched('traces', M0), T0 + 3)
  const [again] = await bed.store.rows(
    `SELECT uniqExact(route) AS routes, sum(requests) AS n FROM rollup_routes FINAL WHERE service = 'wide' AND requests > 0`,
  )
  expect(again).toMatchObject({ n: '1800' })
})

it('counts a call where parent and child are spans of two services', async () => {
  const parent = [
    ...spansOf({
      service: 'front',
      version: 'v1',
      fromMs: T0,
      minutes: 1,
      requestsPerMinute: 20,
      seed: 3,
      routes: { '/': { peer: 'back' } },
    }),
  ]
  const child = parent
    .filter((s) => s.SpanKind === 'Client')
    .map((s, i) => ({
      ...s,
      ServiceName: 'back',
      SpanKind: 'Server',
      ParentSpanId: s.SpanId!,
      SpanId: `c${i}`,
      IsEntry: 1,
    }))
  await insertSpans(bed.store, [...parent, ...child], systemClock.nowMs())
  await recompute(bed.store, touched('traces', M0), T0 + 4)
  expect(
    await bed.store.rows(`SELECT caller, callee, sum(requests) AS n FROM rollup_calls FINAL GROUP BY 1, 2`),
  ).toEqual([{ caller: 'front', callee: 'back', n: '20' }])
})

it('counts calls by the route whose trace made them, each build of a trace by itself', async () => {
  const span = (trace: string, version: string, secondsIn: number, more: object) => ({
    TraceId: trace,
    SpanId: `${trace}${version}${secondsIn}`,
    Timestamp: `${BigInt(T0 + 3_600_000 + secondsIn * 1000) * 1_000_000n}`,
    ServiceName: 'till',
    Environment: 'production',
    Version: version,
    ...more,
  })
  const entry = (trace: string, version: string, secondsIn: number, route: string) =>
    span(trace, version, secondsIn, { SpanKind: 'Server', IsEntry: 1, SpanName: route, Route: route })
  const call = (trace: string, version: string, secondsIn: number) =>
    span(trace, version, secondsIn, { SpanKind: 'Client', IsEntry: 0, SpanName: 'SELECT', Peer: 'ledger' })
  await bed.store.insert('otel_traces', [
    entry('t1', 'v1', 1, '/pay'),
    entry('t1', 'v1', 2, '/retry'),
    call('t1', 'v1', 3),
    call('t1', 'v1', 4),
    entry('t1', 'v2', 5, '/book'),
    call('t1', 'v2', 6),
    entry('t2', 'v1', -2, '/late'),
    call('t2', 'v1', 7),
    call('orphan', 'v1', 8),
  ])
  await recompute(bed.store, touched('traces', M0 + 60), T0 + 5)
  const calls = `SELECT version, route, peer, sum(calls) AS n FROM rollup_route_calls FINAL WHERE service = 'till' GROUP BY 1, 2, 3 ORDER BY 1, 2`
  expect(await bed.store.rows(calls)).toEqual([
    { version: 'v1', route: '/late', peer: 'ledger', n: '1' },
    { version: 'v1', route: '/pay', peer: 'ledger', n: '2' },
    { version: 'v2', route: '/book', peer: 'ledger', n: '1' },
  ])
})

it('understands counters that reset, gauges, deltas and histograms', async () => {
  const point = (metric: string, minute: number, value: number, more = {}) => ({
    ServiceName: 'm',
    Environment: 'production',
    Version: 'v1',
    Instance: 'i1',
    MetricName: metric,
    MetricUnit: '1',
    Attributes: { k: 'v' },
    StartTimeUnix: `${BigInt(T0 - 3_600_000) * 1_000_000n}`,
    TimeUnix: `${BigInt(T0 + minute * 60_000 + 5000) * 1_000_000n}`,
    Value: value,
    ...more,
  })
  const sum = { AggregationTemporality: 2, IsMonotonic: true }
  const delta = { AggregationTemporality: 1, IsMonotonic: true }
  await bed.store.insert('otel_metrics_sum', [
    point('c', 0, 100, sum),
    point('c', 1, 130, sum),
    point('c', 2, 20, sum),
    point('c', 3, 5, { ...sum, StartTimeUnix: `${BigInt(T0 + 170_000) * 1_000_000n}` }),
    point('c', 3, 30, { ...sum, Instance: 'i2', StartTimeUnix: `${BigInt(T0 + 170_000) * 1_000_000n}` }),
    point('d', 1, 7, delta),
    point('d', 1, 8, { ...delta, TimeUnix: `${BigInt(T0 + 75_000) * 1_000_000n}` }),
    point('u', 1, 7, { AggregationTemporality: 2, IsMonotonic: false }),
  ])
  await bed.store.insert('otel_metrics_gauge', [point('g', 1, 4), point('g', 1, 6), point('g', 1, 1e9, { Flags: 1 })])
  const histogram = (minute: number, count: number, total: number, temporality: number) => {
    const { Value: _, ...rest } = point('h', minute, 0)
    return { ...rest, MetricName: `h${temporality}`, Count: count, Sum: total, AggregationTemporality: temporality }
  }
  await bed.store.insert('otel_metrics_histogram', [
    histogram(0, 10, 100, 2),
    histogram(1, 14, 180, 2),
    histogram(1, 3, 9, 1),
  ])
  await note(bed.store, 'metrics', [M0], T0)
  await recompute(bed.store, touched('metrics', M0, M0 + 1, M0 + 2, M0 + 3), T0 + 5)
  const rows = await bed.store.rows(
    `SELECT metric, kind, toUInt32((toUnixTimestamp(minute) - ${T0 / 1000}) / 60) AS m, toUInt32(points) AS n, toUInt32(instances) AS i, value_sum AS v FROM rollup_metrics FINAL ORDER BY metric, minute`,
  )
  expect(rows).toEqual([
    { metric: 'c', kind: 'counter', m: 1, n: 1, i: 1, v: 30 },
    { metric: 'c', kind: 'counter', m: 2, n: 1, i: 1, v: 20 },
    { metric: 'c', kind: 'counter', m: 3, n: 2, i: 2, v: 35 },
    { metric: 'd', kind: 'counter', m: 1, n: 2, i: 1, v: 15 },
    { metric: 'g', kind: 'gauge', m: 1, n: 2, i: 1, v: 10 },
    { metric: 'h1', kind: 'histogram', m: 1, n: 3, i: 1, v: 9 },
    { metric: 'h2', kind: 'histogram', m: 1, n: 4, i: 1, v: 80 },
    { metric: 'u', kind: 'gauge', m: 1, n: 1, i: 1, v: 7 },
  ])
})
