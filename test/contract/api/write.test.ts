import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Incident } from '../../../shared/model/alert.ts'
import { enqueue } from '../../../shared/state/deliveries.ts'
import { openWeb, type WebBed } from '../../support/web.ts'
import { at, T0 } from '../../support/web-data.ts'

let bed: WebBed
beforeAll(async () => {
  bed = await openWeb(T0)
})
afterAll(() => bed.close())

const post = (path: string, body?: unknown) => bed.call('POST', `/api/v1${path}`, { body })
describe('channels', () => {
  const input = { name: 'on-call', kind: 'webhook', url: 'https://hooks.example.com/x' }
  it('are added, read, changed, tested and removed; a secret is shown once', async () => {
    const created = await post('/channels', input)
    expect(created).toMatchObject({ status: 201, body: { name: 'on-call', enabled: true, secret: { set: true } } })
    const secret = String(created.body.generated_secret)
    expect(secret).toMatch(/^whsec_/)
    const path = `/api/v1/channels/${created.body.id}`
    expect((await bed.call('GET', path)).text).not.toContain(secret.slice(6, 30))
    expect((await bed.call('PATCH', path, { body: { enabled: false } })).body).toMatchObject({ enabled: false })
    const tested = await bed.call('POST', `${path}/test`)
    expect(tested).toMatchObject({
      status: 202,
      body: { event: 'test', state: 'pending', channel_id: created.body.id },
    })
    expect((await bed.call('GET', `/api/v1/deliveries?channel_id=${created.body.id}`)).body).toMatchObject({
      items: [{ id: tested.body.id }],
    })
    expect((await bed.call('POST', `${path}/rotate`)).body.generated_secret).not.toBe(secret)
    expect((await bed.call('DELETE', path)).status).toBe(204)
    expect((await bed.call('GET', path)).status).toBe(404)
  })
  it('refuse private targets, unknown kinds, scripts and a name in use', async () => {
    expect((await post('/channels', { ...input, url: 'http://127.0.0.1/x' })).body).toMatchObject({
      status: 400,
      errors: [{ pointer: '/url' }],
    })
    expect((await post('/channels', { ...input, kind: 'pigeon' })).body).toMatchObject({
      errors: [{ pointer: '/kind' }],
    })
    expect((await post('/channels', { ...input, kind: 'script' })).body).toMatchObject({
      errors: [{ pointer: '/kind' }],
    })
    await post('/channels', input)
    expect((await post('/channels', input)).status).toBe(409)
  })
  it.each(['GET', 'PATCH', 'DELETE'])('that do not exist are a problem to %s', async (method) => {
    expect(
      (await bed.call(method, '/api/v1/channels/nope', method === 'PATCH' ? { body: { enabled: true } } : {})).status,
    ).toBe(404)
  })
})

describe('incidents', () => {
  const incident: Incident = {
    ...{
      id: 'inc_1',
      service: 'cart',
      services: ['cart'],
      environment: 'production',
      deploy_id: 'd_1',
      version: 'v7',
      commit: 'abcdef0123',
      commits: [],
    },
    ...{
      state: 'firing',
      severity: 'critical',
      title: 'cart: errors rose',
      anomaly_ids: ['a_1'],
      started_at: at(1),
      resolved_at: null,
    },
    ...{ acknowledged_at: null, acknowledged_by: null, note: null, created_at: at(1), updated_at: at(1) },
  }
  it('are listed, acknowledged and noted', async () => {
    await bed.state.run(
      'INSERT INTO incidents (id, incident_key, service, environment, deploy_id, state, phase, severity, started_at_ms, updated_at_ms, document, tracking) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
      ...[
        'inc_1',
        'k',
        'cart',
        'production',
        'd_1',
        'firing',
        'firing',
        'critical',
        T0,
        T0,
        JSON.stringify(incident),
        '{}',
      ],
    )
    expect((await bed.call('GET', '/api/v1/incidents?state=firing&service=cart')).body).toMatchObject({
      items: [{ id: 'inc_1' }],
    })
    expect((await post('/incidents/inc_1/ack', { by: 'kim' })).body).toMatchObject({ acknowledged_by: 'kim' })
    expect((await post('/incidents/inc_1/ack')).body).toMatchObject({ acknowledged_by: 'kim' })
    expect((await post('/incidents/inc_1/note', { note: 'rolled back' })).body).toMatchObject({ note: 'rolled back' })
    expect((await post('/incidents/inc_2/ack')).status).toBe(404)
    expect((await post('/incidents/inc_1/note', {})).body).toMatchObject({
      status: 400,
      errors: [{ pointer: '/note' }],
    })
  })
})

