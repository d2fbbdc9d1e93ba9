import { request } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { reachable } from '../../../services/web/api/status.ts'
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

describe('where to send to', () => {
  it('is told as the asker reaches it where Plumbline listens on every address', () => {
    expect(reachable('http://0.0.0.0:4318', 'plumbline.example:8080')).toBe('http://plumbline.example:4318')
    expect(reachable('http://127.0.0.1:4318', 'plumbline.example')).toBe('http://127.0.0.1:4318')
    expect(reachable(undefined, 'x')).toBeNull()
  })
})

describe('a span of time', () => {
  it.each(['/services', '/services/checkout', '/services/checkout/logs/patterns', '/logs', '/traces'])(
    'in %s is one in which telemetry can have been',
    async (path) => {
      for (const year of [1969, 2200, 9998]) {
        const answer = await bed.call('GET', `/api/v1${path}?from=${year}-06-01T00:00:00Z&to=${year}-07-01T00:00:00Z`)
        expect(answer).toMatchObject({
          status: 400,
          body: { errors: [{ pointer: '?to', detail: 'it must lie between the years 1980 and 2100' }] },
        })
      }
    },
  )
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
  it('run what had begun by the end of the span, not what begins later', async () => {
    const span = `from=${at(0)}&to=${at(30)}`
    const { items } = (await get(`/api/v1/services?${span}`)) as never as { items: Record<string, never>[] }
    expect(items).toMatchObject([{ version: 'v1', deploy_id: deploys.v1.id }])
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
    expect(one.versions?.map((v) => [v.new_exceptions, v.new_log_patterns])).toEqual([
      [['TypeError'], 1],
      [[], 0],
    ])
    expect(one.routes).toMatchObject([
      { route: 'GET /cart', error_ratio: 0 },
      { route: 'GET /pay', error_ratio: 0.15 },
    ])
    expect(one.dependencies).toMatchObject([{ peer: 'postgres', requests: 1200 }])
    expect(one.exceptions).toEqual([{ type: 'TypeError', count: 180, first_seen_at: at(60) }])
    const clean = { resets_inferred: 0, repeats: 0, skipped: 0, single_writer_violations: 0 }
    expect(one.metrics).toEqual([{ metric: 'process.memory', unit: 'By', kind: 'gauge', series: 1, ...clean }])
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
  it('finds the lines of a pattern, and says when it does not know one', async () => {
    const lines = '/api/v1/logs?pattern_id='
    expect(await get(`${lines}18446744073709551610&service=checkout`)).toMatchObject({
      items: [{ body: 'cannot pay 7' }],
      next: null,
    })
    expect((await bed.call('GET', `${lines}18446744073709551610&service=cart`)).body).toMatchObject({
      status: 404,
      detail: expect.stringContaining('log pattern "18446744073709551610"'),
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

describe('the system', () => {
  it('tells of itself', async () => {
    expect(await get('/api/v1/system')).toMatchObject({ engine: 'embedded', state: 'sqlite', ready: true })
    expect(await get('/healthz')).toEqual({ status: 'ok' })
    expect(await get('/readyz')).toEqual({ ready: true, reasons: [] })
    const metrics = await bed.call('GET', '/metrics')
    expect(metrics.headers.get('content-type')).toMatch(/^text\/plain/)
    expect(metrics.text).toContain('plumbline_web_answers_total{method="GET",path="/healthz",status="200"}')
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
