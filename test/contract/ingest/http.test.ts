import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type IngestBed, openIngest } from '../../support/ingest.ts'
import { encodeRequest, idColumns, requestOf, type SignalName } from '../../support/otlp.ts'
import { type Answer, partialOf, send, sendRaw, statusOf } from '../../support/raw-http.ts'
import { until } from '../../support/wait.ts'

let bed: IngestBed
beforeAll(async () => {
  bed = await openIngest({ env: { PLUMBLINE_CORS_ORIGINS: 'https://shop.example,https://*.apps.example' } })
})
afterAll(() => bed.close())

let serial = 0
const fresh = (signal: SignalName = 'traces', items = 1) => {
  const ids = Array.from({ length: items }, () => `item-${serial++}`)
  const request = requestOf(signal, ids, Date.now())
  return { ids, request, body: encodeRequest(signal, request) }
}
const PROTOBUF = { 'content-type': 'application/x-protobuf' }
const JSON_TYPE = { 'content-type': 'application/json' }
const logsJson = (id: string) =>
  JSON.stringify({
    resourceLogs: [
      { scopeLogs: [{ logRecords: [{ timeUnixNano: `${Date.now()}000000`, body: { stringValue: id } }] }] },
    ],
  })
const post = (path: string, headers: Record<string, string>, body: Uint8Array | string) =>
  send(`${bed.http}${path}`, { headers, body })

type Case = {
  row: string
  of: string
  ask: () => Promise<Answer>
  status: number
  type?: string
  code?: number
  headers?: Record<string, string | RegExp>
}
const MIB = 1024 * 1024

