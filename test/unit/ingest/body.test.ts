import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { describe, expect, it } from 'vitest'
import { Spare } from '../../../services/ingest/spare.ts'
import { readBody } from '../../../services/ingest/transport/body.ts'

/** What counts the bytes held; nothing is refused. */
const account = () => ({
  bytes: 0,
  take(bytes: number) {
    this.bytes += bytes
  },
  give(bytes: number) {
    this.bytes -= bytes
  },
})
type Account = Parameters<typeof readBody>[1]

/** Sends `text` as raw HTTP, and gives the request as the server sees it once `use` is done with it. */
async function requestOf<T>(text: string, use: (request: IncomingMessage, end: () => void) => Promise<T>): Promise<T> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  socket.on('error', () => {})
  socket.write(text)
  try {
    const [request] = (await once(server, 'request')) as [IncomingMessage]
    return await use(request, () => socket.destroy())
  } finally {
    socket.destroy()
    server.close()
  }
}
const post = (headers: string, body: string) => `POST /v1/logs HTTP/1.1\r\nhost: a\r\n${headers}\r\n\r\n${body}`

describe('the body of a request', () => {
  it.each([
    ['with its length', post('content-length: 5', 'hello')],
    ['in chunks', post('transfer-encoding: chunked', '2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n')],
  ])('%s is read whole, and counted until it is released', async (_, text) => {
    const held = account()
    const body = await requestOf(text, (request) => readBody(request, held as unknown as Account, 100, new Spare(0)))
    expect(body.bytes.toString()).toBe('hello')
    expect(held.bytes).toBe(5)
    body.release()
    expect(held.bytes).toBe(0)
  })

  it('is empty where none came', async () => {
    const body = await requestOf(post('content-length: 0', ''), (r) =>
      readBody(r, account() as unknown as Account, 9, new Spare(0)),
    )
    expect(body.bytes.length).toBe(0)
  })

  it('of which the end never comes is given up, and nothing of it is held', async () => {
    const held = account()
    const read = requestOf(post('content-length: 50', 'hello'), async (request, hangUp) => {
      const body = readBody(request, held as unknown as Account, 100, new Spare(0))
      hangUp()
      return await body
    })
    await expect(read).rejects.toThrow('aborted')
    expect(held.bytes).toBe(0)
  })

  it('is given up where the client has left before it is asked for', async () => {
    const read = requestOf(post('content-length: 50', 'hello'), async (request, hangUp) => {
      hangUp()
      await once(request, 'close')
      return await readBody(request, account() as unknown as Account, 100, new Spare(0))
    })
    await expect(read).rejects.toThrow('aborted')
  })

  it('in chunks beyond the limit is refused while it comes', async () => {
    const held = account()
    const chunks = post('transfer-encoding: chunked', '8\r\n01234567\r\n8\r\n01234567\r\n')
    const read = requestOf(chunks, (request) => readBody(request, held as unknown as Account, 10, new Spare(0)))
    await expect(read).rejects.toMatchObject({ status: 413 })
    expect(held.bytes).toBe(0)
  })
})
