import { type AddressInfo, createServer } from 'node:net'
import { describe, expect, it } from 'vitest'
import { ApiError, createClient, search, UnreachableError } from '../../../services/cli/client.ts'

const answering = (status: number, body: string) => (async () => new Response(body, { status })) as typeof fetch

const freePort = () =>
  new Promise<number>((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })

describe('the client of the API', () => {
  it('says what to do where nothing listens', async () => {
    const client = createClient({ PLUMBLINE_URL: `http://127.0.0.1:${await freePort()}` })
    await expect(client.get('/status')).rejects.toThrow(UnreachableError)
    await expect(client.get('/status')).rejects.toThrow(
      'nothing listens there. Start it with `plumbline up`, or set PLUMBLINE_URL',
    )
  })
  it('says which variable lacks a key', async () => {
    await expect(createClient({}, answering(401, '{}')).get('/x')).rejects.toThrow('Set PLUMBLINE_API_KEY')
    await expect(createClient({ PLUMBLINE_API_KEY: 'plb_x' }, answering(401, '{}')).get('/x')).rejects.toThrow(
      'was revoked',
    )
  })
  it('says the sentence of a problem, with all its fields', async () => {
    const problem = JSON.stringify({
      detail: 'cannot use a: no',
      errors: [
        { pointer: '/a', detail: 'no' },
        { pointer: '/b', detail: 'never' },
      ],
    })
    const error = await createClient({}, answering(400, problem))
      .get('/x')
      .catch((e: Error) => e)
    expect(error).toBeInstanceOf(ApiError)
    expect((error as Error).message).toBe('cannot use a: no\n  /b: never')
  })
  it('says so where another server answers', async () => {
    await expect(createClient({}, answering(200, '<html>')).get('/x')).rejects.toThrow("Is this Plumbline's address?")
    expect(() => createClient({ PLUMBLINE_URL: 'localhost:8080' })).toThrow('write http://host:8080')
  })
  it('names the address where it is not that of the API', async () => {
    const ofOtlp = JSON.stringify({ code: 5, message: 'cannot find this path: OTLP goes to /v1/traces' })
    await expect(
      createClient({ PLUMBLINE_URL: 'http://127.0.0.1:4318' }, answering(404, ofOtlp)).get('/x'),
    ).rejects.toThrow(
      "cannot use the answer 404 of http://127.0.0.1:4318: it is not Plumbline's API. Set PLUMBLINE_URL",
    )
  })
  it('takes an address with slashes at its end, and with the path of the API', () => {
    for (const path of ['', '/', '//', '/api/v1', '/api/v1/'])
      expect(createClient({ PLUMBLINE_URL: `https://plumb.example${path}` }).url).toBe('https://plumb.example')
    expect(createClient({ PLUMBLINE_URL: 'https://example.com/plumb' }).url).toBe('https://example.com/plumb')
  })
  it('leaves out what is not given, and escapes what is', () =>
    expect(search({ a: undefined, b: 'x&y=1', c: 2 })).toBe('?b=x%26y%3D1&c=2'))
})
