import { request } from 'node:http'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { routes } from '../../../services/web/routes.ts'
import { createKey } from '../../../shared/state/keys.ts'
import { openWeb, type WebBed } from '../../support/web.ts'
import { at, T0 } from '../../support/web-data.ts'

let bed: WebBed
const keys: Record<string, string> = {}
// 0.0.0.0 is no loopback bind, so keys are on; 127.0.0.1 reaches it all the same.
beforeAll(async () => {
  bed = await openWeb(T0, { PLUMBLINE_HOST: '0.0.0.0' }, async (context) => {
    for (const scope of ['ingest', 'read', 'deploy', 'admin'] as const)
      keys[scope] = (await createKey(context, { name: scope, scopes: [scope] })).plaintext
  })
})
afterAll(() => bed.close())

const as = (scope: string) => ({ authorization: `Bearer ${keys[scope]}` })

/** A plain request: fetch may not set Host and Origin. */
function plain(
  method: string,
  path: string,
  headers: Record<string, string>,
  body = '',
): Promise<{ status: number; headers: NodeJS.Dict<string | string[]>; text: string }> {
  return new Promise((resolve, reject) => {
    const { port } = new URL(bed.url)
    request({ port, host: '127.0.0.1', method, path, headers }, (response) => {
      let text = ''
      response.on('data', (chunk) => (text += chunk))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }))
    })
      .on('error', reject)
      .end(body)
  })
}

describe('a call', () => {
  const open = routes.filter((r) => r.scope === 'public').map((r) => `${r.method} ${r.path}`)
  it('has a scope in the table, and few need none', () => {
    expect(routes.every((r) => ['public', 'read', 'deploy', 'admin'].includes(r.scope))).toBe(true)
    expect(open.sort()).toEqual([
      'delete /api/v1/session',
      'get /api/v1/openapi.json',
      'get /healthz',
      'get /readyz',
      'post /api/v1/session',
    ])
  })
  it.each(routes.filter((r) => r.scope !== 'public').map((r) => [r.method.toUpperCase(), r.path, r.scope]))(
    '%s %s is refused without a key, and with every key of another scope than %s',
    async (method, path, scope) => {
      const url = `${bed.url}${path.replace(/\{\w+\}/g, 'x')}`
      const none = await fetch(url, { method })
      expect([none.status, none.headers.get('www-authenticate')]).toEqual([401, 'Bearer realm="plumbline"'])
      for (const other of ['ingest', 'read', 'deploy'].filter((o) => o !== scope))
        expect((await fetch(url, { method, headers: as(other) })).status, other).toBe(403)
    },
  )
  it('takes the key as Bearer, as x-api-key and as the password of Basic', async () => {
    for (const headers of [
      as('read'),
      { 'x-api-key': keys.read ?? '' },
      { authorization: `Basic ${btoa(`x:${keys.read}`)}` },
    ])
      expect((await fetch(`${bed.url}/api/v1/deploys`, { headers })).status).toBe(200)
    expect((await fetch(`${bed.url}/api/v1/deploys?key=${keys.read}`)).status).toBe(401)
  })
})

describe('the console', () => {
  it('signs in with a key for a cookie that no script can read, and out again', async () => {
    const signedIn = await bed.call('POST', '/api/v1/session', { body: { key: keys.read } })
    const cookie = signedIn.headers.get('set-cookie') ?? ''
    expect(cookie).toMatch(/HttpOnly; SameSite=Strict/)
    expect(cookie).not.toContain(keys.read)
    const headers = { cookie: cookie.split(';')[0] ?? '' }
    expect((await bed.call('GET', '/api/v1/session', { headers })).body).toMatchObject({
      auth: true,
      signed_in: true,
      scopes: ['read'],
    })
    expect((await fetch(`${bed.url}/api/v1/session`, { method: 'DELETE' })).headers.get('set-cookie')).toMatch(
      /Max-Age=0/,
    )
  })
  it('refuses a cookie that was changed, and wrong keys more slowly after ten', async () => {
    expect(
      (await bed.call('GET', '/api/v1/deploys', { headers: { cookie: 'plumbline_session=v1.x.y.z' } })).status,
    ).toBe(401)
    const statuses = []
    for (let i = 0; i < 12; i++)
      statuses.push((await bed.call('POST', '/api/v1/session', { body: { key: 'plb_wrong' } })).status)
    expect([statuses[0], statuses.at(-1)]).toEqual([401, 429])
    expect((await fetch(`${bed.url}/api/v1/deploys`, { headers: as('read') })).status).toBe(200)
  })
})

