import { describe, expect, it } from 'vitest'
import { DecodeError } from '../../../services/ingest/decode/index.ts'
import { decode, NOW, nanos, type Plain } from './support/otlp.ts'

/** docs/otlp.md on JSON, a rule a case: what a span is that has these members beside its ids and its start, or that its body is refused. */
const span = (members: string): string => {
  const ids = '"traceId":"A0000000000000000000000000000001","spanId":"b000000000000001"'
  return `{"resourceSpans":[{"scopeSpans":[{"spans":[{${ids},"startTimeUnixNano":"${nanos(NOW)}"${members === '' ? '' : `,${members}`}}]}]}]}`
}
const value = (json: string) => `"attributes":[{"key":"k","value":${json}}]`
const text = (stored: string) => ({ SpanAttributes: expect.arrayContaining([['k', stored]]) })
const nested = (depth: number) =>
  value(`${'{"arrayValue":{"values":['.repeat(depth)}{"intValue":1}${']}}'.repeat(depth)}`)
const END = nanos(NOW) + 1n

type Case = [id: string, of: string, members: string, expected: object | 'refused']
const cases: Case[] = [
  ['O41', 'ids in hex, any case', '', { TraceId: 'a0000000000000000000000000000001', SpanId: 'b000000000000001' }],
  [
    'O41',
    'ids in links',
    '"links":[{"traceId":"C0000000000000000000000000000001","spanId":"D000000000000001"}]',
    { 'Links.TraceId': ['c0000000000000000000000000000001'], 'Links.SpanId': ['d000000000000001'] },
  ],
  ['O42', 'an int64 beyond 2^53 as a number', value('{"intValue":9223372036854775807}'), text('9223372036854775807')],
  ['O42', 'an int64 beyond 2^53 as text', value('{"intValue":"-9223372036854775808"}'), text('-9223372036854775808')],
  ['O42', 'nanoseconds as a number', `"endTimeUnixNano":${END}`, { Duration: 1n }],
  ['O42', 'nanoseconds as text', `"endTimeUnixNano":"${END}"`, { Duration: 1n }],
  ['O43', 'an enum as a number', '"kind":2', { SpanKind: 'Server' }],
  ['O43', 'an unknown number of an enum', '"kind":77', { SpanKind: '77' }],
  ['O44', 'an enum by its name', '"kind":"SPAN_KIND_CLIENT"', { SpanKind: 'Client' }],
  ['O44', 'an enum by a name that it does not have', '"kind":"SPAN_KIND_OTHER"', 'refused'],
  ['O45', 'unknown members', '"x":{"a":[1,{"b":null}]},"name":"n"', { SpanName: 'n' }],
  ['O46', 'members in snake_case', `"end_time_unix_nano":"${END}"`, { Duration: 1n }],
  ['O47', 'NaN as text', value('{"doubleValue":"NaN"}'), text('NaN')],
  ['O47', 'infinity as text', value('{"doubleValue":"-Infinity"}'), text('-Infinity')],
  ['O47', 'a number as text', value('{"doubleValue":"1.5"}'), text('1.5')],
  ['O48', 'a bare NaN', value('{"doubleValue":NaN}'), 'refused'],
  ['O49', 'base64', value('{"bytesValue":"AQI="}'), text('AQI=')],
  ['O49', 'base64 that is none', value('{"bytesValue":"A*"}'), 'refused'],
  ['O50', 'null as the default', '"name":null,"kind":null,"status":null', { SpanName: '', SpanKind: 'Unspecified' }],
  [
    'O51',
    'a key that comes twice',
    '"attributes":[{"key":"k","value":{"intValue":1}},{"key":"k","value":{"intValue":2}}]',
    text('2'),
  ],
  [
    'O52',
    'an empty key, a value that is empty and one that is missing',
    '"attributes":[{"key":"","value":{"stringValue":"x"}},{"key":"k","value":{}},{"key":"m"}]',
    {
      SpanAttributes: expect.arrayContaining([
        ['', 'x'],
        ['k', ''],
        ['m', ''],
      ]),
    },
  ],
  ['O53', 'text where a number belongs', '"kind":"x1"', 'refused'],
  ['O53', 'a list where an object belongs', '"status":[]', 'refused'],
  ['O54', 'an int64 that is too large', value('{"intValue":"9223372036854775808"}'), 'refused'],
  ['O54', 'an unsigned number below zero', '"endTimeUnixNano":"-1"', 'refused'],
  ['O54', 'a number with something behind it', `"endTimeUnixNano":"12x"`, 'refused'],
  ['O55', 'a lone surrogate', '"name":"a\\ud800b"', { SpanName: 'a\ufffdb' }],
  [
    'O55',
    'NUL and a sign that turns the direction of text',
    '"name":"a\\u0000\\u202eb"',
    { SpanName: 'a\u0000\u202eb' },
  ],
  ['O56', 'values 64 deep', nested(64), text(`${'['.repeat(64)}1${']'.repeat(64)}`)],
  ['O56', 'values 5,000 deep', nested(5_000), 'refused'],
  ['O56', 'values 100,000 deep', nested(100_000), 'refused'],
  [
    'O57',
    '__proto__ as a member',
    '"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"name":"n"',
    { SpanName: 'n' },
  ],
  [
    'O57',
    '__proto__ as a key',
    '"attributes":[{"key":"__proto__","value":{"stringValue":"x"}}]',
    { SpanAttributes: expect.arrayContaining([['__proto__', 'x']]) },
  ],
]

describe('1.3 OTLP/JSON', () => {
  it.each(cases)('%s: %s', (_, __, members, expected) => {
    const read = () => decode('traces', span(members)).tables.otel_traces
    if (expected === 'refused') expect(read).toThrow(DecodeError)
    else expect(read()).toMatchObject([expected])
    expect(({} as Plain).polluted).toBeUndefined()
  })

  it('O55: says how many lone surrogates it mended, wherever they stood', () => {
    const { remarks } = decode(
      'traces',
      span('"name":"a\\ud800b","attributes":[{"key":"\\udc00","value":{"stringValue":"\\ud83d\\ude00"}}]'),
    )
    expect(remarks).toEqual(['texts with invalid UTF-8 mended (2)'])
  })

  it.each(['1234', '[]', '"x"', '{"resourceSpans":[]}x', '', '{"resourceSpans":{}}', 'null x'])(
    'O53: refuses the body %j',
    (body) => {
      expect(() => decode('traces', body)).toThrow(DecodeError)
    },
  )

  it('O65: refuses protobuf that is declared as JSON', () => {
    expect(() => decode('traces', '\n\u0002\u0012\u0000')).toThrow(DecodeError)
  })
})
