import { request } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Deploy } from '../../../shared/model/deploy.ts'
import { openWeb, type WebBed } from '../../support/web.ts'
import { at, fillDeploys, fillTelemetry, fillTrace, T0, TRACE } from '../../support/web-data.ts'

let bed: WebBed
let deploys: { v1: Deploy; v2: Deploy }
beforeAll(async () => {
  bed = await openWeb(T0 + 120 * 60_000)
  await fillTelemetry(bed)
  await fillTrace(bed)
  deploys = await fillDeploys(bed)
})
afterAll(() => bed.close())

const get = async (path: string) => {
  const answer = await bed.call('GET', path)
  expect(answer.status, answer.text.slice(0, 500)).toBe(200)
  return answer.body as never as Record<string, never>
}

describe('the first page', () => {
  it('says what has arrived and where to send to', async () => {
    expect(await get('/api/v1/status')).toMatchObject({
      traces: { rows: 2, last_at: '2026-03-01T11:59:00.150Z' },
      logs: { rows: 2 },
      metrics: { rows: 0, last_at: null },
      deploys: { count: 2, last_at: at(60) },
      services: 1,
      engine: 'embedded',
      otlp_http: 'http://127.0.0.1:4318',
      auth: false,
    })
  })
})

describe('services', () => {
  it('show health, figures and the version that runs', async () => {
    const { items } = (await get('/api/v1/services')) as never as { items: Record<string, never>[] }
    expect(items).toHaveLength(1)
    expect(items[0]).toMatchObject({
      service: 'checkout',
      environment: 'production',
      health: 'regressed',
      version: 'v2',
      deploy_id: deploys.v2.id,
      verdict: 'regressed',
      open_anomalies: 1,
      requests_per_minute: 40,
      error_ratio: 0.15,
    })
    expect(items[0]).toHaveProperty('sparkline.requests.length', 30)
  })
  it('show nothing of another environment', async () => {
    expect(await get('/api/v1/services?environment=staging')).toEqual({ items: [], next: null })
  })
  it('split by version, route, dependency, exception and metric', async () => {
    const one = (await get('/api/v1/services/checkout')) as never as Record<string, Record<string, unknown>[]>
    expect(one.versions?.map((v) => [v.version, v.verdict, v.requests])).toEqual([
      ['v2', 'regressed', 2400],
      ['v1', 'no_difference', 2400],
    ])
    expect(one.routes).toMatchObject([
      { route: 'GET /cart', error_ratio: 0 },
      { route: 'GET /pay', error_ratio: 0.15 },
    ])
    expect(one.dependencies).toMatchObject([{ peer: 'postgres', requests: 1200 }])
    expect(one.exceptions).toEqual([{ type: 'TypeError', count: 180, first_seen_at: at(60) }])
    expect(one.metrics).toEqual([{ metric: 'process.memory', unit: 'By', kind: 'gauge', series: 1 }])
  })
  it('that were never seen are a problem', async () => {
    const answer = await bed.call('GET', '/api/v1/services/nobody')
    expect(answer.status).toBe(404)
    expect(answer.headers.get('content-type')).toBe('application/problem+json; charset=utf-8')
    expect(answer.body).toMatchObject({ status: 404, title: 'Not found', instance: '/api/v1/services/nobody' })
  })
})