describe('a write', () => {
  const body = JSON.stringify({ service: 'a', version: 'v', started_at: at(0) })
  const json = { 'content-type': 'application/json', authorization: '' }
  beforeAll(() => Object.assign(json, as('deploy')))
  it('from a page of another origin is refused', async () => {
    for (const headers of [{ origin: 'https://evil.example' }, { origin: 'null' }, { 'sec-fetch-site': 'cross-site' }])
      expect((await plain('POST', '/api/v1/deploys', { ...json, ...headers }, body)).status).toBe(403)
    const { host } = new URL(bed.url)
    expect((await plain('POST', '/api/v1/deploys', { ...json, host, origin: `http://${host}` }, body)).status).toBe(201)
  })
  it('must say that it is JSON, be JSON, and be small', async () => {
    expect((await plain('POST', '/api/v1/deploys', { ...json, 'content-type': 'text/plain' }, body)).status).toBe(415)
    const bad = await plain('POST', '/api/v1/deploys', json, '{"service":')
    expect(JSON.parse(bad.text)).toMatchObject({ status: 400, detail: 'cannot read the body: it is not valid JSON' })
    expect(bad.headers['content-type']).toBe('application/problem+json; charset=utf-8')
    const large = JSON.stringify({ service: 'x'.repeat(1_100_000) })
    for (const [path, bytes] of [
      ['/api/v1/deploys', 1_048_576],
      ['/mcp', 262_144],
    ] as const)
      expect(JSON.parse((await plain('POST', path, { ...json, ...as('admin') }, large)).text)).toMatchObject({
        status: 413,
        detail: `cannot read the body: it is larger than ${bytes} bytes`,
      })
    expect((await plain('POST', '/api/v1/deploys', json)).status).toBe(400)
  })
  it('cannot reach a prototype', async () => {
    await plain(
      'POST',
      '/api/v1/deploys',
      json,
      '{"__proto__":{"polluted":1},"service":"a","version":"v","started_at":"2026-03-01T10:00:00Z","attributes":{"__proto__":"x"}}',
    )
    expect(({} as { polluted?: number }).polluted).toBeUndefined()
  })
})

describe('anything else', () => {
  it('is a problem that says what to do', async () => {
    expect((await bed.call('GET', '/api/v1/nothing', { headers: as('read') })).body).toMatchObject({ status: 404 })
    const wrong = await bed.call('PUT', '/api/v1/deploys', { headers: as('read') })
    expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'GET, HEAD, POST'])
    expect((await bed.call('GET', '/api/v1/deploys/%E0%A4%A', { headers: as('read') })).status).toBe(400)
  })
  it('is answered under a policy that runs our scripts only', async () => {
    const { headers } = await plain('GET', '/', {})
    expect(headers['content-security-policy']).toContain("default-src 'none';script-src 'self'")
    expect(headers['content-security-policy']).toContain("require-trusted-types-for 'script'")
    expect(headers['x-content-type-options']).toBe('nosniff')
    expect(headers['x-powered-by']).toBeUndefined()
  })
  it('at /metrics is a page to a browser, and figures to Prometheus', async () => {
    const page = await plain('GET', '/metrics?service=a', { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' })
    expect([page.status, page.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8'])
    const figures = await plain('GET', '/metrics', {
      accept: 'text/plain;version=0.0.4;q=0.5,*/*;q=0.1',
      ...as('read'),
    })
    expect(figures.text).toContain('# TYPE plumbline_web_answers_total counter')
  })
  it('that looks like a page is the console, with dots in names too; a missing file is none', async () => {
    const status = async (path: string) => (await plain('GET', path, {})).status
    expect([await status('/s/checkout.v1'), await status('/deploys/d_1')]).toEqual([200, 200])
    expect([await status('/robots.txt'), await status('/assets/gone.js'), await status('/api/gone')]).toEqual([
      404, 404, 404,
    ])
  })
  it('with a slash too many is no page: a gate that reads the status only would take it for a yes', async () => {
    for (const path of ['//api/v1/gate?service=checkout&strict=1', '///api/v1/deploys', '/API', '//'])
      expect((await plain('GET', path, { host: '127.0.0.1', ...as('read') })).status, path).toBe(404)
  })
  it('with a broken request line does not end the process', async () => {
    const { port } = new URL(bed.url)
    await new Promise<void>((resolve) => {
      const socket = connect(Number(port), '127.0.0.1', () => socket.write('GET /\0 HTTP/1.1\r\nHost: \r\n\r\n'))
      socket.on('close', () => resolve()).on('data', () => socket.end())
    })
    expect((await fetch(`${bed.url}/healthz`)).status).toBe(200)
  })
  it('waits once its key has sent too many bytes; what does not say its size counts as the largest', async () => {
    const headers = { ...as('deploy'), 'content-type': 'application/json', 'transfer-encoding': 'chunked' }
    await bed.clock.advance(60_000)
    const statuses = []
    for (let i = 0; i < 65; i++) statuses.push((await plain('POST', '/api/v1/deploys', headers, '{}')).status)
    expect([statuses.slice(0, 64).every((status) => status === 400), statuses[64]]).toEqual([true, 429])
    const refused = await plain('POST', '/api/v1/deploys', headers, '{}')
    expect(Number(refused.headers['retry-after'])).toBe(1)
  })
  it('leaves no error in the log', () => expect(bed.errors).toEqual([]))
})
