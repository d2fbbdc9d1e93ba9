import { request } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createKey, revokeKey } from '../../../shared/state/keys.ts'
import { openWeb, type WebBed } from '../../support/web.ts'
import { T0 } from '../../support/web-data.ts'

type Answered = { status: number; headers: NodeJS.Dict<string | string[]> }

/** A plain request: fetch may not set Host. */
function get(bed: WebBed, path: string, headers: Record<string, string>): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const { port } = new URL(bed.url)
    request({ port, host: '127.0.0.1', path, headers, agent: false }, (response) => {
      response.resume().on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers }))
    })
      .on('error', reject)
      .end()
  })
}

describe('bound to loopback', () => {
  let bed: WebBed
  beforeAll(async () => {
    bed = await openWeb(T0)
  })
  afterAll(() => bed.close())

  it.each([
    ['127.0.0.1', 200],
    ['localhost:8080', 200],
    ['plumbline.localhost', 200],
    ['[::1]:8080', 200],
    ['evil.example', 421],
    ['localhost.evil.example', 421],
    ['127.0.0.1.evil.example', 421],
    ['192.168.1.4', 421],
  ])('Host: %s is answered with %i', async (host, status) => {
    for (const path of ['/api/v1/services', '/healthz', '/'])
      expect([path, (await get(bed, path, { host })).status]).toEqual([path, status])
  })

  it('every answer carries the whole policy, pages, answers and problems alike', async () => {
    for (const path of ['/', '/api/v1/services', '/api/v1/nothing']) {
      const { headers } = await get(bed, path, {})
      expect(String(headers['content-security-policy']).split(';').sort()).toEqual([
        "base-uri 'none'",
        "connect-src 'self'",
        "default-src 'none'",
        "font-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "img-src 'self' data:",
        "manifest-src 'self'",
        "require-trusted-types-for 'script'",
        "script-src 'self'",
        "style-src 'self'",
      ])
      expect(headers).toMatchObject({
        ...{ 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer', 'x-frame-options': 'DENY' },
      })
      expect(headers['strict-transport-security']).toBeUndefined()
    }
  })

  it('headers of more than 16 KiB are refused, and less are read', async () => {
    const status = async (bytes: number) => (await get(bed, '/healthz', { 'x-long': 'x'.repeat(bytes) })).status
    expect([await status(15 * 1024), await status(17 * 1024)]).toEqual([200, 431])
  })
})

describe('bound to all addresses', () => {
  let bed: WebBed
  const keys: string[] = []
  let revoked = ''
  beforeAll(async () => {
    const env = { PLUMBLINE_HOST: '0.0.0.0', PLUMBLINE_PUBLIC_URL: 'https://plumbline.example' }
    bed = await openWeb(T0, env, async (context) => {
      for (const name of ['one', 'two']) keys.push((await createKey(context, { name, scopes: ['read'] })).plaintext)
      const old = await createKey(context, { name: 'old', scopes: ['admin'] })
      await revokeKey(context, old.key.id)
      revoked = old.plaintext
    })
  })
  afterAll(() => bed.close())
  const ask = (key: string) => get(bed, '/api/v1/session', { 'x-api-key': key })
  const read = (key: string) => get(bed, '/api/v1/silences', { 'x-api-key': key })

  it('any host is answered, behind TLS under a promise of it', async () => {
    const { status, headers } = await get(bed, '/healthz', { host: 'plumbline.internal' })
    expect(status).toBe(200)
    expect(headers['strict-transport-security']).toMatch(/max-age=\d{8}/)
  })

  it('a key makes a thousand requests at once and a hundred a second, each key for itself', async () => {
    const statuses: number[] = []
    for (let i = 0; i < 10; i++)
      statuses.push(...(await Promise.all(Array.from({ length: 100 }, () => read(keys[0]!)))).map((a) => a.status))
    expect(new Set(statuses)).toEqual(new Set([200]))
    const refused = await read(keys[0]!)
    expect([refused.status, refused.headers['retry-after']]).toEqual([429, '1'])
    expect((await read(keys[1]!)).status).toBe(200)
    await bed.clock.advance(1_000)
    const after = (await Promise.all(Array.from({ length: 101 }, () => read(keys[0]!)))).map((a) => a.status)
    expect(after.filter((status) => status === 200)).toHaveLength(100)
  })

  it('a session ends after twelve hours, and where the console is reached by TLS its cookie goes by nothing else', async () => {
    const signedIn = await bed.call('POST', '/api/v1/session', { body: { key: keys[1] } })
    const cookie = signedIn.headers.get('set-cookie') ?? ''
    expect(cookie).toMatch(/; Secure$/)
    const status = async () => (await get(bed, '/api/v1/silences', { cookie: cookie.split(';')[0] ?? '' })).status
    expect(await status()).toBe(200)
    await bed.clock.advance(12 * 3_600_000 - 1)
    expect(await status()).toBe(200)
    await bed.clock.advance(1)
    expect(await status()).toBe(401)
  })

  it('wrong and revoked keys are judged ten times a minute, and then wait; who has a key goes on', async () => {
    await bed.clock.advance(60_000)
    const wrong = ['plb_wrong', revoked, `${keys[0]}x`, '']
    const statuses: number[] = []
    for (let i = 0; i < 11; i++) statuses.push((await read(wrong[i % 3]!)).status)
    expect(statuses).toEqual([...Array(10).fill(401), 429])
    expect((await read(wrong[0]!)).headers['retry-after']).toBe('6')
    expect((await read(keys[1]!)).status).toBe(200)
    await bed.clock.advance(6_000)
    expect([(await read(wrong[0]!)).status, (await read(wrong[0]!)).status]).toEqual([401, 429])
    expect((await ask(keys[1]!)).status).toBe(200)
  })
})
