import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { connect as connectHttp2 } from 'node:http2'
import { request as httpsRequest } from 'node:https'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client, credentials, Metadata, type ServiceError, status } from '@grpc/grpc-js'
import { Registry } from 'prom-client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Admission, defaultAdmission } from '../../../services/ingest/admission.ts'
import { ingestMetrics } from '../../../services/ingest/metrics.ts'
import { httpListener, type TransportOptions } from '../../../services/ingest/transport/http.ts'
import { Refusal, refusalOf } from '../../../services/ingest/transport/refusal.ts'
import { codeOf, successBody } from '../../../services/ingest/transport/status.ts'
import { type Listening, listen } from '../../../shared/runtime/http.ts'
import { silentLog } from '../../../shared/runtime/log.ts'
import { createKey } from '../../../shared/state/keys.ts'
import { makeCertificate } from '../../support/certificate.ts'
import { type IngestBed, openIngest } from '../../support/ingest.ts'
import { encodeRequest, requestOf } from '../../support/otlp.ts'
import { decodeStatus, send, sendRaw, statusOf } from '../../support/raw-http.ts'

/** Rules of docs/otlp.md on transport and answers that need a server, or a moment, of their own. */
const PROTOBUF = { 'content-type': 'application/x-protobuf' }
const LOGS = '/opentelemetry.proto.collector.logs.v1.LogsService/Export'
const logs = (id: string) => encodeRequest('logs', requestOf('logs', [id], Date.now()))
const local = (url: string) => url.replace('0.0.0.0', '127.0.0.1')

