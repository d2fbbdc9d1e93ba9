import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'

export type Received = {
  method: string
  path: string
  headers: IncomingHttpHeaders
  body: string
  status: number | null
}

/** How a sink answers one request: a status, a reset of the connection, or never. */
export type Answer = { status: number; headers?: Record<string, string>; body?: string } | 'reset' | 'hang'

export type Sink = {
  url: string
  received: Received[]
  /** Webhook ids of what was answered with 2xx, in order of arrival. */
  accepted(): string[]
  close(): Promise<void>
}

/** A real HTTP receiver on loopback that answers by script. */
export async function openSink(
  script: (request: Received, n: number) => Answer | Promise<Answer> = () => ({ status: 200 }),
): Promise<Sink> {
  const received: Received[] = []
  const server = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('error', () => {})
    request.on('end', async () => {
      const body = Buffer.concat(parts).toString('utf8')
      const entry: Received = {
        method: request.method ?? '',
        path: request.url ?? '',
        headers: request.headers,
        body,
        status: null,
      }
      received.push(entry)
      const answer = await script(entry, received.length)
      if (answer === 'hang') return
      if (answer === 'reset') {
        request.socket.destroy()
        return
      }
      entry.status = answer.status
      response.writeHead(answer.status, answer.headers).end(answer.body ?? '{}')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/hook`,
    received,
    accepted: () =>
      received.filter((r) => r.status !== null && r.status < 300).map((r) => String(r.headers['webhook-id'] ?? '')),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