/** One row of RELIABILITY 1.1 and 1.2 a case. The rows on gRPC stand in grpc.test.ts, overload in overload.test.ts. */
const cases: Case[] = [
  ...(['traces', 'metrics', 'logs'] as const).map((signal) => ({
    row: 'O2',
    of: `protobuf ${signal}`,
    ask: () => post(`/v1/${signal}`, PROTOBUF, fresh(signal).body),
    status: 200,
    type: 'application/x-protobuf',
  })),
  {
    row: 'O3',
    of: 'JSON on the same port',
    ask: () => post('/v1/logs', JSON_TYPE, logsJson('o3')),
    status: 200,
    type: 'application/json',
  },
  {
    row: 'O4',
    of: 'a charset',
    ask: () => post('/v1/logs', { 'content-type': 'application/json; charset=utf-8' }, logsJson('o4a')),
    status: 200,
    type: 'application/json',
  },
  {
    row: 'O4',
    of: 'capitals',
    ask: () => post('/v1/logs', { 'content-type': 'APPLICATION/JSON' }, logsJson('o4b')),
    status: 200,
    type: 'application/json',
  },
  {
    row: 'O5',
    of: 'no content type',
    ask: () => post('/v1/traces', {}, fresh().body),
    status: 415,
    type: 'application/json',
    code: 3,
  },
  {
    row: 'O5',
    of: 'another content type',
    ask: () => post('/v1/traces', { 'content-type': 'text/plain' }, 'x'),
    status: 415,
    type: 'application/json',
    code: 3,
  },
  ...['GET', 'PUT', 'PATCH', 'DELETE'].map((method) => ({
    row: 'O6',
    of: method,
    ask: () => send(`${bed.http}/v1/traces`, { method }),
    status: 405,
    code: 12,
    headers: { allow: 'POST' },
  })),
  {
    row: 'O7',
    of: 'an unknown path',
    ask: () => post('/v1/nothing', JSON_TYPE, '{}'),
    status: 404,
    type: 'application/json',
    code: 5,
  },
  {
    row: 'O7',
    of: 'profiles',
    ask: () => post('/v1development/profiles', PROTOBUF, ''),
    status: 404,
    type: 'application/x-protobuf',
    code: 5,
  },
  {
    row: 'O8',
    of: 'gzip',
    ask: () => post('/v1/traces', { ...PROTOBUF, 'content-encoding': 'gzip' }, gzipSync(fresh().body)),
    status: 200,
  },
  {
    row: 'O9',
    of: 'brotli',
    ask: () => post('/v1/traces', { ...PROTOBUF, 'content-encoding': 'br' }, fresh().body),
    status: 415,
    type: 'application/x-protobuf',
    code: 3,
    headers: { 'accept-encoding': 'gzip' },
  },
  {
    row: 'O10',
    of: 'GZIP',
    ask: () => post('/v1/traces', { ...PROTOBUF, 'content-encoding': 'GZIP' }, gzipSync(fresh().body)),
    status: 200,
  },
  {
    row: 'O10',
    of: 'identity',
    ask: () => post('/v1/traces', { ...PROTOBUF, 'content-encoding': 'identity' }, fresh().body),
    status: 200,
  },
  {
    row: 'O11',
    of: 'gzip that is none',
    ask: () => post('/v1/traces', { ...PROTOBUF, 'content-encoding': 'gzip' }, fresh().body),
    status: 400,
    type: 'application/x-protobuf',
    code: 3,
  },
  {
    row: 'O11',
    of: 'truncated gzip',
    ask: () =>
      post('/v1/logs', { ...JSON_TYPE, 'content-encoding': 'gzip' }, gzipSync(logsJson('o11')).subarray(0, 60)),
    status: 400,
    type: 'application/json',
    code: 3,
  },
  {
    row: 'O12',
    of: 'two gzip members in a row',
    ask: () => {
      const { body } = fresh('traces', 4)
      return post(
        '/v1/traces',
        { ...PROTOBUF, 'content-encoding': 'gzip' },
        Buffer.concat([gzipSync(body.subarray(0, 50)), gzipSync(body.subarray(50))]),
      )
    },
    status: 200,
  },
  {
    row: 'O13',
    of: 'a plain body over the limit, length unsaid',
    ask: () =>
      send(`${bed.http}/v1/traces`, {
        headers: PROTOBUF,
        chunks: Array.from({ length: 65 }, () => Buffer.alloc(MIB)),
      }).catch(() => ({ status: 413, headers: {}, body: Buffer.alloc(0) }) as Answer),
    status: 413,
  },
  {
    row: 'O13',
    of: 'a gzip bomb',
    ask: () => post('/v1/traces', { ...PROTOBUF, 'content-encoding': 'gzip' }, gzipSync(Buffer.alloc(100 * MIB))),
    status: 413,
    type: 'application/x-protobuf',
    code: 8,
  },
  {
    row: 'O14',
    of: 'a content-length over the limit',
    ask: () =>
      send(`${bed.http}/v1/traces`, { headers: { ...PROTOBUF, 'content-length': String(65 * MIB) }, body: 'x' }),
    status: 413,
    type: 'application/x-protobuf',
    code: 8,
    headers: { connection: 'close' },
  },
  {
    row: 'O17',
    of: 'an answer is not compressed',
    ask: () => post('/v1/traces', { ...PROTOBUF, 'accept-encoding': 'gzip' }, fresh().body),
    status: 200,
  },
  {
    row: 'O22',
    of: 'a preflight of an allowed origin',
    ask: () =>
      send(`${bed.http}/v1/traces`, {
        method: 'OPTIONS',
        headers: { origin: 'https://shop.example', 'access-control-request-method': 'POST' },
      }),
    status: 204,
    headers: {
      'access-control-allow-origin': 'https://shop.example',
      'access-control-allow-headers': /content-type.*authorization/,
      'access-control-max-age': /\d+/,
    },
  },
  {
    row: 'O22',
    of: 'an answer to an allowed origin by wildcard',
    ask: () => post('/v1/traces', { ...PROTOBUF, origin: 'https://a.apps.example' }, fresh().body),
    status: 200,
    headers: {
      'access-control-allow-origin': 'https://a.apps.example',
      'access-control-expose-headers': 'Retry-After',
    },
  },
  { row: 'O26', of: 'all accepted, JSON', ask: () => post('/v1/logs', JSON_TYPE, logsJson('o26')), status: 200 },
  ...(['traces', 'metrics', 'logs'] as const).flatMap((signal) => [
    { row: 'O27', of: `empty protobuf ${signal}`, ask: () => post(`/v1/${signal}`, PROTOBUF, ''), status: 200 },
    { row: 'O27', of: `empty JSON ${signal}`, ask: () => post(`/v1/${signal}`, JSON_TYPE, '{}'), status: 200 },
  ]),
  {
    row: 'O27',
    of: 'empty envelopes',
    ask: () => post('/v1/logs', JSON_TYPE, '{"resourceLogs":[{"scopeLogs":[]},{}]}'),
    status: 200,
  },
  {
    row: 'O32',
    of: 'protobuf that is none',
    ask: () => post('/v1/traces', PROTOBUF, Buffer.from([255, 255, 255])),
    status: 400,
    type: 'application/x-protobuf',
    code: 3,
  },
  {
    row: 'O32',
    of: 'JSON that is none',
    ask: () => post('/v1/traces', JSON_TYPE, '{"resourceSpans":['),
    status: 400,
    type: 'application/json',
    code: 3,
  },
]