function callGrpc(url: string, key: string | null, body: Buffer, tls?: Buffer): Promise<ServiceError | null> {
  const secure = tls ? credentials.createSsl(tls) : credentials.createInsecure()
  const client = new Client(local(url).replace(/^https?:\/\//, ''), secure)
  const metadata = new Metadata()
  if (key !== null) metadata.set('authorization', `Bearer ${key}`)
  const asIs = (value: Buffer) => value
  return new Promise((resolve) => {
    client.makeUnaryRequest(LOGS, asIs, asIs, body, metadata, (error) => {
      client.close()
      resolve(error)
    })
  })
}

describe('an answer', () => {
  const decoded = (remarks: string[], rejected: number) => ({ accepted: 1, rejected, remarks, stored: true }) as never

  it('O16: is cut to what every client reads, however much there is to say', () => {
    const remarks = Array.from({ length: 50_000 }, (_, i) => `remark ${i} ${'x'.repeat(100)}`)
    for (const encoding of ['protobuf', 'json'] as const)
      expect(successBody('traces', encoding, decoded(remarks, 7)).length).toBeLessThan(8 * 1024)
  })

  it('O37: to an error that nobody foresaw is 503 with a time, and does not tell its text', () => {
    const refusal = refusalOf(new TypeError('secret of ours'))
    expect(refusal).toMatchObject({ status: 503, retryAfterS: 1, isUnexpected: true })
    expect(refusal.message).not.toContain('secret')
  })

  it.each([
    [400, status.INVALID_ARGUMENT],
    [401, status.UNAUTHENTICATED],
    [403, status.PERMISSION_DENIED],
    [404, status.NOT_FOUND],
    [413, status.RESOURCE_EXHAUSTED],
    [429, status.RESOURCE_EXHAUSTED],
    [503, status.UNAVAILABLE],
  ])('O39: of HTTP %i is gRPC %i', (http, grpc) => expect(codeOf(http)).toBe(grpc))
})

describe('a server', () => {
  let listening: Listening | undefined
  const serve = async (
    authorize: TransportOptions['authorize'],
    timeouts?: Parameters<typeof listen>[1]['timeouts'],
  ) => {
    const idle = { lagMs: () => 0, rssBytes: () => 0, utilisation: () => 0, stop: () => {} }
    const admission = new Admission({ ...defaultAdmission, pressure: idle, logShare: () => 0, isBehind: () => false })
    const options = { admission, authorize, metrics: ingestMetrics(new Registry()), log: silentLog() }
    const listener = httpListener({ ...options, maxBodyBytes: 1e6, maxJsonBytes: 1e6 } as TransportOptions, [])
    listening = await listen(listener, { host: '127.0.0.1', port: 0, name: 'test', ...(timeouts && { timeouts }) })
    return listening.url
  }
  afterAll(() => listening?.close(0))

  it('O40: whose answer cannot be written sends a fixed one', async () => {
    const url = await serve(async () => {
      throw Object.assign(new Refusal(503, ''), { message: undefined })
    })
    const answer = await send(`${url}/v1/logs`, { headers: PROTOBUF, body: '' })
    expect(answer).toMatchObject({ status: 503, headers: { 'content-type': 'application/json' } })
    expect(JSON.parse(answer.body.toString())).toMatchObject({ code: 13 })
    await listening?.close(0)
  })

  it.each([
    ['headers', 'POST /v1/logs HTTP/1.1\r\nhost: x\r\nx-slow: '],
    ['a body', 'POST /v1/logs HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 50\r\n\r\n{'],
  ])('O21: ends a connection whose sender is slow with %s, with 408', async (_, text) => {
    const url = await serve(async () => {}, {
      headersTimeout: 100,
      requestTimeout: 100,
      connectionsCheckingInterval: 20,
    })
    const answer = await sendRaw(url, text, false)
    expect(answer).toMatch(/^HTTP\/1\.1 408 /)
    expect(answer.toLowerCase()).toContain('connection: close')
    await listening?.close(0)
  })

  it('O21: waits for a sender that is slow, yet not too slow', async () => {
    const url = await serve(async () => {
      throw new Refusal(403, 'cannot take the request: for the test')
    })
    expect(listening?.server).toMatchObject({
      headersTimeout: 20_000,
      requestTimeout: 60_000,
      keepAliveTimeout: 75_000,
    })
    expect((await send(`${url}/v1/logs`, { headers: PROTOBUF, chunks: [Buffer.of(10), Buffer.of(0)] })).status).toBe(
      403,
    )
  })
})

describe('keys and quotas', () => {
  let bed: IngestBed
  beforeAll(async () => {
    bed = await openIngest({
      env: { PLUMBLINE_HOST: '0.0.0.0', PLUMBLINE_KEY_MIB_PER_SECOND: '0.001', PLUMBLINE_MAX_BODY_MIB: '1' },
    })
  })
  afterAll(() => bed.close())
  const post = (headers: Record<string, string>, body: Buffer) =>
    send(`${local(bed.http)}/v1/logs`, { headers: { ...PROTOBUF, ...headers }, body })
  const newKey = async (name: string) => (await createKey(bed.context, { name, scopes: ['ingest'] })).plaintext

  it('O36: tells a key that is over its quota to wait, and no other key', async () => {
    const [greedy, modest] = [await newKey('greedy'), await newKey('modest')]
    const large = Buffer.concat([logs('large'), Buffer.from([0x9a, 0x3f, 0x80, 0x80, 0x3c]), Buffer.alloc(983_040)])
    expect((await post({ authorization: `Bearer ${greedy}` }, large)).status).toBe(200)
    const refused = await post({ authorization: `Bearer ${greedy}` }, large)
    expect(refused.status).toBe(429)
    expect(Number(refused.headers['retry-after'])).toBeGreaterThanOrEqual(1)
    expect(statusOf(refused)).toMatchObject({ code: 8, message: expect.stringContaining('MiB a second') })
    const error = await callGrpc(bed.grpc, greedy, large)
    expect(error?.code).toBe(status.RESOURCE_EXHAUSTED)
    const details = decodeStatus(error!.metadata.get('grpc-status-details-bin')[0] as Buffer).details
    expect(details.join()).toContain('google.rpc.RetryInfo')
    expect((await post({ authorization: `Bearer ${modest}` }, logs('modest'))).status).toBe(200)
  })

  it('O33: asks an address with too many wrong keys to wait, and takes a right key from it all the same; no key is no guess', async () => {
    const wrong = { authorization: 'Bearer plb_wrong' }
    for (let i = 0; i < 12; i++) expect((await post({}, logs('x'))).status).toBe(401)
    const answers = []
    for (let i = 0; i < 12; i++) answers.push(await post(wrong, logs('x')))
    expect(answers.slice(0, 10).every((a) => a.status === 401)).toBe(true)
    expect(answers.at(-1)?.status).toBe(429)
    expect(Number(answers.at(-1)?.headers['retry-after'])).toBeGreaterThanOrEqual(1)
    expect((await post({ authorization: `Bearer ${await newKey('right')}` }, logs('right'))).status).toBe(200)
  })

  it('O25: refuses a gRPC call in a coding that it does not read, for good', async () => {
    const session = connectHttp2(local(bed.grpc))
    const headers = {
      ':method': 'POST',
      ':path': LOGS,
      'content-type': 'application/grpc',
      te: 'trailers',
      'grpc-encoding': 'snappy',
    }
    const stream = session.request(headers)
    const seen = await new Promise<Record<string, unknown>>((resolve, reject) => {
      let all: Record<string, unknown> = {}
      stream.on('response', (h) => (all = { ...all, ...h }))
      stream.on('trailers', (h) => (all = { ...all, ...h }))
      stream.on('error', reject)
      stream.on('close', () => resolve(all))
      stream.resume()
      stream.end(Buffer.concat([Buffer.from([1, 0, 0, 0, 1]), Buffer.of(0)]))
    })
    session.close()
    expect(Number(seen['grpc-status'])).toBe(status.UNIMPLEMENTED)
    expect(String(seen['grpc-message'])).toContain('snappy')
  })
})

/**  request   headers ────────── rest of it ─▶ 503
 *   server          stop() ───────────────────────── everything stored, ended
 */
it('O24, O31, O38: while it stops, answers what comes on a live HTTP/1.1 socket with 503, a time and the end; gRPC is told to go away', async () => {
  const bed = await openIngest()
  const { port, hostname } = new URL(bed.http)
  const socket = connect(Number(port), hostname)
  const body = logs('too-late')
  const head = `POST /v1/logs HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-protobuf\r\ncontent-length: ${body.length}\r\n`
  await new Promise<void>((resolve) => socket.write(head, () => resolve()))
  const grpc = connectHttp2(bed.grpc)
  await new Promise((resolve) => grpc.once('remoteSettings', resolve))
  await send(`${bed.http}/v1/logs`, { headers: PROTOBUF, body: logs('in-time') })
  const goneAway = new Promise((resolve) => grpc.once('goaway', resolve))
  const ended = new Promise<string>((resolve) => {
    let text = ''
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1')
    })
    socket.on('close', () => resolve(text))
  })
  const stopped = bed.service.stop()
  socket.write(Buffer.concat([Buffer.from('\r\n'), body]))
  const answer = (await ended).toLowerCase()
  expect(answer).toMatch(/^http\/1\.1 503 /)
  expect(answer).toContain('retry-after: 1')
  expect(answer).toContain('connection: close')
  expect(answer).not.toContain('partial')
  await goneAway
  grpc.destroy()
  await stopped
  const rows = await bed.store.rows<{ Body: string }>(
    `SELECT Body FROM otel_logs WHERE Body IN ('too-late', 'in-time')`,
  )
  expect(rows).toEqual([{ Body: 'in-time' }])
  await bed.close()
})

