import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type IngestBed, openIngest } from '../../support/ingest.ts'
import { freshRequest, JSON_TYPE, logsJson, PROTOBUF } from '../../support/otlp.ts'
import { type Answer, send, statusOf } from '../../support/raw-http.ts'

let bed: IngestBed
beforeAll(async () => {
  bed = await openIngest({ env: { PLUMBLINE_CORS_ORIGINS: 'https://shop.example,https://*.apps.example' } })
})
afterAll(() => bed.close())

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

/** The rules of docs/otlp.md on transport and answers, one a case. The rows on gRPC stand in grpc.test.ts, overload in overload.test.ts. */
const cases: Case[] = [
  ...(['traces', 'metrics', 'logs'] as const).map((signal) => ({
    row: 'O2',
    of: `protobuf ${signal}`,
    ask: () => post(`/v1/${signal}`, PROTOBUF, freshRequest(signal).body),
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
    ask: () => post('/v1/traces', {}, freshRequest().body),
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
    ask: () => post('/v1/traces', { ...PROTOBUF, 'content-encoding': 'gzip' }, gzipSync(freshRequest().body)),
    status: 200,
  },
  {
    row: 'O9',
    of: 'brotli',
    ask: () => post('/v1/traces', { ...PROTOBUF, 'content-encoding': 'br' }, freshRequest().body),
    status: 415,
    type: 'application/x-protobuf',
    code: 3,
    headers: { 'accept-encoding': 'gzip' },
  },
  {
    row: 'O10',
    of: 'GZIP',
    ask: () => post('/v1/traces', { ...PROTOBUF, 'content-encoding': 'GZIP' }, gzipSync(freshRequest().body)),
    status: 200,
  },
  {
    row: 'O10',
    of: 'identity',
    ask: () => post('/v1/traces', { ...PROTOBUF, 'content-encoding': 'identity' }, freshRequest().body),
    status: 200,
  },
  {
    row: 'O11',
    of: 'gzip that is none',
    ask: () => post('/v1/traces', { ...PROTOBUF, 'content-encoding': 'gzip' }, freshRequest().body),
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
      const { body } = freshRequest('traces', 4)
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
    ask: () => post('/v1/traces', { ...PROTOBUF, 'accept-encoding': 'gzip' }, freshRequest().body),
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
    ask: () => post('/v1/traces', { ...PROTOBUF, origin: 'https://a.apps.example' }, freshRequest().body),
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
})
