import { readFileSync } from 'node:fs'
import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'

export type Listening = { url: string; port: number; server: Server; close(graceMs?: number): Promise<void> }

export type ListenOptions = {
  host: string
  port: number
  name: string
  tls?: { cert: string; key: string } | undefined
  timeouts?: typeof TIMEOUTS
}

/** Headers within 20 s, the whole request within 60 s, looked at every 5 s: else 408 and the end of the connection. */
const TIMEOUTS = { headersTimeout: 20_000, requestTimeout: 60_000, connectionsCheckingInterval: 5_000 }

/**
 * Starts an HTTP server with the time-outs that a public OTLP or API endpoint needs (docs/otlp.md, O18 and O21).
 * Idle sockets live 75 s: the SDKs' batch delay is 5 s, Node's default as well, and that race resets connections.
 * @throws Error "cannot listen on …" naming the port and the setting to change
 */
export async function listen(handler: RequestListener, o: ListenOptions): Promise<Listening> {
  const options = { maxHeaderSize: 16 * 1024, keepAliveTimeout: 75_000, ...(o.timeouts ?? TIMEOUTS) }
  const server = o.tls
    ? (createTlsServer(
        { ...options, cert: readFileSync(o.tls.cert), key: readFileSync(o.tls.key) },
        handler,
      ) as unknown as Server)
    : createServer(options, handler)
  server.maxConnections = 4096
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(listenError(error, o)))
    server.listen(o.port, o.host, resolve)
  })
  const { port } = server.address() as AddressInfo
  const host = o.host.includes(':') ? `[${o.host}]` : o.host
  return {
    url: `${o.tls ? 'https' : 'http'}://${host}:${port}`,
    port,
    server,
    close: (graceMs = 5000) => close(server, graceMs),
  }
}

function listenError(error: NodeJS.ErrnoException, o: ListenOptions): Error {
  const cause =
    error.code === 'EADDRINUSE'
      ? 'the port is in use'
      : error.code === 'EACCES'
        ? 'this user may not use that port'
        : error.message
  return new Error(
    `cannot listen on ${o.host}:${o.port} for ${o.name}: ${cause}. Stop what uses it or set another port`,
  )
}

/** Stops accepting, lets requests in flight end, and cuts what is left after `graceMs`. */
function close(server: Server, graceMs: number): Promise<void> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => server.closeAllConnections(), graceMs)
    server.close(() => {
      clearTimeout(cut)
      resolve()
    })
    server.closeIdleConnections()
  })
}
