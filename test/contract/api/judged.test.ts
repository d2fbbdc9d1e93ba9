import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Compare } from '../../../services/web/api/schemas.ts'
import type { Deploy } from '../../../shared/model/deploy.ts'
import { readAttributeCounts } from '../../../shared/store/compare-attributes.ts'
import { openWeb, type WebBed } from '../../support/web.ts'
import { at, fillDeploys, fillLastWeek, fillRequests, fillTelemetry, T0 } from '../../support/web-data.ts'

let bed: WebBed
let deploys: { v1: Deploy; v2: Deploy }
beforeAll(async () => {
  bed = await openWeb(T0 + 120 * 60_000)
  await fillTelemetry(bed)
  await fillRequests(bed)
  await fillLastWeek(bed)
  deploys = await fillDeploys(bed)
})
afterAll(() => bed.close())

const get = async (path: string) => {
  const answer = await bed.call('GET', path)
  expect(answer.status, answer.text.slice(0, 500)).toBe(200)
  return answer.body as never as Record<string, never>
}

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
    for (const list of ['anomalies', 'incidents', 'channels', 'silences', 'deliveries', 'keys', 'logs', 'traces'])
      expect(await bed.call('GET', `/api/v1/${list}?cursor=${first.next}`), list).toMatchObject({
        status: 400,
        body: { errors: [{ pointer: '?cursor' }] },
      })
  })
  it('are asked for by times in any zone', async () => {
    const since = (time: string) => bed.call('GET', `/api/v1/deploys?from=${time}`)
    expect((await since('2026-03-01T11:30:00%2B01:00')).body).toMatchObject({ items: [{ version: 'v2' }] })
    expect((await since('2026-03-01T11:30:00+01:00')).body).toMatchObject({
      detail: expect.stringContaining('cannot use from: must have the + of its zone written as %2B'),
    })
    expect((await since('1772361000')).body).toMatchObject({
      detail: 'cannot use from: must be an ISO 8601 time such as 2026-03-01T10:00:00Z',
    })
  })
  it('are read one by one', async () => {
    expect(await get(`/api/v1/deploys/${deploys.v1.id}`)).toMatchObject({ version: 'v1', verdict: 'no_difference' })
    expect((await bed.call('GET', '/api/v1/deploys/d_nope')).status).toBe(404)
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
  it('are compared by the attribute values of their requests, of all and of those that failed', async () => {
    const { attributes } = (await get(`/api/v1/deploys/${deploys.v2.id}/compare`)) as never as Compare
    expect(attributes).toMatchObject({ looked_at: { a: 600, b: 600 }, bad: { a: 60, b: 60 } })
    const told = (of: 'all' | 'among_bad') =>
      attributes![of].map((d) => [d.key, d.value, d.a, d.b, d.difference]).sort()
    expect(told('all')).toEqual([
      ['tier', 'free', 300, 600, -0.5],
      ['tier', 'gold', 300, 0, 0.5],
    ])
    expect(told('among_bad')).toEqual([
      ['tier', 'free', 0, 60, -1],
      ['tier', 'gold', 60, 0, 1],
    ])
    const same = (await get(`/api/v1/deploys/${deploys.v2.id}/compare?with=${deploys.v2.id}`)) as never as Compare
    expect(same.attributes).toMatchObject({ looked_at: { a: 600, b: 600 }, all: [], among_bad: [] })
  })
  it('of very many requests are compared by those of some minutes', async () => {
    const scope = { service: 'checkout', environment: 'production', build: { version: 'v1', commit: '' } }
    const hour = { ...scope, fromMs: T0, toMs: T0 + 60 * 60_000 }
    const read = (requests: number) =>
      readAttributeCounts(
        bed.store,
        { a: hour, b: hour, requests: { a: requests, b: 600 }, slowMs: null },
        new AbortController().signal,
      )
    const [whole, region] = await read(60_000)
    expect([whole, region]).toMatchObject([
      { key: '', a: 100, b: 600, a_bad: 10 },
      { key: 'region', value: 'eu', a: 100, b: 600 },
    ])
    expect((await read(1_000_000))[0]!.a).toBeLessThan(60)
  })
  it('are compared with the same hours of last week, whoever ran then', async () => {
    const c = (await get(`/api/v1/deploys/${deploys.v2.id}/compare?baseline=last_week`)) as never as Compare
    expect(c.a.deploy.id).toBe(deploys.v2.id)
    expect(c.b).toMatchObject({ deploy: null, verdict: null, requests: 1800, from: '2026-02-22T11:00:00.000Z' })
    expect(c.signals.find((s) => s.signal === 'requests')).toMatchObject({ a: { value: 40 }, b: { value: 30 } })
    expect(c.warnings).toEqual([])
  })
  it('of a canary say that last week was answered by all versions', async () => {
    const others = Array.from({ length: 60 }, (_, i) => ({
      ...{ service: 'checkout', environment: 'production', minute: T0 / 1000 + 60 * (60 + i), computed_at: T0 },
      ...{ version: 'v1', commit: 'aaaaaaaaaaaa', requests: 360, errors: 0, duration_sum_ns: 1 },
      ...{ bucket_index: [360], bucket_count: [360] },
    }))
    await bed.store.insert('rollup_services', others)
    const c = (await get(`/api/v1/deploys/${deploys.v2.id}/compare?baseline=last_week`)) as never as Compare
    expect(c.warnings[0]).toContain('answered 10 % of the requests')
    await bed.store.insert(
      'rollup_services',
      others.map((row) => ({ ...row, computed_at: T0 + 1, requests: 0 })),
    )
  })
  it('say so where nothing of last week is kept, and name no deploy beside it', async () => {
    const c = (await get(`/api/v1/deploys/${deploys.v1.id}/compare?baseline=last_week`)) as never as Compare
    expect(c.b).toMatchObject({ deploy: null, requests: 0 })
    expect(c.warnings).toEqual(['No request of these hours of last week is kept: compare with another deploy.'])
    const both = await bed.call(
      'GET',
      `/api/v1/deploys/${deploys.v2.id}/compare?baseline=last_week&with=${deploys.v1.id}`,
    )
    expect(both).toMatchObject({ status: 400, body: { errors: [{ pointer: '?with' }] } })
    expect((await bed.call('GET', `/api/v1/deploys/${deploys.v2.id}/compare?baseline=never`)).status).toBe(400)
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
        accepted: 0,
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
