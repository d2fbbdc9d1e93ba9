import { afterAll, beforeAll, expect, it } from 'vitest'
import { type IngestBed, openIngest } from '../../support/ingest.ts'
import { encodeRequest, requestOf, type SignalName } from '../../support/otlp.ts'
import { send } from '../../support/raw-http.ts'

let bed: IngestBed
beforeAll(async () => {
  bed = await openIngest()
})
afterAll(() => bed.close())

const body = (signal: SignalName, name: string, items: number) => {
  const ids = Array.from({ length: items }, (_, i) => `${name}-${i}-${'x'.repeat(300)}`)
  return requestOf(signal, ids, Date.now())
}
const PROTOBUF = { 'content-type': 'application/x-protobuf' }

it('takes a body of many MiB in a thread, stores it once, and takes it as a re-send the second time', async () => {
  const bytes = encodeRequest('logs', body('logs', 'large', 30_000))
  expect(bytes.length).toBeGreaterThan(8 * 2 ** 20)
  const post = () => send(`${bed.http}/v1/logs`, { headers: PROTOBUF, body: bytes })
  const answers = await Promise.all([post(), post()])
  expect(answers.map((answer) => answer.status)).toEqual([200, 200])
  expect(await bed.metric('resends_absorbed_total')).toBe(1)
  const sql = "SELECT count() AS n, uniqExact(Body) AS ids FROM otel_logs WHERE Body LIKE 'large-%' HAVING n >= 30000"
  expect(await bed.rows(sql, 1)).toEqual([{ n: '30000', ids: '30000' }])
})

it('answers others while it decodes a large body', async () => {
  const bytes = encodeRequest('logs', body('logs', 'slow', 60_000))
  const order: string[] = []
  const large = send(`${bed.http}/v1/logs`, { headers: PROTOBUF, body: bytes }).then(() => order.push('large'))
  const small = async (n: number) => {
    const request = encodeRequest('logs', requestOf('logs', [`beside-${n}`], Date.now()))
    await send(`${bed.http}/v1/logs`, { headers: PROTOBUF, body: request })
    order.push('small')
  }
  for (let n = 0; n < 3; n++) await small(n)
  await large
  expect(order.indexOf('large')).toBeGreaterThan(0)
})

it('refuses a large body that is broken at its end, and stores none of it', async () => {
  const bytes = encodeRequest('logs', body('logs', 'broken', 30_000))
  const answer = await send(`${bed.http}/v1/logs`, {
    headers: PROTOBUF,
    body: Buffer.concat([bytes, Buffer.of(0x0a, 0xff)]),
  })
  expect(answer.status).toBe(400)
  expect(await bed.store.rows("SELECT 1 FROM otel_logs WHERE Body LIKE 'broken-%'")).toEqual([])
})

it('takes a large JSON body in a thread too', async () => {
  const json = JSON.stringify(body('metrics', 'json', 5000))
  const headers = { 'content-type': 'application/json' }
  expect((await send(`${bed.http}/v1/metrics`, { headers, body: json })).status).toBe(200)
  await bed.rows("SELECT 1 FROM otel_metrics_gauge WHERE MetricDescription LIKE 'json-%'", 5000)
})
