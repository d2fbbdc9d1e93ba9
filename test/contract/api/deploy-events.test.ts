import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openWeb, type WebBed } from '../../support/web.ts'
import { at, T0 } from '../../support/web-data.ts'

let bed: WebBed
beforeAll(async () => {
  bed = await openWeb(T0)
})
afterAll(() => bed.close())

const post = (path: string, body?: unknown, headers?: Record<string, string>) =>
  bed.call('POST', `/api/v1${path}`, { body, ...(headers && { headers }) })
const deploy = { service: 'cart', environment: 'production', version: 'v7', commit: 'abcdef0123', started_at: at(0) }

describe('a deploy', () => {
  it('told twice is one', async () => {
    const first = await post('/deploys', { ...deploy, commits: [{ sha: 'abcdef0123', message: 'faster' }] })
    const second = await post('/deploys', deploy)
    expect([first.status, second.status]).toEqual([201, 201])
    expect(second.body.id).toBe(first.body.id)
    expect(first.headers.get('location')).toBe(`/api/v1/deploys/${first.body.id}`)
    const judged = await bed.call('GET', `/api/v1/deploys/${first.body.id}/verdict`)
    expect(judged.body).toMatchObject({ verdict: 'pending', decided_at: null })
  })
  it.each([
    [{ ...deploy, service: undefined }, '/service'],
    [{ ...deploy, started_at: 'yesterday' }, '/started_at'],
    [{ ...deploy, commits: [{ sha: '' }] }, '/commits/0/sha'],
    [{ ...deploy, url: 'javascript:alert(1)' }, '/url'],
    [{ ...deploy, finished_at: at(-1) }, '/finished_at'],
    [{ ...deploy, colour: 'red' }, '/colour'],
    [{ ...deploy, attributes: { a: 1 } }, '/attributes/a'],
    [[], ''],
  ])('that is not well formed names the field (%#)', async (body, pointer) => {
    const answer = await post('/deploys', body)
    expect(answer).toMatchObject({ status: 400, body: { title: 'The request is not valid' } })
    expect(answer.body.errors).toMatchObject([{ pointer }])
  })
  it('of a commit that runs under another version already is found under both', async () => {
    const rc = { ...deploy, service: 'promoted', version: '1.0.0-rc1' }
    const first = await post('/deploys', rc)
    const second = await post('/deploys', { ...rc, version: '1.0.0', commit: 'ABCDEF0123', started_at: at(9) })
    expect(second.body.id).toBe(first.body.id)
    for (const asked of ['version=1.0.0', 'version=1.0.0-rc1', 'commit=abcdef0123', 'commit=ABCDEF0123']) {
      const gate = await bed.call('GET', `/api/v1/gate?service=promoted&${asked}`)
      expect(gate.body, asked).toMatchObject({ data: { deploy_id: first.body.id } })
    }
  })
  it('may say null of whatever may be left out', async () => {
    const none = { repository: null, kind: null, finished_at: null, url: null, actor: null, attributes: null }
    const commits = [{ sha: 'abcdef0123', message: null, author: null, url: null, committed_at: null }]
    const bare = { service: 'nulls', started_at: at(0), commit: 'abcdef0123', version: null, environment: null }
    const answer = await post('/deploys', { ...bare, ...none, base_commit: null, commits })
    expect(answer).toMatchObject({
      status: 201,
      body: { version: '', environment: '', kind: 'deploy', finished_at: null, attributes: {} },
    })
    expect(answer.body.commits).toEqual([{ sha: 'abcdef0123' }])
    expect((await post('/deploys', { ...bare, commit: null })).body.errors).toMatchObject([{ pointer: '/version' }])
    expect((await post('/deploys', { ...bare, service: null })).body.errors).toMatchObject([{ pointer: '/service' }])
  })
  it('says of each wrong field what it takes', async () => {
    const wrong = { ...deploy, service: '', version: 'x'.repeat(257), started_at: '2026-03-01', url: 'shop' }
    const { errors } = (await post('/deploys', wrong)).body as never as { errors: { detail: string }[] }
    expect(errors.map((e) => e.detail)).toEqual([
      'must not be empty',
      'must have at most 256 characters',
      'must be an ISO 8601 time with its zone, such as 2026-03-01T10:00:00Z',
      'must be a URL that begins with https:// or http://',
    ])
  })
  it('takes times that telemetry can have', async () => {
    for (const started_at of ['1970-01-01T00:00:00Z', '9999-12-31T00:00:00Z'])
      expect((await post('/deploys', { ...deploy, started_at })).body.errors).toEqual([
        { pointer: '/started_at', detail: 'must lie between the years 1980 and 2100' },
      ])
  })
  it('needs a version or a commit, unless it is configuration or a flag', async () => {
    const { version: _v, commit: _c, ...bare } = deploy
    expect((await post('/deploys', bare)).body.errors).toMatchObject([{ pointer: '/version' }])
    expect((await post('/deploys', { ...bare, kind: 'flag' })).status).toBe(201)
  })
})

