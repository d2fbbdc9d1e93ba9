import { type IncomingMessage, type RequestListener, type ServerResponse, STATUS_CODES } from 'node:http'
import express from 'express'
import { failpoint } from '../../../shared/runtime/failpoint.ts'
import { type Log, short } from '../../../shared/runtime/log.ts'
import type { Acceptor } from '../accept.ts'
import type { Admission } from '../admission.ts'
import type { Encoding, Signal } from '../decode/index.ts'
import type { IngestMetrics, Rejection } from '../metrics.ts'
import { Spare } from '../spare.ts'
import type { Authorize } from './authorize.ts'
import { readBody } from './body.ts'
import { cors } from './cors.ts'
import { Refusal, refusalOf } from './refusal.ts'
import { CONTENT_TYPES, codeOf, statusBody, successBody } from './status.ts'

export type TransportOptions = {
  acceptor: Acceptor
  admission: Admission
  authorize: Authorize
  maxBodyBytes: number
  maxJsonBytes: number
  metrics: IngestMetrics
  log: Log
}

/** With the memory of bodies that were answered. */
type HttpOptions = TransportOptions & { spare: Spare }

const SIGNALS: readonly Signal[] = ['traces', 'metrics', 'logs']
const MAX_DRAINED_BYTES = 4 * 1024 * 1024
/** Memory that is kept for bodies to come: what is under way at full load is less. */
const SPARE_BYTES = 32 * 1024 * 1024
/** What a body counts for whose length is not said beforehand. */
const UNSAID_BYTES = 1024 * 1024
const FALLBACK = '{"code":13,"message":"cannot write the answer"}'

/**
 * OTLP/HTTP, rules O1 to O40 of docs/otlp.md. Under overload most requests end before they reach the express application, and before
 * anything is known of who sends them: a refusal must cost a fraction of an acceptance.
 */
export function httpListener(o: TransportOptions, corsOrigins: readonly string[]): RequestListener {
  const app = application({ ...o, spare: new Spare(SPARE_BYTES) })
  const crossOrigin = cors(corsOrigins)
  return (request, response) => {
    if (crossOrigin.handle(request, response)) return
    const refusal = request.method === 'POST' ? o.admission.refusal() : null
    if (refusal) refuse(o, request, response, refusal)
    else app(request, response)
  }
}

function application(o: HttpOptions): RequestListener {
  const app = express()
  app.disable('x-powered-by')
  app.disable('etag')
  for (const signal of SIGNALS) {
    app.post(`/v1/${signal}`, (request, response) => handle(o, signal, request, response))
    app.all(`/v1/${signal}`, (request, response) => {
      const message = `cannot ${request.method} here: send OTLP with POST`
      refuse(o, request, response, new Refusal(405, message, { headers: { allow: 'POST' } }))
    })
  }
  app.use((request: IncomingMessage, response: ServerResponse) => {
    const message = 'cannot find this path: OTLP goes to /v1/traces, /v1/metrics and /v1/logs'
    refuse(o, request, response, new Refusal(404, message))
  })
  app.use((error: unknown, request: IncomingMessage, response: ServerResponse, _next: unknown) => {
    refuse(o, request, response, error)
  })
  return app
}

/** The encoding that a request says it has, or null. */
export function encodingOf(contentType: string | undefined): Encoding | null {
  const type = (contentType ?? '').split(';')[0]!.trim().toLowerCase()
  if (type === 'application/x-protobuf') return 'protobuf'
  return type === 'application/json' ? 'json' : null
}

async function handle(o: HttpOptions, signal: Signal, request: IncomingMessage, response: ServerResponse) {
  try {
    await take(o, signal, request, response)
  } catch (error) {
    refuse(o, request, response, error)
  }
}

async function take(o: HttpOptions, signal: Signal, request: IncomingMessage, response: ServerResponse) {
  const encoding = encodingOf(request.headers['content-type'])
  const key = request.headers['x-api-key']
  await o.authorize({
    credential: request.headers.authorization ?? (Array.isArray(key) ? key[0] : key),
    address: request.socket.remoteAddress ?? '',
    bytes: Number(request.headers['content-length'] ?? UNSAID_BYTES),
  })
  const entry = o.admission.enter(declaredBytes(request))
  try {
    if (encoding === null) {
      const message = 'cannot read this content type: use application/x-protobuf or application/json'
      throw new Refusal(415, message, { violation: 'content-type' })
    }
    const limit = encoding === 'json' ? Math.min(o.maxJsonBytes, o.maxBodyBytes) : o.maxBodyBytes
    const body = await readBody(request, o.admission, limit, o.spare)
    try {
      o.admission.arrived(entry, body.bytes.length)
      const decoded = await o.acceptor.accept(signal, encoding, body.bytes)
      failpoint('before_answer')
      answer(response, 200, encoding, successBody(signal, encoding, decoded))
      failpoint('after_answer')
    } finally {
      body.release()
    }
  } finally {
    o.admission.leave(entry)
  }
}

/** The size of the body as far as its headers tell; null where it is compressed or comes in chunks. */
function declaredBytes({ headers }: IncomingMessage): number | null {
  const length = headers['content-length']
  return length === undefined || headers['content-encoding'] !== undefined ? null : Number(length)
}

const isSmall = (request: IncomingMessage) => Number(request.headers['content-length'] ?? Infinity) <= MAX_DRAINED_BYTES

function answer(response: ServerResponse, status: number, encoding: Encoding, body: Buffer): void {
  response.writeHead(status, { 'content-type': CONTENT_TYPES[encoding], 'content-length': body.length })
  response.end(body)
}

const REASONS: Record<number, Rejection> = {
  400: 'decode',
  401: 'auth',
  403: 'auth',
  413: 'too_large',
  429: 'quota',
  503: 'overload',
}
export const reasonOf = (status: number): Rejection => REASONS[status] ?? 'transport'

/** Answers with google.rpc.Status in the request's encoding, JSON where it has none. */
function refuse(o: TransportOptions, request: IncomingMessage, response: ServerResponse, error: unknown): void {
  if (response.headersSent || response.destroyed) {
    if (request.destroyed) o.metrics.hangUps.inc()
    return
  }
  if (request.destroyed && !request.complete) {
    o.metrics.hangUps.inc()
    return
  }
  const refusal = refusalOf(error)
  o.metrics.rejected.inc({ reason: reasonOf(refusal.status) })
  if (refusal.isUnexpected)
    o.log.error(
      { event: 'request_failed', error: short(String((error as Error).stack ?? error), 2000) },
      'cannot take a request',
    )
  for (const [name, value] of Object.entries(refusal.headers)) response.setHeader(name, value)
  if (refusal.retryAfterS !== undefined) response.setHeader('retry-after', String(refusal.retryAfterS))
  // The rest of a small body is thrown away as it comes, so that its sender reads the answer; a large one is cut off.
  if (!request.complete && !isSmall(request)) response.setHeader('connection', 'close')
  const encoding = encodingOf(request.headers['content-type']) ?? 'json'
  const { retryAfterS, violation } = refusal
  const status = { code: codeOf(refusal.status), message: refusal.message, retryAfterS, violation }
  let body: Buffer
  try {
    body = statusBody(encoding, status)
  } catch {
    response.writeHead(refusal.status, STATUS_CODES[refusal.status] ?? '', { 'content-type': CONTENT_TYPES.json })
    response.end(FALLBACK)
    return
  }
  answer(response, refusal.status, encoding, body)
}
