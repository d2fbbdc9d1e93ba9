import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { unlink } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { FrontEngine } from './clickhouse-engine.ts'
import { MAX_URI_BYTES, readRequest } from './clickhouse-request.ts'
import { EngineError, exception, statusOf } from './clickhouse-status.ts'

/**
 * The HTTP interface of a ClickHouse server in front of the embedded engine: `clickhouse-front.ts <folder> <port>`, with user
 * and password in FRONT_USER and FRONT_PASSWORD. It differs from a server in this: the whole result is always held
 * back until the query has ended, sessions and roles are not known, and a query's id is seen in log_comment only.
 */
const [folder = '', port = '0'] = process.argv.slice(2)
mkdirSync(folder, { recursive: true })
const bodies = mkdtempSync(join(tmpdir(), 'plumbline-front-'))
const engine = new FrontEngine(join(folder, 'server'))
const version = await engine.version()
const { FRONT_USER: user = 'default', FRONT_PASSWORD: password = '' } = process.env

const text = (response: ServerResponse, status: number, body: string) =>
  response.writeHead(status, { 'content-type': 'text/plain; charset=UTF-8' }).end(body)

function fail(response: ServerResponse, error: unknown): void {
  const { code, message } =
    error instanceof EngineError ? error : exception(1002, 'UNKNOWN_EXCEPTION', String((error as Error).message))
  response.setHeader('X-ClickHouse-Exception-Code', code)
  text(response, statusOf(code), `${message} (version ${version} (official build))\n`)
}

async function answer(request: IncomingMessage, response: ServerResponse, file: string): Promise<void> {
  const query = await readRequest(request, file)
  if (query.user !== user || query.password !== password)
    throw exception(
      516,
      'AUTHENTICATION_FAILED',
      `${query.user}: Authentication failed: password is incorrect, or there is no user with such name`,
    )
  response.setHeader('X-ClickHouse-Query-Id', query.queryId)
  const onClose = () => void engine.cancel(query).catch(() => {})
  response.on('close', onClose)
  const { bytes, rowsRead, bytesRead, elapsedS } = await engine.run(query).finally(() => response.off('close', onClose))
  response.setHeader(
    'X-ClickHouse-Summary',
    JSON.stringify({
      read_rows: String(rowsRead),
      read_bytes: String(bytesRead),
      elapsed_ns: String(Math.round(elapsedS * 1e9)),
    }),
  )
  response.setHeader('X-ClickHouse-Format', /\bFORMAT\s+(\w+)\s*$/i.exec(query.sql)?.[1] ?? query.format)
  response.setHeader('X-ClickHouse-Timezone', 'UTC')
  if (query.gzip) response.setHeader('content-encoding', 'gzip')
  response.end(query.gzip ? gzipSync(bytes, { level: 1 }) : bytes)
}

async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
  response.setHeader('X-ClickHouse-Server-Display-Name', 'front')
  const { pathname, search } = new URL(request.url ?? '/', 'http://front')
  if (pathname === '/ping' || (request.method === 'GET' && pathname === '/' && search === ''))
    return void text(response, 200, 'Ok.\n')
  if (pathname !== '/') return void text(response, 404, `There is no handle ${pathname}\n`)
  if ((request.url ?? '').length > MAX_URI_BYTES) return void text(response, 400, 'URI Too Long\n')
  const file = join(bodies, crypto.randomUUID())
  try {
    await answer(request, response, file)
  } catch (error) {
    if (!response.headersSent && !response.destroyed) fail(response, error)
  } finally {
    await unlink(file).catch(() => {})
  }
}

const server = createServer({ maxHeaderSize: 2 * MAX_URI_BYTES, keepAliveTimeout: 30_000 }, (request, response) => {
  void handle(request, response)
})
await new Promise<void>((resolve) => server.listen(Number(port), '127.0.0.1', resolve))
process.stdout.write(`${JSON.stringify({ event: 'ready', port: (server.address() as AddressInfo).port })}\n`)
process.on('SIGTERM', () => {
  server.close(() => {
    engine.close()
    rmSync(bodies, { recursive: true, force: true })
    process.exit(0)
  })
  server.closeAllConnections()
})
