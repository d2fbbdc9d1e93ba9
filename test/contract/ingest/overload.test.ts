import { Client, credentials, Metadata, type ServiceError, status } from '@grpc/grpc-js'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createKey } from '../../../shared/state/keys.ts'
import type { NativeBlock, Store } from '../../../shared/store/store.ts'
import { type IngestBed, openIngest } from '../../support/ingest.ts'
import { encodeRequest, requestOf } from '../../support/otlp.ts'
import { decodeStatus, send, statusOf } from '../../support/raw-http.ts'
import { until } from '../../support/wait.ts'

const MIB = 1024 * 1024
let bed: IngestBed
/** What the engine does with the next inserts. */
let fault: ((block: NativeBlock) => void) | null = null

const faulty = (store: Store): Store => ({
  ...store,
  insertNative: async (block) => {
    fault?.(block)
    await store.insertNative(block)
  },
})
beforeAll(async () => {
  bed = await openIngest({ env: { PLUMBLINE_INGEST_LOG_MIB: '16', PLUMBLINE_HOST: '0.0.0.0' }, wrap: faulty })
})
afterAll(() => bed.close())

const base = () => bed.http.replace('0.0.0.0', '127.0.0.1')
const keyWith = async (scopes: ('ingest' | 'read')[]) =>
  (await createKey(bed.context, { name: scopes.join(), scopes })).plaintext
const logs = (id: string, bytes = 0) =>
  encodeRequest('logs', requestOf('logs', [id, ...(bytes > 0 ? ['x'.repeat(bytes)] : [])], Date.now()))
const post = (body: Buffer, headers: Record<string, string>) =>
  send(`${base()}/v1/logs`, { headers: { 'content-type': 'application/x-protobuf', ...headers }, body })
const count = async (id: string) =>
  Number((await bed.store.rows<{ n: string }>(`SELECT count() AS n FROM otel_logs WHERE Body = '${id}'`))[0]?.n)

describe('keys', () => {
  it('O33: asks for a key where not only this machine can connect', async () => {
    const asked: [Record<string, string>, string][] = [
      [{}, 'it needs a key, as "Authorization: Bearer plb_…"'],
      [{ authorization: 'Bearer plb_wrong' }, 'its key is unknown or was revoked'],
    ]
    for (const [headers, why] of asked) {
      const answer = await post(logs('a'), headers)
      expect(answer.status).toBe(401)
      expect(answer.headers['www-authenticate']).toMatch(/^Bearer/)
      expect(statusOf(answer)).toMatchObject({ code: 16, message: expect.stringContaining(why) })
    }
  })

  it('O34: refuses a key that may not send', async () => {
    const answer = await post(logs('a'), { authorization: `Bearer ${await keyWith(['read'])}` })
    expect(answer.status).toBe(403)
    expect(statusOf(answer)).toMatchObject({ code: 7 })
  })

  it('takes a key by either header', async () => {
    const key = await keyWith(['ingest'])
    expect((await post(logs('k1'), { authorization: `Bearer ${key}` })).status).toBe(200)
    expect((await post(logs('k2'), { 'x-api-key': key })).status).toBe(200)
  })

  it('O33: tells UNAUTHENTICATED by gRPC', async () => {
    const error = await grpcFailure(logs('a'), new Metadata())
    expect(error.code).toBe(status.UNAUTHENTICATED)
  })
})

function grpcFailure(body: Buffer, metadata: Metadata): Promise<ServiceError> {
  const client = new Client(bed.grpc.replace('http://0.0.0.0', '127.0.0.1'), credentials.createInsecure())
  const path = '/opentelemetry.proto.collector.logs.v1.LogsService/Export'
  const asIs = (value: Buffer) => value
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(path, asIs, asIs, body, metadata, (error) => {
      client.close()
      if (error) resolve(error)
      else reject(new Error('the call was answered'))
    })
  })
}