describe('a deployment_status of GitHub', () => {
  const event = (state: string) => ({
    action: 'created',
    deployment_status: {
      state,
      created_at: at(5),
      environment: 'production',
      target_url: '',
      log_url: 'https://ci.example/7',
    },
    deployment: {
      id: 42,
      sha: 'feedbeefcafe0123',
      ref: 'main',
      created_at: at(1),
      payload: { service: 'search' },
      creator: { login: 'kim' },
    },
    repository: { name: 'shop', full_name: 'acme/shop', html_url: 'https://github.com/acme/shop' },
  })
  it('is a deploy once it is a success', async () => {
    const waiting = await post('/deploys/github', event('in_progress'), { 'x-github-event': 'deployment_status' })
    expect(waiting).toMatchObject({ status: 202, body: { ignored: true } })
    const done = await post('/deploys/github', event('success'))
    expect(done).toMatchObject({
      status: 201,
      body: {
        service: 'search',
        environment: 'production',
        commit: 'feedbeefcafe0123',
        actor: 'kim',
        sources: ['github'],
        url: 'https://ci.example/7',
      },
    })
    expect((await post('/deploys/github', event('success'))).body.id).toBe(done.body.id)
  })
  it('that lacks a field names it; a ping is answered', async () => {
    expect((await post('/deploys/github', { action: 'created' })).body.errors).toContainEqual(
      expect.objectContaining({ pointer: '/deployment' }),
    )
    expect((await post('/deploys/github', { zen: 'x' }, { 'x-github-event': 'ping' })).status).toBe(202)
  })
})

describe('a CDEvent', () => {
  const event = (type: string) => ({
    context: {
      version: '0.4.1',
      id: `e-${type}`,
      source: '/ci',
      type: `dev.cdevents.service.${type}.0.2.0`,
      timestamp: at(9),
    },
    subject: {
      id: 'services/mail',
      type: 'service',
      content: { environment: { id: 'staging' }, artifactId: 'pkg:golang/acme.example/mail@234fd47e07d1004f0aed9c' },
    },
  })
  it('of a deployed service is a deploy, inside a CloudEvent too', async () => {
    const answer = await post('/deploys/cdevents', event('deployed'))
    expect(answer).toMatchObject({
      status: 201,
      body: {
        service: 'mail',
        environment: 'staging',
        version: '234fd47e07d1004f0aed9c',
        commit: '234fd47e07d1004f0aed9c',
        sources: ['cdevents'],
      },
    })
    const cloud = { specversion: '1.0', id: '1', source: '/ci', type: 'x', data: event('deployed') }
    const again = await bed.call('POST', '/api/v1/deploys/cdevents', {
      body: cloud,
      headers: { 'content-type': 'application/cloudevents+json' },
    })
    expect(again.body.id).toBe(answer.body.id)
  })
  it('of another kind is understood and not kept', async () => {
    expect((await post('/deploys/cdevents', event('removed'))).status).toBe(202)
  })
})
