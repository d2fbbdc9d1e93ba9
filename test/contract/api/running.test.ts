import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Cardinality, RunningSettings } from '../../../services/web/api/schemas.ts'
import { openWeb, type WebBed } from '../../support/web.ts'

const NOW = Date.parse('2026-03-01T12:00:00Z')
const place = { service: 'pay', environment: 'production', version: 'v1', commit: '' }

const point = (metric: string, series: number, attributes: Record<string, string>, at = '11:55:00') => ({
  ...{ ServiceName: 'pay', Environment: 'production', MetricName: metric, SeriesId: series, Attributes: attributes },
  ...{ TimeUnix: `2026-03-01 ${at}.000000000`, Value: 1 },
})

let bed: WebBed
beforeAll(async () => {
  bed = await openWeb(NOW, { PLUMBLINE_SENSITIVITY: 'high', PLUMBLINE_RETENTION_DAYS: '7' })
  await bed.store.insert('otel_metrics_gauge', [
    ...Array.from({ length: 60 }, (_, i) => point('queue.depth', i, { 'user.id': `u${i}`, zone: `z${i % 2}` })),
    point('pool.size', 1, {}),
    point('old.metric', 1, { 'user.id': 'x' }, '10:00:00'),
  ])
  await bed.store.insert('otel_metrics_sum', [
    point('http.requests', 1, { 'http.route': '/pay' }),
    point('http.requests', 2, { 'otel.metric.overflow': 'true' }),
    point('http.requests', 2, { 'otel.metric.overflow': 'true' }),
  ])
  const minute = NOW / 1000 - 300
  const routes = ['GET /a', 'GET /b', '(other)']
  await bed.store.insert(
    'rollup_routes',
    routes.map((route) => ({ ...place, minute, route, requests: 5, errors: 0, computed_at: NOW })),
  )
  await bed.store.insert('rollup_redactions', [
    { ...place, minute, signal: 'traces', rule: 'jwt', place: 'GET /a', count: 3, computed_at: NOW },
    { ...place, minute: minute - 60, signal: 'logs', rule: 'jwt', place: '', count: 2, computed_at: NOW },
    {
      ...place,
      minute: minute - 2 * 86_400,
      signal: 'logs',
      rule: 'card_number',
      place: '',
      count: 9,
      computed_at: NOW,
    },
  ])
})
afterAll(() => bed.close())

const get = async <T>(path: string) => {
  const { status, body } = await bed.call('GET', path)
  expect(status).toBe(200)
  return body as never as T
}

describe('cardinality', () => {
  it('names the metrics with the most series, what overflowed first, and the attributes that make them', async () => {
    const { metrics } = await get<Cardinality>('/api/v1/system/cardinality')
    expect(metrics.map((m) => [m.metric, m.series, m.points, m.overflow_points])).toEqual([
      ['http.requests', 2, 3, 2],
      ['queue.depth', 60, 60, 0],
      ['pool.size', 1, 1, 0],
    ])
    expect(metrics[1]!.attributes).toEqual([
      { key: 'user.id', values: 60 },
      { key: 'zone', values: 2 },
    ])
    expect(metrics[2]!.attributes).toEqual([])
  })
  it('says which names were too many and counted as one', async () => {
    const { names } = await get<Cardinality>('/api/v1/system/cardinality')
    expect(names).toEqual([{ what: 'routes', service: 'pay', environment: 'production', distinct: 3, folded: true }])
  })
})

describe('the settings that run', () => {
  it('are those of the process, with how long things are kept, and no secret', async () => {
    const settings = await get<RunningSettings>('/api/v1/system/settings')
    expect(settings).toMatchObject({ sensitivity: 'high', watch_minutes: 60, retention_days: { raw: 7, rollups: 28 } })
    expect(Object.keys(settings).sort()).toEqual(
      ['detect_every_s', 'redaction', 'retention_days', 'sensitivity', 'settle_minutes', 'watch_minutes'].sort(),
    )
  })
  it('count what redaction masked in the last day, by rule, also where that is nothing', async () => {
    const { redaction } = await get<RunningSettings>('/api/v1/system/settings')
    const of = (rule: string) => redaction.find((r) => r.rule === rule)
    expect(of('jwt')).toEqual({ rule: 'jwt', finds: 'a JSON Web Token', masked_24h: 5 })
    expect(of('card_number')!.masked_24h).toBe(0)
    expect(redaction).toHaveLength(10)
  })
})