describe('deliveries', () => {
  it('that are dead are sent again under the same id', async () => {
    const channel = { id: 'chn_1', name: 'x' }
    await bed.state.transaction((tx) =>
      enqueue(tx, {
        id: 'dlv_1',
        webhookId: 'msg_1',
        channel,
        incidentId: null,
        sequence: 0,
        event: 'firing',
        payload: '{}',
        nowMs: T0,
      }),
    )
    await bed.state.run("UPDATE deliveries SET state = 'dead' WHERE id = 'dlv_1'")
    expect((await bed.call('GET', '/api/v1/deliveries?state=dead')).body).toMatchObject({ items: [{ id: 'dlv_1' }] })
    expect((await post('/deliveries/dlv_1/replay')).body).toMatchObject({
      id: 'dlv_1',
      webhook_id: 'msg_1',
      state: 'pending',
    })
    expect((await post('/deliveries/dlv_2/replay')).status).toBe(404)
  })
})

describe('silences', () => {
  it('hold until they are ended', async () => {
    const made = await post('/silences', { matchers: { service: 'cart' }, ends_at: at(60), comment: 'known' })
    expect(made).toMatchObject({ status: 201, body: { created_by: 'console', starts_at: at(0) } })
    expect((await bed.call('GET', '/api/v1/silences?active=1')).body).toMatchObject({ items: [{ id: made.body.id }] })
    expect((await bed.call('DELETE', `/api/v1/silences/${made.body.id}`)).body).toMatchObject({ ends_at: at(0) })
    expect((await bed.call('GET', '/api/v1/silences?active=1')).body).toMatchObject({ items: [] })
  })
  it('must match something and end later', async () => {
    expect((await post('/silences', { matchers: {}, ends_at: at(60) })).body).toMatchObject({
      errors: [{ pointer: '/matchers' }],
    })
    expect((await post('/silences', { matchers: { service: 'a' }, ends_at: at(-1) })).body).toMatchObject({
      errors: [{ pointer: '/ends_at' }],
    })
  })
})

describe('keys', () => {
  it('are shown once and revoked at once', async () => {
    const made = await post('/keys', { name: 'ci', scopes: ['deploy', 'read'] })
    expect(made).toMatchObject({ status: 201, body: { scopes: ['read', 'deploy'] } })
    const headers = { authorization: `Bearer ${made.body.key}` }
    expect((await bed.call('GET', '/api/v1/session', { headers })).body).toMatchObject({ signed_in: true, name: 'ci' })
    expect((await bed.call('GET', '/api/v1/keys')).text).not.toContain(String(made.body.key))
    expect((await bed.call('DELETE', `/api/v1/keys/${made.body.id}`)).body).toHaveProperty('revoked_at', at(0))
    expect((await bed.call('GET', '/api/v1/session', { headers })).status).toBe(401)
  })
  it('need a name and a scope that exists', async () => {
    expect((await post('/keys', { name: 'x', scopes: ['root'] })).body).toMatchObject({
      errors: [{ pointer: '/scopes/0' }],
    })
    expect((await post('/keys', { scopes: ['read'] })).body).toMatchObject({ errors: [{ pointer: '/name' }] })
  })
})

describe('replays', () => {
  it('are queued and can be followed', async () => {
    const queued = await post('/replays', { from: at(-60), to: at(0), settings: { sensitivity: 'high' } })
    expect(queued).toMatchObject({ status: 202, body: { status: 'queued', verdicts: [], placebo: null } })
    expect((await bed.call('GET', `/api/v1/replays/${queued.body.id}`)).body).toMatchObject({
      settings: { sensitivity: 'high' },
    })
    expect((await post('/replays', { from: at(0), to: at(-60) })).body).toMatchObject({
      errors: [{ pointer: '/from' }],
    })
    expect((await bed.call('GET', '/api/v1/replays/nope')).status).toBe(404)
  })
  it('go no further than rollups are kept: one over years would keep the others waiting for hours', async () => {
    const days = (count: number) => at(-count * 24 * 60)
    expect((await post('/replays', { from: days(120), to: at(0) })).status).toBe(202)
    expect((await post('/replays', { from: days(1000), to: days(900) })).status).toBe(202)
    expect((await post('/replays', { from: days(121), to: at(0) })).body).toMatchObject({
      detail: 'cannot use from: it must be at most 120 days before to: rollups are kept no longer',
    })
  })
})
