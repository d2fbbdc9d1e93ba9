import { readFileSync } from 'node:fs'
import {
  type handleUnaryCall,
  Metadata,
  Server,
  ServerCredentials,
  ServerInterceptingCall,
  type ServerInterceptor,
  type ServiceDefinition,
  type ServiceError,
  status,
} from '@grpc/grpc-js'
import type { Clock } from '../../../shared/runtime/clock.ts'
import { failpoint } from '../../../shared/runtime/failpoint.ts'
import { short } from '../../../shared/runtime/log.ts'
import type { Entry } from '../admission.ts'
import type { Signal } from '../decode/index.ts'
import type { Asking } from './authorize.ts'
import { reasonOf, type TransportOptions } from './http.ts'
import { refusalOf } from './refusal.ts'
import { codeOf, encodeStatus, successBody } from './status.ts'

type Bytes = (value: Buffer) => Buffer
type Handler = handleUnaryCall<Buffer, Buffer>
const asIs: Bytes = (value) => value

/** One method that takes and gives raw bytes: no .proto, no generated code, and the decoder is the one of OTLP/HTTP. */
const method = (path: string): ServiceDefinition[string] => ({
  path,
  requestStream: false,
  responseStream: false,
  requestSerialize: asIs,
  requestDeserialize: asIs,
  responseSerialize: asIs,
  responseDeserialize: asIs,
})

const PATHS: Record<Signal, string> = {
  traces: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
  metrics: '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export',
  logs: '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
}
const HEALTH = '/grpc.health.v1.Health/Check'
/** HealthCheckResponse { status = 1 (SERVING) or 2 (NOT_SERVING) }. */
const health = (isServing: boolean) => Buffer.of(8, isServing ? 1 : 2)

export type GrpcOptions = TransportOptions & {
  host: string
  port: number
  tls: { cert: string; key: string } | undefined
  clock: Clock
  isServing: () => boolean
}

export type GrpcListening = { url: string; close(graceMs: number): Promise<void> }

/**
 * OTLP/gRPC and grpc.health.v1.Health. grpc-js undoes gzip and bounds messages, also inflated.
 * @throws Error "cannot listen on …"
 */
export async function listenGrpc(o: GrpcOptions): Promise<GrpcListening> {
  const server = new Server({
    'grpc.max_receive_message_length': o.maxBodyBytes,
    'grpc.max_send_message_length': 4 * 1024 * 1024,
    'grpc.max_concurrent_streams': 100,
    'grpc.keepalive_time_ms': 60_000,
    'grpc.keepalive_timeout_ms': 20_000,
    interceptors: [admitting(o)],
  })
  for (const signal of ['traces', 'metrics', 'logs'] as const) {
    server.addService({ Export: method(PATHS[signal]) }, { Export: exporter(o, signal) })
  }
  const check: Handler = (_call, callback) => callback(null, health(o.isServing()))
  server.addService({ Check: method(HEALTH) }, { Check: check })
  const host = o.host.includes(':') ? `[${o.host}]` : o.host
  const port = await bind(server, `${host}:${o.port}`, o.tls)
  return {
    url: `${o.tls ? 'https' : 'http'}://${host}:${port}`,
    close: (graceMs) => close(server, graceMs, o.clock),
  }
}

function bind(server: Server, address: string, tls: GrpcOptions['tls']): Promise<number> {
  const credentials = tls
    ? ServerCredentials.createSsl(null, [{ cert_chain: readFileSync(tls.cert), private_key: readFileSync(tls.key) }])
    : ServerCredentials.createInsecure()
  return new Promise((resolve, reject) => {
    server.bindAsync(address, credentials, (error, port) => {
      const text = `cannot listen on ${address} for OTLP/gRPC: ${error?.message}. Stop what uses it or set another port`
      if (error) reject(new Error(text))
      else resolve(port)
    })
  })
}

/** GOAWAY: calls in flight end, new ones are not taken; what is left after `graceMs` is cut. */
async function close(server: Server, graceMs: number, clock: Clock): Promise<void> {
  const abort = new AbortController()
  const cut = clock.sleep(graceMs, abort.signal).then(() => server.forceShutdown())
  await new Promise<void>((resolve) => server.tryShutdown(() => resolve()))
  abort.abort()
  await cut
}

function exporter(o: TransportOptions, signal: Signal): Handler {
  return (call, callback) => {
    const { request, metadata } = call
    const credential = metadata.get('authorization')[0] ?? metadata.get('x-api-key')[0]
    const asking = { credential: credential?.toString(), address: addressOf(call.getPeer()), bytes: request.length }
    take(o, signal, request, asking).then(
      (body) => {
        failpoint('before_answer')
        callback(null, body)
        failpoint('after_answer')
      },
      (error: unknown) => callback(serviceError(o, error)),
    )
  }
}

/** The address of a peer, without its port. */
const addressOf = (peer: string): string => peer.replace(/:\d+$/, '')

async function take(o: TransportOptions, signal: Signal, body: Buffer, asking: Asking): Promise<Buffer> {
  await o.authorize(asking)
  o.admission.take(body.length)
  try {
    return successBody(signal, 'protobuf', await o.acceptor.accept(signal, 'protobuf', body))
  } finally {
    o.admission.give(body.length)
  }
}

const isExport = (path: string) => Object.values(PATHS).includes(path)

/** Asks for admission when the headers of a call are here, so that a message which is refused is neither kept nor inflated. */
function admitting(o: TransportOptions): ServerInterceptor {
  return (method, call) => {
    if (!isExport(method.path)) return new ServerInterceptingCall(call)
    let entry: Entry | null = null
    const leave = () => {
      if (entry) o.admission.leave(entry)
      entry = null
    }
    return new ServerInterceptingCall(call, {
      start: (next) =>
        next({
          onReceiveMetadata: (metadata, pass) => {
            try {
              entry = o.admission.enter(null)
            } catch (error) {
              call.sendStatus(serviceError(o, error))
              return
            }
            pass(metadata)
          },
          onReceiveMessage: (message: Buffer, pass) => {
            if (entry) o.admission.arrived(entry, message.length)
            pass(message)
          },
          onCancel: leave,
        }),
      sendStatus: (answer, next) => {
        leave()
        next(answer)
      },
    })
  }
}

/** Any error as the status that the sender gets, with google.rpc.Status and its RetryInfo in `grpc-status-details-bin`. */
function serviceError(o: TransportOptions, error: unknown): ServiceError {
  const refusal = refusalOf(error)
  o.metrics.rejected.inc({ reason: reasonOf(refusal.status) })
  if (refusal.isUnexpected)
    o.log.error(
      { event: 'request_failed', error: short(String((error as Error).stack ?? error), 2000) },
      'cannot take a request',
    )
  const code = codeOf(refusal.status)
  const metadata = new Metadata()
  const { message, violation, retryAfterS } = refusal
  metadata.set('grpc-status-details-bin', encodeStatus({ code, message, violation, retryAfterS }))
  const name = status[code] ?? 'UNKNOWN'
  return Object.assign(new Error(message), { name, code: code as status, details: message, metadata })
}
