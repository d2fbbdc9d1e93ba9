import { gzipSync } from 'node:zlib'
import { Client, compressionAlgorithms, credentials, Metadata, type ServiceError, status } from '@grpc/grpc-js'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type IngestBed, openIngest } from '../../support/ingest.ts'
import { encodeRequest, idColumns, requestOf, type SignalName } from '../../support/otlp.ts'
import { decodeStatus, partialOf } from '../../support/raw-http.ts'

const PATHS: Record<SignalName, string> = {
  traces: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
  metrics: '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export',
  logs: '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
}
const MIB = 1024 * 1024

let bed: IngestBed
let client: Client
beforeAll(async () => {
  bed = await openIngest({ env: { PLUMBLINE_MAX_BODY_MIB: '8' } })
  client = clientOf(bed.grpc)
})
afterAll(async () => {
  client.close()
  await bed.close()
})

const clientOf = (url: string, options: Record<string, unknown> = {}) =>
  new Client(url.replace('http://', ''), credentials.createInsecure(), {
    'grpc.max_send_message_length': -1,
    ...options,
  })

function call(path: string, body: Buffer, over = client): Promise<Buffer> {
  const asIs = (value: Buffer) => value
  return new Promise((resolve, reject) => {
    over.makeUnaryRequest(path, asIs, asIs, body, new Metadata(), (error, answer) => {
      if (error) reject(error)
      else resolve(answer ?? Buffer.alloc(0))
    })
  })
}

const failure = (path: string, body: Buffer, over = client): Promise<ServiceError> =>
  call(path, body, over).then(
    () => {
      throw new Error('the call was answered')
    },
    (error: ServiceError) => error,
  )
const detailsOf = (error: ServiceError) => decodeStatus(error.metadata.get('grpc-status-details-bin')[0] as Buffer)

describe('OTLP/gRPC', () => {
  it.each(['traces', 'metrics', 'logs'] as const)('O1, O26: takes %s and answers nothing', async (signal) => {
    const ids = [`grpc-${signal}`]
    expect(await call(PATHS[signal], encodeRequest(signal, requestOf(signal, ids, Date.now())))).toHaveLength(0)
    const { table, column } = idColumns[signal]
    await bed.rows(`SELECT 1 FROM ${table} WHERE ${column} = 'grpc-${signal}'`, 1)
  })

  it('O7: knows no profiles', async () => {
    const path = '/opentelemetry.proto.collector.profiles.v1development.ProfilesService/Export'
    expect((await failure(path, Buffer.alloc(0))).code).toBe(status.UNIMPLEMENTED)
  })

  it('O8: takes gzip', async () => {
    const gzip = clientOf(bed.grpc, { 'grpc.default_compression_algorithm': compressionAlgorithms.gzip })
    const body = encodeRequest('logs', requestOf('logs', ['grpc-gzip'], Date.now()))
    expect(await call(PATHS.logs, body, gzip)).toHaveLength(0)
    gzip.close()
    await bed.rows(`SELECT 1 FROM otel_logs WHERE Body = 'grpc-gzip'`, 1)
  })

  it('O15: refuses a message over the limit for good, also when only its inflated form is', async () => {
    const plain = await failure(PATHS.traces, Buffer.alloc(9 * MIB))
    expect(plain.code).toBe(status.RESOURCE_EXHAUSTED)
    expect(plain.metadata.get('grpc-status-details-bin')).toHaveLength(0)
    const gzip = clientOf(bed.grpc, { 'grpc.default_compression_algorithm': compressionAlgorithms.gzip })
    const inflated = await failure(PATHS.traces, Buffer.alloc(20 * MIB), gzip)
    gzip.close()
    expect(inflated.code).toBe(status.RESOURCE_EXHAUSTED)
  })

  it('O27: takes an empty message', async () => {
    expect(await call(PATHS.traces, Buffer.alloc(0))).toHaveLength(0)
  })

  it('O28: counts rejected points in partial_success', async () => {
    const bad = { timeUnixNano: '0', asDouble: 1 }
    const request = {
      resourceMetrics: [{ scopeMetrics: [{ metrics: [{ name: 'm', gauge: { dataPoints: [bad] } }] }] }],
    }
    const answer = await call(PATHS.metrics, encodeRequest('metrics', request))
    expect(Number(partialOf('metrics', answer).partialSuccess?.rejectedDataPoints)).toBe(1)
  })

  it('O32: tells INVALID_ARGUMENT with google.rpc.Status for what it cannot decode', async () => {
    const error = await failure(PATHS.logs, gzipSync('no protobuf'))
    expect(error.code).toBe(status.INVALID_ARGUMENT)
    expect(detailsOf(error)).toMatchObject({ code: 3, message: expect.stringMatching(/^cannot /) })
  })

  it('tells that it serves', async () => {
    expect([...(await call('/grpc.health.v1.Health/Check', Buffer.alloc(0)))]).toEqual([8, 1])
  })
})
