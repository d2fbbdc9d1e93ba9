import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { containsText } from '../../../shared/store/contains.ts'
import { openWeb, type WebBed } from '../../support/web.ts'

const NOW = Date.parse('2026-03-01T12:00:00Z')

/** Seconds before now as the engine reads a time. */
const ago = (s: number) => new Date(NOW - s * 1000).toISOString().replace('T', ' ').replace('Z', '')
const hex = (n: number, digits: number) => n.toString(16).padStart(digits, '0')

type Thrown = { type: string; message: string }

/** A request and a query within it; either may have recorded an exception. */
const request = (n: number, service: string, thrown: { entry?: Thrown; inner?: Thrown }) => {
  const span = (index: number, exception: Thrown | undefined) => ({
    ...{ TraceId: hex(n, 32), SpanId: hex(n * 10 + index, 16), ParentSpanId: index === 0 ? '' : hex(n * 10, 16) },
    ...{
      Timestamp: ago(n * 10 - index),
      ServiceName: service,
      Environment: 'production',
      Version: 'v1',
      Duration: 1e6,
    },
    ...{ SpanName: index === 0 ? 'GET /pay' : 'SELECT', Route: 'GET /pay', IsEntry: index === 0 ? 1 : 0 },
    ...(exception && {
      ExceptionType: exception.type,
      'Events.Timestamp': [ago(n * 10 - index)],
      'Events.Name': ['exception'],
      'Events.Attributes': [{ 'exception.type': exception.type, 'exception.message': exception.message }],
    }),
  })
  return [span(0, thrown.entry), span(1, thrown.inner)]
}

const lines = [
  'Disk 100% full',
  'disk 1000 is full',
  'cache_key a_b',
  'cache-key aXb',
  'C:\\temp is gone',
  'ÉTÉ was here',
]

let bed: WebBed
beforeAll(async () => {
  bed = await openWeb(NOW)
  await bed.store.insert('otel_traces', [
    ...request(1, 'pay', { entry: { type: 'TypeError', message: 'amount is undefined' } }),
    ...request(2, 'pay', { inner: { type: 'TimeoutError', message: 'No answer within 5 s' } }),
    ...request(3, 'pay', { entry: { type: '', message: 'a text, and no type' } }),
    ...request(4, 'pay', {}),
    ...request(5, 'cart', { entry: { type: 'TypeError', message: 'sku is undefined' } }),
  ])
  await bed.store.insert(
    'otel_logs',
    lines.map((Body, i) => ({ Timestamp: ago(i + 1), ServiceName: 'pay', Environment: 'production', Body })),
  )
})
afterAll(() => bed.close())

const items = async (path: string) => {
  const { status, body, text } = await bed.call('GET', path)
  expect(status, text.slice(0, 300)).toBe(200)
  return (body as never as { items: Record<string, string>[] }).items
}
const traces = async (query: string) =>
  (await items(`/api/v1/traces?${query}`)).map((item) => Number(`0x${item.trace_id}`))
const found = async (q: string) => (await items(`/api/v1/logs?q=${encodeURIComponent(q)}`)).map((item) => item.body)

describe('requests by exception', () => {
  it('are found by its type, of one service or of all', async () => {
    expect(await traces('exception=TypeError')).toEqual([1, 5])
    expect(await traces('exception=TypeError&service=cart')).toEqual([5])
  })
  it('are found where a span within the request recorded it, and say so', async () => {
    expect(await traces('exception=TimeoutError')).toEqual([2])
    expect((await items('/api/v1/traces?exception=TimeoutError'))[0]).toMatchObject({ exception_type: 'TimeoutError' })
  })
  it('are found by a part of its message, in any case, with a type or without', async () => {
    expect(await traces('exception_message=UNDEFINED')).toEqual([1, 5])
    expect(await traces('exception_message=no%20type')).toEqual([3])
    expect(await traces('exception_message=undefined&exception=TypeError&service=pay')).toEqual([1])
  })
  it('are not those of the type by another service of the trace, nor by a part of the type', async () => {
    expect(await traces('exception=Type')).toEqual([])
    expect(await traces('exception=TypeError&version=v2')).toEqual([])
    expect(await traces('exception=TypeError&exception_message=answer')).toEqual([])
  })
  it('name the parameter that cannot be used', async () => {
    const { status, body } = await bed.call('GET', '/api/v1/traces?exception=')
    expect([status, (body.errors as never as { pointer: string }[])[0]?.pointer]).toEqual([400, '?exception'])
  })
})

describe('words in log lines', () => {
  it('are found in any case, also beyond ASCII, and as a part of a word', async () => {
    expect(await found('DISK')).toEqual(['Disk 100% full', 'disk 1000 is full'])
    expect(await found('été')).toEqual(['ÉTÉ was here'])
    expect(await found('emp')).toEqual(['C:\\temp is gone'])
  })
  it('stand for themselves: no character is a wildcard', async () => {
    expect(await found('100%')).toEqual(['Disk 100% full'])
    expect(await found('100% f')).toEqual(['Disk 100% full'])
    expect(await found('a_b')).toEqual(['cache_key a_b'])
    expect(await found('c:\\temp')).toEqual(['C:\\temp is gone'])
    expect(await found('%')).toEqual(['Disk 100% full'])
  })
  it('that are nowhere are told from the index, without reading a line', async () => {
    const { sql, value } = containsText('Body', 'q', 'nowhere at all')
    const plan = await bed.store.rows<{ explain: string }>(
      `EXPLAIN indexes = 1 SELECT Body FROM otel_logs WHERE ${sql.replace('{q:String}', `'${value}'`)}`,
    )
    const text = plan.map((row) => row.explain).join('\n')
    expect(text.slice(text.indexOf('idx_body_parts'))).toMatch(/Granules: 0\/1/)
  })
})

describe('a parameter that cannot be used', () => {
  it.each([
    ['traces?limit=5000', 'cannot use limit: must be a whole number from 1 to 1000'],
    ['traces?min_ms=fast', 'cannot use min_ms: must be a number from 0 to 10000000000'],
    ['services/pay/series?quantile=99', 'cannot use quantile: must be a number from 0 to 1'],
    [
      'services/pay/series?signal=cpu',
      'cannot use signal: must be one of requests, error_ratio, latency, log_errors, metric',
    ],
    ['logs?level=loud', 'cannot use level: must be one of trace, debug, info, warn, error, fatal'],
  ])('%s is answered with what it takes', async (path, detail) => {
    const { status, body } = await bed.call('GET', `/api/v1/${path}`)
    expect([status, body.detail]).toEqual([400, detail])
  })
  it('in a body is named with what is missing or of another type', async () => {
    const { status, body } = await bed.call('POST', '/api/v1/deploys', { body: { service: 1 } })
    expect([status, body.errors]).toEqual([
      400,
      [
        { pointer: '/service', detail: 'must be of type string, not number' },
        { pointer: '/started_at', detail: 'it is missing (string)' },
      ],
    ])
  })
})
