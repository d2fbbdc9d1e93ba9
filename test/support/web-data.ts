import type { Deploy } from '../../shared/model/deploy.ts'
import type { Finding, Verdict } from '../../shared/model/verdict.ts'
import { recordDeployEvent } from '../../shared/state/deploys.ts'
import { writeAnomalies } from '../../shared/store/anomalies.ts'
import { writeVerdict } from '../../shared/store/verdicts.ts'
import type { WebBed } from './web.ts'

export const T0 = Date.parse('2026-03-01T10:00:00Z')
export const at = (minutes: number) => new Date(T0 + minutes * 60_000).toISOString()
const second = (minutes: number) => T0 / 1000 + minutes * 60
const place = { service: 'checkout', environment: 'production' }
export const builds = [
  { version: 'v1', commit: 'aaaaaaaaaaaa', from: 0, to: 60, errors: 0, bucket: 360 },
  { version: 'v2', commit: 'bbbbbbbbbbbb', from: 60, to: 120, errors: 6, bucket: 376 },
] as const

/**
 *  requests  40/min ───────────────────────────
 *  errors    0      ──────────────┌──── 12 %       v2 at minute 60, on GET /pay only
 *            10:00             11:00        12:00  = now
 */
export async function fillTelemetry(bed: WebBed): Promise<void> {
  const minutes = builds.flatMap((b) =>
    Array.from({ length: b.to - b.from }, (_, i) => ({ ...b, minute: second(b.from + i) })),
  )
  const row = (m: (typeof minutes)[number], requests: number, errors: number) => ({
    ...place,
    ...{ minute: m.minute, version: m.version, commit: m.commit, computed_at: T0, requests, errors },
    ...{ duration_sum_ns: requests * 1e7, bucket_index: [m.bucket, m.bucket + 16], bucket_count: [requests - 1, 1] },
  })
  const { store } = bed
  await store.insert(
    'rollup_routes',
    minutes.flatMap((m) => [
      { ...row(m, 20, 0), route: 'GET /cart' },
      { ...row(m, 20, m.errors), route: 'GET /pay' },
    ]),
  )
  await store.insert(
    'rollup_services',
    minutes.map((m) => ({ ...row(m, 40, m.errors), bucket_count: [38, 2] })),
  )
  await store.insert(
    'rollup_instances',
    minutes.map((m) => {
      const { bucket_index: _index, bucket_count: _count, ...plain } = row(m, 40, m.errors)
      return { ...plain, instance: `${m.version}-1` }
    }),
  )
  await store.insert(
    'rollup_edges',
    minutes.map((m) => ({ ...row(m, 10, 0), peer: 'postgres', route: 'SELECT' })),
  )
  const bad = minutes.filter((m) => m.errors > 0)
  const { commit: _c, ...named } = { commit: '', ...place }
  const of = (m: (typeof minutes)[number]) => ({
    ...named,
    minute: m.minute,
    version: m.version,
    commit: m.commit,
    computed_at: T0,
  })
  await store.insert(
    'rollup_exceptions',
    bad.map((m) => ({ ...of(m), exception_type: 'TypeError', count: 3 })),
  )
  await store.insert(
    'rollup_logs',
    bad.map((m) => ({ ...of(m), severity: 'error', count: 3 })),
  )
  await store.insert(
    'rollup_log_patterns',
    bad.map((m) => ({ ...of(m), pattern_id: '18446744073709551610', severity: 'error', count: 3 })),
  )
  await store.insert('log_patterns', [
    {
      service: 'checkout',
      pattern_id: '18446744073709551610',
      template: 'cannot pay <*>',
      sample: 'cannot pay 7',
      updated_at: T0,
    },
  ])
  await store.insert(
    'rollup_metrics',
    minutes.map((m) => ({
      ...of(m),
      ...{
        metric: 'process.memory',
        series_id: 1,
        attributes: '{}',
        unit: 'By',
        kind: 'gauge',
        points: 2,
        instances: 1,
      },
      ...{ value_sum: 200, value_min: 90, value_max: 110 },
    })),
  )
}

/** Ten requests a minute of each build, every tenth failed: those of v1 of tier free; every second of v2 of tier gold, the failed ones among them. */
export async function fillRequests(bed: WebBed): Promise<void> {
  const rows = builds.flatMap(({ version, commit, from, to }) =>
    Array.from({ length: 10 * (to - from) }, (_, i) => ({
      ...{ Timestamp: (BigInt(T0 + from * 60_000 + i * 6000) * 1_000_000n).toString(), SpanId: `${version}${i}` },
      ...{ ServiceName: 'checkout', Environment: 'production', Version: version, Commit: commit },
      ...{ SpanName: 'GET /pay', Route: 'GET /pay', SpanKind: 'Server', IsEntry: 1, Duration: 1000 },
      Failed: i % 10 === 0 ? 1 : 0,
      SpanAttributes: { tier: version === 'v2' && i % 2 === 0 ? 'gold' : 'free', 'order.id': `${version}${i}` },
      ResourceAttributes: { 'service.version': version, region: 'eu' },
    })),
  )
  await bed.store.insert('otel_traces', rows)
}

/** Thirty requests a minute a week before the second hour, when v0 ran. */
export async function fillLastWeek(bed: WebBed): Promise<void> {
  const minutes = Array.from({ length: 60 }, (_, i) => second(60 + i) - 7 * 86_400)
  const counts = (requests: number) => ({
    ...{ requests, errors: 0, duration_sum_ns: requests * 1e7, bucket_index: [360], bucket_count: [requests] },
    ...{ ...place, version: 'v0', commit: '', computed_at: T0 },
  })
  await bed.store.insert(
    'rollup_services',
    minutes.map((minute) => ({ ...counts(30), minute })),
  )
  await bed.store.insert(
    'rollup_routes',
    minutes.flatMap((minute) => ['GET /cart', 'GET /pay'].map((route) => ({ ...counts(15), minute, route }))),
  )
}