describe('a series', () => {
  const series = async (query: string) =>
    (await get(`/api/v1/services/checkout/series?from=${at(0)}&to=${at(120)}&${query}`)) as never as {
      unit: string
      step_s: number
      series: { key: object; points: [number, number | null][]; samples: [number, number][] }[]
      band: unknown
      deploys: { version: string; verdict: string }[]
    }
  it('has every step of its window, with its sample size and the deploys', async () => {
    const s = await series('signal=error_ratio&step_s=1800')
    expect(s).toMatchObject({ unit: 'ratio', step_s: 1800, band: null })
    expect(s.series).toEqual([
      {
        key: {},
        points: [0, 1800, 3600, 5400].map((o) => [T0 / 1000 + o, o < 3600 ? 0 : 0.15]),
        samples: [0, 1800, 3600, 5400].map((o) => [T0 / 1000 + o, 1200]),
      },
    ])
    expect(s.deploys.map((d) => [d.version, d.verdict])).toEqual([
      ['v2', 'regressed'],
      ['v1', 'no_difference'],
    ])
  })
  it('is split by version with gaps where a version did not run', async () => {
    const s = await series('signal=latency&quantile=0.5&by=version&step_s=3600')
    expect(s.series.map((one) => one.key)).toEqual([{ version: 'v1' }, { version: 'v2' }])
    expect(s.series[0]?.points[1]?.[1]).toBeNull()
    expect((s.series[1]?.points[1]?.[1] ?? 0) / (s.series[0]?.points[0]?.[1] ?? 1)).toBeCloseTo(2, 6)
  })
  it('is split by route, and can be one route only', async () => {
    expect((await series('signal=requests&by=route')).series.map((one) => one.key)).toHaveLength(2)
    const one = await series('signal=error_ratio&route=GET%20%2Fpay&step_s=3600')
    expect(one.series[0]?.points.map((p) => p[1])).toEqual([0, 0.3])
  })
  it('carries a band of the window before', async () => {
    const s = (await get(`/api/v1/services/checkout/series?from=${at(60)}&to=${at(120)}`)) as never as {
      band: { points: number[][] }
    }
    expect(s.band.points[0]).toEqual([T0 / 1000 + 3600, 40, 40, 40])
  })
  it('of a metric has the unit of the metric', async () => {
    expect(await series('signal=metric&metric=process.memory&step_s=7200')).toMatchObject({
      unit: 'By',
      series: [{ points: [[T0 / 1000, 100]] }],
    })
  })
  it.each([
    ['signal=metric', '?metric'],
    ['step_s=1', undefined],
    ['signal=weather', '?signal'],
    ['quantile=2', '?quantile'],
  ])('with %s names %s', async (query, pointer) => {
    const answer = await bed.call('GET', `/api/v1/services/checkout/series?from=${at(0)}&to=${at(120)}&${query}`)
    expect(answer.status).toBe(pointer ? 400 : 200)
    if (pointer) expect(answer.body.errors).toMatchObject([{ pointer }])
  })
  it('of more than 2000 points is refused, saying which step would do', async () => {
    const answer = await bed.call(
      'GET',
      `/api/v1/services/checkout/series?from=2026-02-01T00:00:00Z&to=2026-03-01T00:00:00Z&step_s=60`,
    )
    expect(answer.body).toMatchObject({ status: 400, errors: [{ pointer: '?step_s' }] })
  })
})

describe('telemetry', () => {
  it('lists log patterns with where they began', async () => {
    expect(await get('/api/v1/services/checkout/logs/patterns')).toMatchObject({
      items: [
        {
          pattern_id: '18446744073709551610',
          template: 'cannot pay <*>',
          count: 180,
          first_version: 'v2',
          severity: 'error',
          first_seen_at: at(60),
        },
      ],
    })
  })
  it('finds log lines by level and text, page by page', async () => {
    expect(await get('/api/v1/logs?level=warn')).toMatchObject({ items: [{ body: 'cannot pay 7' }], next: null })
    expect(await get('/api/v1/logs?q=PAID')).toMatchObject({ items: [{ body: 'paid' }] })
    const first = await get('/api/v1/logs?limit=1')
    expect(await get(`/api/v1/logs?limit=1&cursor=${first.next}`)).toMatchObject({
      items: [{ body: 'paid' }],
      next: null,
    })
  })
  it('finds requests that failed or were slow', async () => {
    expect(await get('/api/v1/traces?failed=true&min_ms=200&service=checkout&route=GET%20/pay')).toMatchObject({
      items: [{ trace_id: TRACE, duration_ms: 250, http_status: 500, exception_type: 'TypeError' }],
    })
    expect(await get('/api/v1/traces?min_ms=251')).toMatchObject({ items: [] })
  })
  it('shows a trace with its logs', async () => {
    const trace = (await get(`/api/v1/traces/${TRACE.toUpperCase()}`)) as never as {
      spans: { offset_ns: number }[]
      logs: unknown[]
    }
    expect(trace.spans.map((s) => s.offset_ns)).toEqual([0, 26_543_212])
    expect(trace.logs).toHaveLength(2)
    expect((await bed.call('GET', '/api/v1/traces/ffff')).status).toBe(404)
  })
})

