import http from 'node:http'
import { api, core } from '@opentelemetry/sdk-node'
import type { Telemetry } from './telemetry.ts'

export type Request = { params: string[]; body: Record<string, unknown> }
export type Reply = { status: number; body: unknown }
export type Call = (service: string, method: string, path: string, body?: unknown) => Promise<Reply>
export type Kit = { call: Call; telemetry: Telemetry; random: () => number }
/** `'GET /products/:id'` → what answers it. */
export type Routes = Record<string, (request: Request) => Promise<Reply>>

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))

/** Work that takes about `medianMs`, log-normally spread as real latencies are. */
export function work(random: () => number, medianMs: number, spread = 0.35): Promise<void> {
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
  return pause(medianMs * Math.exp(spread * normal))
}

/** Calls another service of the shop. A new connection each time, so that a deploy takes over at once. */
export function caller(ports: Record<string, number>): Call {
  return (service, method, path, body) =>
    new Promise((resolve, reject) => {
      const payload = body === undefined ? undefined : JSON.stringify(body)
      const request = http.request(
        {
          host: '127.0.0.1',
          port: ports[service],
          method,
          path,
          agent: false,
          timeout: 5000,
          headers: { 'content-type': 'application/json' },
        },
        (response) => {
          const chunks: Buffer[] = []
          response.on('data', (chunk) => chunks.push(chunk))
          response.on('end', () =>
            resolve({ status: response.statusCode ?? 0, body: parse(Buffer.concat(chunks).toString()) }),
          )
          response.on('error', reject)
        },
      )
      request.on('timeout', () => request.destroy(new Error(`${service} did not answer within 5 s`)))
      request.on('error', reject)
      request.end(payload)
    })
}

const parse = (text: string): unknown => {
  try {
    return text === '' ? {} : JSON.parse(text)
  } catch {
    return { text }
  }
}

function match(routes: Routes, method: string, path: string) {
  for (const [key, handler] of Object.entries(routes)) {
    const [routeMethod, route] = key.split(' ') as [string, string]
    if (routeMethod !== method) continue
    const pattern = new RegExp(`^${route.replace(/:\w+/g, '([^/]+)')}$`)
    const found = pattern.exec(path)
    if (found) return { route, handler, params: found.slice(1) }
  }
  return undefined
}

async function bodyOf(request: http.IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return parse(Buffer.concat(chunks).toString()) as Record<string, unknown>
}

/** Serves the routes; a handler that throws answers 500, marks the span and logs the error, as web frameworks do. */
export function serve(routes: Routes, telemetry: Telemetry): Promise<http.Server> {
  const server = http.createServer(async (request, response) => {
    const found = match(routes, request.method ?? 'GET', new URL(request.url ?? '/', 'http://shop').pathname)
    const metadata = core.getRPCMetadata(api.context.active())
    if (found && metadata) metadata.route = found.route
    const reply = found
      ? await answer(found.handler, { params: found.params, body: await bodyOf(request) }, telemetry)
      : { status: 404, body: {} }
    response.writeHead(reply.status, { 'content-type': 'application/json', connection: 'close' })
    response.end(JSON.stringify(reply.body))
  })
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)))
}

async function answer(handler: Routes[string], request: Request, telemetry: Telemetry): Promise<Reply> {
  try {
    return await handler(request)
  } catch (error) {
    const cause = error as Error
    api.trace.getActiveSpan()?.recordException(cause)
    telemetry.error(`request failed: ${cause.message}`, cause)
    return { status: 500, body: { error: 'internal error' } }
  }
}