export const TRACE = '0123456789abcdef0123456789abcdef'

/** Two requests of one trace, the inner one failed, with a log line. */
export async function fillTrace(bed: WebBed): Promise<void> {
  const one = {
    ...{
      Timestamp: '2026-03-01 11:59:00.123456789',
      TraceId: TRACE,
      SpanId: 'aaaaaaaaaaaaaaaa',
      SpanName: 'GET /pay',
      SpanKind: 'Server',
    },
    ...{
      ServiceName: 'checkout',
      Environment: 'production',
      Version: 'v2',
      Route: 'GET /pay',
      Duration: 250_000_000,
      IsEntry: 1,
      Failed: 1,
    },
    ...{ StatusCode: 'Error', HttpStatus: 500, ExceptionType: 'TypeError', SpanAttributes: { 'http.route': '/pay' } },
    'Events.Timestamp': ['2026-03-01 11:59:00.200000000'],
    'Events.Name': ['exception'],
    'Events.Attributes': [{ 'exception.type': 'TypeError' }],
  }
  const inner = {
    ...one,
    Timestamp: '2026-03-01 11:59:00.150000001',
    SpanId: 'bbbbbbbbbbbbbbbb',
    ParentSpanId: one.SpanId,
    SpanName: 'SELECT',
    IsEntry: 0,
    Failed: 0,
  }
  await bed.store.insert('otel_traces', [one, inner])
  const line = {
    Timestamp: '2026-03-01 11:59:00.200000000',
    TraceId: TRACE,
    SpanId: one.SpanId,
    SeverityText: 'ERROR',
    SeverityNumber: 17,
    ServiceName: 'checkout',
    Environment: 'production',
    Version: 'v2',
    PatternId: '18446744073709551610',
  }
  await bed.store.insert('otel_logs', [
    { ...line, Body: 'cannot pay 7' },
    { ...line, Body: 'paid', SeverityText: 'INFO', SeverityNumber: 9, Timestamp: '2026-03-01 11:58:00.000000000' },
  ])
}

export const findingOf = (more: Partial<Finding> = {}): Finding => ({
  ...{ signal: 'error_ratio', dimension: 'GET /pay', direction: 'up', harmful: true, unit: 'ratio' },
  ...{
    observed: 0.3,
    expected: 0,
    lower: 0,
    upper: 0.01,
    effect: 0.3,
    effect_unit: 'absolute',
    p_value: 1e-9,
    q_value: 1e-8,
  },
  ...{ score: 0.99, n: { baseline: 1200, current: 1200 }, baseline: 'before', method: 'exact', started_at: at(60) },
  window: { baseline: { from: at(0), to: at(60) }, current: { from: at(60), to: at(120) } },
  reason: 'errors 0 % → 30 %',
  ...{ exemplar_trace_ids: [TRACE], top_attributes: [], sql: 'SELECT 1' },
  ...more,
})

export const verdictOf = (d: Deploy, more: Partial<Verdict> = {}): Verdict => ({
  ...{ deploy_id: d.id, service: d.service, environment: d.environment, version: d.version, commit: d.commit },
  ...{ verdict: 'regressed', reason: 'errors rose', score: 0.99, decided_at: at(65), updated_at: at(66) },
  window: findingOf().window,
  findings: [findingOf()],
  checked: [],
  power: {
    smallest_error_ratio: 0.01,
    smallest_latency: 0.1,
    needs: null,
    requests: { baseline: 2400, current: 2400 },
  },
  commits: { wording: '1 commit since v1', commits: d.commits },
  ...{ suspects: [], final: false },
  ...more,
})

/** Both deploys, the verdict on the second, and its anomaly. */
export async function fillDeploys(bed: WebBed): Promise<{ v1: Deploy; v2: Deploy }> {
  const tell = (b: (typeof builds)[number]) =>
    recordDeployEvent(
      bed.state,
      {
        ...place,
        version: b.version,
        commit: b.commit,
        started_at: at(b.from),
        commits: [{ sha: b.commit, author: 'kim' }],
      },
      'api',
      T0,
    )
  const { deploy: v1 } = await tell(builds[0])
  const { deploy: v2 } = await tell(builds[1])
  await writeVerdict(
    bed.store,
    verdictOf(v1, { verdict: 'no_difference', findings: [], reason: 'nothing differs', score: 0.1 }),
  )
  await writeVerdict(bed.store, verdictOf(v2))
  const f = findingOf()
  await writeAnomalies(bed.store, [
    {
      ...{
        id: 'a_1',
        ...place,
        signal: f.signal,
        dimension: f.dimension,
        direction: f.direction,
        harmful: true,
        state: 'open',
      },
      ...{
        started_at: f.started_at,
        ended_at: null,
        observed: f.observed,
        expected: f.expected,
        lower: f.lower,
        upper: f.upper,
      },
      ...{
        unit: f.unit,
        effect: f.effect,
        effect_unit: f.effect_unit,
        p_value: f.p_value,
        score: f.score,
        suspects: [],
        updated_at: at(66),
      },
      deploy: { id: v2.id, version: v2.version, commit: v2.commit, commits: v2.commits },
      evidence: { finding: f, closed_reason: null },
    },
  ])
  return { v1, v2 }
}