describe('an engine that fails', () => {
  /**  engine   ok ──┐            ┌── ok
   *                 └── refuses ─┘
   *   answers  200 200 … 200 503 503   200      everything answered 200 is in the table once
   */
  it('O35: goes on taking until the log is at its cap, then says 503 with a time, and loses nothing', async () => {
    const key = { authorization: `Bearer ${await keyWith(['ingest'])}` }
    fault = () => {
      throw new Error('Code: 243. DB::Exception: Cannot reserve 1.00 MiB, not enough space. (NOT_ENOUGH_SPACE)')
    }
    let acked = 0
    const refused = await until('refusal', async () => {
      const answer = await post(logs(`full-${acked}`, MIB / 5), key)
      if (answer.status !== 200) return answer
      acked += 1
      return undefined
    })
    expect(acked).toBeGreaterThan(40)
    expect(refused.status).toBe(503)
    expect(Number(refused.headers['retry-after'])).toBeGreaterThanOrEqual(1)
    expect(Number(refused.headers['retry-after'])).toBeLessThanOrEqual(3)
    expect(statusOf(refused).code).toBe(14)
    const metadata = new Metadata()
    metadata.set('authorization', key.authorization)
    const error = await grpcFailure(logs('full-grpc'), metadata)
    expect(error.code).toBe(status.UNAVAILABLE)
    const details = decodeStatus(error.metadata.get('grpc-status-details-bin')[0] as Buffer)
    expect(details.details.join()).toContain('google.rpc.RetryInfo')
    fault = null
    const stored = () =>
      bed.store.rows<{ n: string; ids: string }>(
        "SELECT count() AS n, uniqExact(Body) AS ids FROM otel_logs WHERE Body LIKE 'full-%'",
      )
    await until('drained log', async () => (Number((await stored())[0]?.n) >= acked ? true : undefined), 1200)
    expect(await stored()).toEqual([{ n: String(acked), ids: String(acked) }])
    await until('open door', async () => ((await post(logs('after'), key)).status === 200 ? true : undefined))
  })

  it('stores once what the engine took although its insert ended in an error', async () => {
    const key = { authorization: `Bearer ${await keyWith(['ingest'])}` }
    const real = bed.store
    let broken = 0
    fault = (block) => {
      if (broken > 0) return
      broken += 1
      void real.insertNative(block)
      throw new Error('socket hang up')
    }
    expect((await post(logs('unknown-end'), key)).status).toBe(200)
    await until('second try', async () => ((await bed.metric('insert_failures_total')) > 0 ? true : undefined))
    await until('row', async () => ((await count('unknown-end')) > 0 ? true : undefined))
    await until('checkpoint', async () => ((await bed.metric('log_bytes')) === 0 ? true : undefined))
    expect(await count('unknown-end')).toBe(1)
    fault = null
  })

  it('sets the rows aside that the engine refuses, and stores their neighbours', async () => {
    const key = { authorization: `Bearer ${await keyWith(['ingest'])}` }
    await bed.store.exec("ALTER TABLE otel_logs ADD CONSTRAINT no_poison CHECK Body != 'poison'")
    const ids = Array.from({ length: 200 }, (_, i) => (i === 71 || i === 140 ? 'poison' : `healthy-${i}`))
    const body = encodeRequest('logs', requestOf('logs', ids, Date.now()))
    expect((await post(body, key)).status).toBe(200)
    const dead = await bed.rows<Record<string, unknown>>(
      "SELECT table, row, rows, reason, JSONExtractInt(document, 'records', 'from') AS record FROM dead_rows ORDER BY row",
      2,
    )
    expect(dead).toMatchObject([
      { table: 'otel_logs', row: 71, rows: 1, reason: expect.stringContaining('no_poison') },
      { table: 'otel_logs', row: 140, rows: 1 },
    ])
    expect(Number(dead[0]!.record)).toBeGreaterThan(0)
    const stored = await bed.store.rows<{ n: string }>("SELECT count() AS n FROM otel_logs WHERE Body LIKE 'healthy-%'")
    expect(stored).toEqual([{ n: '198' }])
    expect(await count('poison')).toBe(0)
  })
})
