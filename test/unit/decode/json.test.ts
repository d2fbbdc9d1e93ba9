import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Batches, DecodeError, type Signal } from '../../../services/ingest/decode/index.ts'
import { runs } from '../../support/property.ts'
import { requests } from './support/arbitrary.ts'
import { decode, encode, NOW, nanos, type Plain, toJson, utf8 } from './support/otlp.ts'

/** Blocks of one body, as bytes. */
const natives = (signal: Signal, encoding: 'protobuf' | 'json', body: Uint8Array): string[] => {
  const batches = new Batches()
  batches.append(signal, encoding, body, NOW)
  return batches.open().map(({ key }) => Buffer.from(batches.seal(key, 1n).native).toString('hex'))
}

describe('OTLP/JSON', () => {
  for (const signal of ['traces', 'logs', 'metrics'] as const) {
    it(`gives the same blocks as protobuf for the same ${signal}`, () => {
      fc.assert(
        fc.property(requests[signal], fc.boolean(), (request, raw) => {
          const expected = natives(signal, 'protobuf', encode(signal, request))
          expect(natives(signal, 'json', utf8(toJson(request, raw)))).toEqual(expected)
        }),
        runs(150),
      )
    })
  }

  const span = (fields: string): string => {
    const ids = '"traceId":"A0000000000000000000000000000001","spanId":"b000000000000001"'
    return `{"resourceSpans":[{"scopeSpans":[{"spans":[{${ids},"startTimeUnixNano":"${nanos(NOW)}"${fields === '' ? '' : `,${fields}`}}]}]}]}`
  }
  const row = (fields: string): Plain => decode('traces', span(fields)).tables.otel_traces![0]!
  const attribute = (json: string): Plain => row(`"attributes":[{"key":"k","value":${json}}]`).SpanAttributes[0]

  it('reads integers beyond 2^53 exactly, as text and as numbers', () => {
    expect(attribute('{"intValue":9223372036854775807}')).toEqual(['k', '9223372036854775807'])
    expect(attribute('{"intValue":"-9223372036854775808"}')).toEqual(['k', '-9223372036854775808'])
    expect(row('"endTimeUnixNano":1795348800000000123').Duration).toBe(1795348800000000123n - nanos(NOW))
  })

  it.each([
    ['"traceId" in any case', '"name":"a"', { TraceId: 'a0000000000000000000000000000001' }],
    ['the name of an enum', '"kind":"SPAN_KIND_SERVER"', { SpanKind: 'Server' }],
    [
      'null as the default',
      '"name":null,"kind":null,"attributes":null',
      { SpanName: '', SpanKind: 'Unspecified', SpanAttributes: [['plumbline.notes', 'no_end']] },
    ],
    [
      'keys in snake_case',
      '"end_time_unix_nano":"1795348800000000001","trace_state":"a=b"',
      { Duration: 1n, TraceState: 'a=b' },
    ],
    [
      'the last of members that come twice',
      '"name":"a","links":[{}],"name":"b","links":[]',
      { SpanName: 'b', 'Links.TraceId': [] },
    ],
    ['null after a value as the default', '"name":"a","name":null', { SpanName: '' }],
    [
      'unknown members as nothing',
      '"x":{"a":[1,{"b":[]},"\\u0041"],"c":{}},"name":"b","y":[],"z":-1.5e3,"t":[true,false,null]',
      { SpanName: 'b' },
    ],
    [
      '__proto__ as any other member',
      '"__proto__":{"polluted":1},"constructor":{"prototype":{}},"name":"b"',
      { SpanName: 'b' },
    ],
    ['escapes', '"name":"\\u00e9\\ud83d\\ude00\\n\\/\\u0000"', { SpanName: 'é😀\n/\u0000' }],
    ['a lone surrogate as U+FFFD', '"name":"a\\ud800b\\udc00"', { SpanName: 'a\ufffdb\ufffd' }],
    ['an integer in exponent form', '"kind":2.0e0', { SpanKind: 'Server' }],
  ])('reads %s', (_, fields, expected) => {
    expect(row(fields)).toMatchObject(expected)
    expect(({} as Plain).polluted).toBeUndefined()
  })

  it('says where keys in snake_case were read', () => {
    expect(decode('traces', span('"trace_state":"a"')).remarks).toEqual([
      'keys in snake_case read: OTLP/JSON spells them in camelCase (1)',
    ])
  })

  it.each([
    ['"NaN"', 'NaN'],
    ['"Infinity"', 'Infinity'],
    ['"-Infinity"', '-Infinity'],
    ['"1.5"', '1.5'],
    ['1e400', 'Infinity'],
    ['-0.0', '-0'],
  ])('reads the double %s', (json, text) => {
    expect(attribute(`{"doubleValue":${json}}`)).toEqual(['k', text])
  })

  it.each(['AQID', 'AQI=', 'AQI', '-_8='])('reads bytes in base64: %s', (base64) => {
    expect(attribute(`{"bytesValue":"${base64}"}`)).toEqual(['k', Buffer.from(base64, 'base64').toString('base64')])
  })

  it.each([
    ['a bare NaN', '{"doubleValue":NaN}'],
    ['bad base64', '{"bytesValue":"*"}'],
    ['an overflow of int64', '{"intValue":"9223372036854775808"}'],
    ['text that is no integer', '{"intValue":"12x"}'],
    ['a fraction for an integer', '{"intValue":1.5}'],
    ['a leading zero', '{"intValue":01}'],
    ['a number for a string', '{"stringValue":1}'],
    ['a string for a bool', '{"boolValue":"true"}'],
    ['an array for a message', '[]'],
    ['a control character in a string', '{"stringValue":"a\nb"}'],
    ['an unknown escape', '{"stringValue":"\\x"}'],
    ['a trailing comma', '{"stringValue":"a",}'],
  ])('refuses %s', (_, json) => {
    expect(() => attribute(json)).toThrow(DecodeError)
  })

  it.each([
    '',
    ' ',
    '1234',
    '[]',
    '"x"',
    'null',
    '{',
    '{}x',
    '{"resourceSpans":{}}',
    '{"resourceSpans":[1]}',
    '{"a":[}',
    '{"a":1,}',
    '\ufeff{}',
  ])('refuses the body %j', (body) => {
    expect(() => decode('traces', body)).toThrow(DecodeError)
  })

  it.each(['"kind":"SPAN_KIND_OTHER"', '"kind":4294967296', '"droppedAttributesCount":-1', '"startTimeUnixNano":"-1"'])(
    'refuses %s',
    (fields) => {
      expect(() => row(fields)).toThrow(DecodeError)
    },
  )

  it('accepts empty bodies and envelopes', () => {
    for (const body of [
      '{}',
      ' {"resourceSpans":[]}',
      '{"resourceSpans":[{}]}',
      '{"resourceSpans":[{"scopeSpans":[{"spans":[]}]}]}',
    ]) {
      expect(decode('traces', body)).toMatchObject({ accepted: 0, rejected: 0, remarks: [] })
    }
  })

  const nested = (depth: number): string =>
    `${'{"arrayValue":{"values":['.repeat(depth)}{"intValue":1}${']}}'.repeat(depth)}`

  it('accepts values 64 deep, and refuses 5,000 and 100,000 without running out of stack', () => {
    expect(attribute(nested(64))).toEqual(['k', `${'['.repeat(64)}1${']'.repeat(64)}`])
    for (const depth of [5000, 100_000]) {
      expect(() => attribute(nested(depth))).toThrow(DecodeError)
      expect(() => row(`"unknown":${'['.repeat(depth)}${']'.repeat(depth)}`)).toThrow(DecodeError)
    }
  })

  it('rejects only the span whose id is not hex', () => {
    const body = span('').replace('b000000000000001', 'zz00000000000001')
    expect(decode('traces', body)).toMatchObject({ accepted: 0, rejected: 1 })
  })
})