describe('OTLP/HTTP', () => {
  it.each(cases)('$row: $of is answered $status', async (c) => {
    const answer = await c.ask()
    expect(answer.status).toBe(c.status)
    if (c.type) expect(answer.headers['content-type']).toBe(c.type)
    if (c.code !== undefined) {
      const status = statusOf(answer)
      expect(status.code).toBe(c.code)
      expect(status.message).toMatch(/^cannot /)
    }
    for (const [name, value] of Object.entries(c.headers ?? {})) {
      if (typeof value === 'string') expect(answer.headers[name]).toBe(value)
      else expect(answer.headers[name]).toMatch(value)
    }
    if (c.status === 200) {
      expect(answer.headers['content-encoding']).toBeUndefined()
      expect(answer.body.toString()).toBe(answer.headers['content-type'] === 'application/json' ? '{}' : '')
    }
  })

  it('O18: keeps idle sockets longer than the SDKs wait between batches', async () => {
    const answer = await fetch(`${bed.http}/v1/traces`, { method: 'POST', headers: PROTOBUF, body: '' })
    await answer.arrayBuffer()
    expect(answer.headers.get('keep-alive')).toBe('timeout=75')
  })

  it('O19: stores nothing of a body whose sender hangs up, and counts it', async () => {
    const before = await bed.metric('hang_ups_total')
    const head = 'POST /v1/logs HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 5000\r\n\r\n'
    await sendRaw(bed.http, `${head}{"resourceLogs":[`, true)
    await until('hang-up', async () => ((await bed.metric('hang_ups_total')) > before ? true : undefined))
    expect(await bed.metric('in_flight_bytes')).toBe(0)
  })

  it('O20: recognises what is sent again after the sender hung up before the answer', async () => {
    const { ids, body } = fresh('logs')
    const head = `POST /v1/logs HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-protobuf\r\ncontent-length: ${body.length}\r\n\r\n`
    await sendRaw(bed.http, Buffer.concat([Buffer.from(head), body]), true)
    const before = await bed.metric('resends_absorbed_total')
    await until('re-send that was absorbed', async () => {
      expect((await post('/v1/logs', PROTOBUF, body)).status).toBe(200)
      return (await bed.metric('resends_absorbed_total')) > before ? true : undefined
    })
    const rows = await bed.rows<{ n: string }>(
      `SELECT count() AS n FROM otel_logs WHERE Body = '${ids[0]}' HAVING n > 0`,
      1,
    )
    expect(rows).toEqual([{ n: '1' }])
  })

  it('O23: names no origin in the preflight of another one', async () => {
    const headers = { origin: 'https://evil.example', 'access-control-request-method': 'POST' }
    const answer = await send(`${bed.http}/v1/traces`, { method: 'OPTIONS', headers })
    expect(answer.headers['access-control-allow-origin']).toBeUndefined()
    expect(answer.headers['access-control-allow-credentials']).toBeUndefined()
  })

  it('O28, O30: stores the good items of a request and counts the bad ones', async () => {
    const good = { timeUnixNano: `${Date.now()}000000`, asDouble: 1 }
    const bad = { timeUnixNano: '0', asDouble: 1 }
    const request = (name: string) => ({
      resourceMetrics: [{ scopeMetrics: [{ metrics: [{ name, gauge: { dataPoints: [good, bad, bad] } }] }] }],
    })
    const json = await post('/v1/metrics', JSON_TYPE, JSON.stringify(request('o30')))
    expect(json.status).toBe(200)
    const { partialSuccess } = JSON.parse(json.body.toString()) as { partialSuccess: Record<string, string> }
    expect(partialSuccess.rejectedDataPoints).toBe('2')
    expect(partialSuccess.errorMessage).not.toBe('')
    const binary = await post('/v1/metrics', PROTOBUF, encodeRequest('metrics', request('o28')))
    const partial = partialOf('metrics', binary.body).partialSuccess
    expect(Number(partial?.rejectedDataPoints)).toBe(2)
    expect(partial?.errorMessage).not.toBe('')
    await bed.rows("SELECT 1 FROM otel_metrics_gauge WHERE MetricName IN ('o28', 'o30')", 2)
  })

  it('O29: says what it changed in a body that it accepted in full', async () => {
    const long = 'x'.repeat(300_000)
    const answer = await post('/v1/logs', JSON_TYPE, logsJson(long))
    expect(answer.status).toBe(200)
    const { partialSuccess } = JSON.parse(answer.body.toString()) as { partialSuccess: Record<string, string> }
    expect(partialSuccess.rejectedLogRecords).toBeUndefined()
    expect(partialSuccess.errorMessage).not.toBe('')
    expect(answer.body.length).toBeLessThan(64 * 1024)
  })

  it('O32: names what of the request is at fault', async () => {
    const status = statusOf(await post('/v1/traces', PROTOBUF, Buffer.from([10, 200])))
    expect(status.details.join()).toContain('google.rpc.BadRequest')
  })

  it('stores what it answered 200, each item once, and notes the minutes', async () => {
    const sent = { traces: fresh('traces', 30), logs: fresh('logs', 30), metrics: fresh('metrics', 30) }
    for (const signal of ['traces', 'logs', 'metrics'] as const) {
      for (let i = 0; i < 3; i++) expect((await post(`/v1/${signal}`, PROTOBUF, sent[signal].body)).status).toBe(200)
      const { table, column } = idColumns[signal]
      const list = sent[signal].ids.map((id) => `'${id}'`).join(',')
      const rows = await bed.rows<{ id: string; n: string }>(
        `SELECT ${column} AS id, count() AS n FROM ${table} WHERE ${column} IN (${list}) GROUP BY id`,
        30,
      )
      expect(rows.every((row) => row.n === '1')).toBe(true)
      const noted = await bed.rows<{ minute: string }>(
        `SELECT minute FROM touched_minutes WHERE signal = '${signal}'`,
        1,
      )
      expect(noted.length).toBeGreaterThan(0)
    }
  })
})