it('takes OTLP over TLS by both transports', async (context) => {
  const dir = mkdtempSync(join(tmpdir(), 'plumbline-tls-'))
  const files = makeCertificate(dir)
  if (!files) return context.skip('openssl is not installed')
  const bed = await openIngest({ env: { PLUMBLINE_TLS_CERT: files.cert, PLUMBLINE_TLS_KEY: files.key } })
  const ca = readFileSync(files.cert)
  const answered = await new Promise((resolve, reject) => {
    const request = httpsRequest(
      `${bed.http}/v1/logs`,
      { method: 'POST', headers: PROTOBUF, ca, agent: false },
      (r) => {
        r.resume()
        resolve(r.statusCode)
      },
    )
    request.on('error', reject)
    request.end(logs('tls-http'))
  })
  expect(answered).toBe(200)
  expect(await callGrpc(bed.grpc.replace('https://', ''), null, logs('tls-grpc'), ca)).toBeNull()
  expect((await callGrpc(bed.grpc.replace('https://', ''), null, logs('in the clear')))?.code).toBe(status.UNAVAILABLE)
  await bed.rows("SELECT Body FROM otel_logs WHERE Body IN ('tls-http', 'tls-grpc')", 2)
  await bed.close()
  rmSync(dir, { recursive: true })
})
