import { type ClientRequest, request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { LookupFunction } from 'node:net'
import ipaddr from 'ipaddr.js'
import { useAgent as agentFor } from 'request-filtering-agent'
import { deadline } from '../../shared/runtime/deadline.ts'
import { packageVersion } from '../../shared/runtime/package.ts'
import { DENIED_ADDRESSES, literalOf, refuseAddress, refuseTarget } from '../../shared/security/target.ts'
import type { HttpRequest } from './channel.ts'
import { type Failure, failureOf, RefusedError, TimeoutError } from './failure.ts'
import { guardedLookup } from './lookup.ts'

export type SendLimits = { connectTimeoutMs: number; totalTimeoutMs: number; answerBytes: number }

export const sendLimits: SendLimits = { connectTimeoutMs: 5_000, totalTimeoutMs: 15_000, answerBytes: 64 * 1024 }

export type SendOptions = {
  /** The operator's networks. */
  allow: readonly string[]
  limits?: SendLimits
  /** Names are looked up with this; the system's way where left out. */
  lookup?: LookupFunction | undefined
  /** Certificates to trust beside the system's; for tests. */
  ca?: string | undefined
  /** Whether the answer's body is wanted, up to `answerBytes`. It may decide what comes next, and is never shown. */
  keepBody?: boolean
}

/** What came back: a status, or why there is none. */
export type Sent = { status: number | null; retryAfter: string | undefined; body: string; failure: Failure | null }

export const failed = (error: unknown): Sent => ({
  status: null,
  retryAfter: undefined,
  body: '',
  failure: failureOf(error),
})

/**
 * Sends one request, once, to a public address or one that the operator allowed: checked as written, at look-up, and on the
 * connected socket. Follows no redirect, uses no proxy, never throws.
 */
export async function sendHttp(request: HttpRequest, headers: Record<string, string>, o: SendOptions): Promise<Sent> {
  try {
    return await exchange(request, headers, o)
  } catch (error) {
    return failed(error)
  }
}

function optionsOf(request: HttpRequest, headers: Record<string, string>, o: SendOptions): RequestOptions {
  const url = new URL(request.url)
  const literal = literalOf(url.hostname, o.allow)
  const bare = url.hostname.replace(/^\[|\]$/g, '')
  // Addresses that the checks below let through, for the agent's own check at connect.
  const passed: string[] = literal === null ? [] : [literal]
  return {
    protocol: url.protocol,
    hostname: literal ?? bare,
    port: url.port || (url.protocol === 'https:' ? 443 : 80),
    path: `${url.pathname}${url.search}`,
    method: request.method,
    headers: {
      host: url.host,
      'user-agent': `Plumbline/${packageVersion}`,
      'content-length': String(Buffer.byteLength(request.body)),
      ...request.headers,
      ...headers,
    },
    agent: agentFor(request.url, {
      keepAlive: false,
      allowIPAddressList: passed,
      denyIPAddressList: [...DENIED_ADDRESSES],
    }),
    lookup: guardedLookup({ allow: o.allow, lookup: o.lookup, passed }),
    ...(literal === null || ipaddr.isValid(bare) ? {} : { servername: bare }),
    ...(o.ca === undefined ? {} : { ca: o.ca }),
  } as RequestOptions
}

function exchange(request: HttpRequest, headers: Record<string, string>, o: SendOptions): Promise<Sent> {
  const limits = o.limits ?? sendLimits
  const refused = refuseTarget(request.url, o.allow)
  if (refused !== null) return Promise.reject(new RefusedError(refused))
  return new Promise((resolve, reject) => {
    const start = request.url.startsWith('https:') ? httpsRequest : httpRequest
    const outgoing = start({ ...optionsOf(request, headers, o) })
    const late = () => outgoing.destroy(new TimeoutError(`no answer within ${limits.totalTimeoutMs / 1000} s`))
    const total = deadline(limits.totalTimeoutMs)
    total.addEventListener('abort', late, { once: true })
    watchConnect(outgoing, limits, o.allow)
    outgoing.on('error', reject)
    outgoing.on('close', () => {
      total.removeEventListener('abort', late)
      reject(new TimeoutError('the connection closed without an answer'))
    })
    outgoing.on('response', (answer) => readAnswer(answer, limits, o.keepBody === true, resolve))
    outgoing.end(request.body)
  })
}

/** Reads an answer to its end or its limit. Without `keepBody` its head is enough to go on. */
function readAnswer(answer: IncomingMessage, limits: SendLimits, keepBody: boolean, done: (sent: Sent) => void): void {
  const parts: Buffer[] = []
  let bytes = 0
  const tell = () =>
    done({
      status: answer.statusCode ?? null,
      retryAfter: answer.headers['retry-after'],
      body: Buffer.concat(parts).toString('utf8'),
      failure: null,
    })
  answer.on('data', (part: Buffer) => {
    bytes += part.length
    if (bytes > limits.answerBytes) answer.destroy()
    else if (keepBody) parts.push(part)
  })
  answer.on('error', () => {})
  // Cut off by us it is told as far as it came; cut off by the other side the request fails.
  if (keepBody) answer.on('close', () => (answer.complete || bytes > limits.answerBytes) && tell())
  else tell()
}

/** Ends the request where no connection stands in time, or it leads where it must not. */
function watchConnect(outgoing: ClientRequest, limits: SendLimits, allow: readonly string[]): void {
  outgoing.on('socket', (socket) => {
    const late = () => outgoing.destroy(new TimeoutError(`no connection within ${limits.connectTimeoutMs / 1000} s`))
    const timer = deadline(limits.connectTimeoutMs)
    if (socket.connecting) timer.addEventListener('abort', late, { once: true })
    socket.once('connect', () => {
      timer.removeEventListener('abort', late)
      const address = socket.remoteAddress
      const refused = address === undefined ? null : refuseAddress(ipaddr.process(address).toString(), allow)
      if (refused !== null) outgoing.destroy(new RefusedError(`cannot use this URL: ${refused}`))
    })
  })
}