describe('deploys', () => {
  it('are listed newest first with the word of their verdict', async () => {
    expect(await get('/api/v1/deploys?commit=bbbbbbbb')).toMatchObject({
      items: [{ id: deploys.v2.id, verdict: 'regressed', reason: 'errors rose', verdict_score: 0.99 }],
    })
    const first = await get('/api/v1/deploys?limit=1')
    expect(await get(`/api/v1/deploys?limit=1&cursor=${first.next}`)).toMatchObject({
      items: [{ version: 'v1' }],
      next: null,
    })
  })
  it('have a verdict', async () => {
    expect(await get(`/api/v1/deploys/${deploys.v2.id}/verdict`)).toMatchObject({
      verdict: 'regressed',
      findings: [{ signal: 'error_ratio' }],
    })
  })
  it('are compared, aligned on the time since each began', async () => {
    const c = (await get(`/api/v1/deploys/${deploys.v2.id}/compare`)) as never as {
      signals: { signal: string; change: number; a: { points: unknown[] } }[]
    }
    expect(c).toMatchObject({
      window_s: 3600,
      step_s: 60,
      a: { requests: 2400, instances: 1 },
      b: { deploy: { id: deploys.v1.id } },
    })
    expect(c.signals.find((s) => s.signal === 'error_ratio')).toMatchObject({ change: 0.15, change_unit: 'absolute' })
    expect(c.signals.find((s) => s.signal === 'latency_p50')?.change).toBeCloseTo(1, 6)
    expect(c.signals[0]?.a.points).toHaveLength(60)
    expect(await get(`/api/v1/deploys/${deploys.v1.id}/compare?with=${deploys.v2.id}`)).toHaveProperty(
      'routes.length',
      2,
    )
  })
  it('cannot be compared with nothing', async () => {
    expect((await bed.call('GET', `/api/v1/deploys/${deploys.v1.id}/compare`)).body).toMatchObject({
      status: 400,
      errors: [{ pointer: '?with' }],
    })
  })
})

describe('the gate', () => {
  it('says no to a deploy that regressed, with 200 for Argo and 412 for Flagger', async () => {
    expect(await get('/api/v1/gate?service=checkout&version=v2')).toEqual({
      data: {
        verdict: 'regressed',
        ok: false,
        score: 0.99,
        reason: 'errors rose',
        deploy_id: deploys.v2.id,
        findings: 1,
      },
    })
    expect((await bed.call('GET', '/api/v1/gate?service=checkout&commit=bbbbbbb&strict=1')).status).toBe(412)
  })
  it('says yes where nothing differs', async () => {
    expect(await get('/api/v1/gate?service=checkout&version=v1&strict=1')).toMatchObject({
      data: { ok: true, verdict: 'no_difference' },
    })
  })
  it('is pending for what nobody told of', async () => {
    expect(await get('/api/v1/gate?service=checkout&version=v9')).toMatchObject({
      data: { verdict: 'pending', ok: false, deploy_id: null },
    })
    expect((await bed.call('GET', '/api/v1/gate?service=checkout&version=v9&strict=1')).status).toBe(202)
  })
  it('needs a service', async () => {
    expect((await bed.call('GET', '/api/v1/gate')).body).toMatchObject({
      status: 400,
      errors: [{ pointer: '?service' }],
    })
  })
})

describe('anomalies', () => {
  it('are found by each filter', async () => {
    for (const query of [
      `deploy=${deploys.v2.id}`,
      'commit=bbbbbbb',
      'signal=error_ratio',
      'state=open',
      `from=${at(0)}&to=${at(120)}`,
    ])
      expect(await get(`/api/v1/anomalies?${query}`), query).toMatchObject({ items: [{ id: 'a_1' }] })
    expect(await get('/api/v1/anomalies?state=closed')).toEqual({ items: [], next: null })
    expect(await get('/api/v1/anomalies/a_1')).toMatchObject({ id: 'a_1', evidence: { closed_reason: null } })
  })
})

describe('the system', () => {
  it('tells of itself', async () => {
    expect(await get('/api/v1/system')).toMatchObject({ engine: 'embedded', state: 'sqlite', ready: true })
    expect(await get('/healthz')).toEqual({ status: 'ok' })
    expect(await get('/readyz')).toEqual({ ready: true, reasons: [] })
    expect((await bed.call('GET', '/metrics')).headers.get('content-type')).toMatch(/^text\/plain/)
  })
  it('answers 304 to who has the answer already', async () => {
    const first = await bed.call('GET', '/api/v1/deploys')
    // Not by fetch: it adds `cache-control: no-cache`, as a forced reload does.
    const status = await new Promise((resolve, reject) => {
      const headers = { 'if-none-match': first.headers.get('etag') ?? '' }
      request(`${bed.url}/api/v1/deploys`, { headers }, (response) => resolve(response.statusCode))
        .on('error', reject)
        .end()
    })
    expect(status).toBe(304)
  })
})
