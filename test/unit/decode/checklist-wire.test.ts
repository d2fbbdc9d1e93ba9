import { describe, expect, it } from 'vitest'
import { DecodeError } from '../../../services/ingest/decode/index.ts'
import { attr, decode, decodeLogs, decodeSpans, id, NOW, nanos, type Plain, span, spanRow } from './support/otlp.ts'
import { fixed64, group, int, len, traceRequest, varint } from './support/wire.ts'

/** docs/otlp.md on the wire, a rule a case; what concerns JSON alone is in json.test.ts. */
const IDS = [...len(1, id(16, 1)), ...len(2, id(8, 1)), ...fixed64(7, nanos(NOW)), ...fixed64(8, nanos(NOW))]
const wireSpan = (...more: number[][]): Plain => decode('traces', traceRequest(IDS, ...more)).tables.otel_traces![0]!
const value = (anyValue: Plain): Plain => spanRow({ attributes: [{ key: 'k', value: anyValue }] }).SpanAttributes

describe('1.3 attributes', () => {
  it.each([
    [
      'O51: of a key that comes twice the last stays',
      [attr('a', '1'), attr('b', '2'), attr('a', '3')],
      [
        ['b', '2'],
        ['a', '3'],
      ],
    ],
    [
      'O52: an empty key, an empty value and a missing one',
      [attr('', 'x'), { key: 'e', value: {} }, { key: 'm' }],
      [
        ['', 'x'],
        ['e', ''],
        ['m', ''],
      ],
    ],
    [
      'O57: __proto__ and constructor',
      [attr('__proto__', 'x'), attr('constructor', 'y')],
      [
        ['__proto__', 'x'],
        ['constructor', 'y'],
      ],
    ],
    ['O55: NUL and bidi', [attr('k', 'a\u0000b\u202e')], [['k', 'a\u0000b\u202e']]],
  ])('%s', (_, attributes, expected) => {
    expect(spanRow({ attributes }).SpanAttributes).toEqual(expected)
  })

  it.each([
    ['text', { stringValue: 'é' }, 'é'],
    ['bool', { boolValue: false }, 'false'],
    ['int', { intValue: -1n }, '-1'],
    ['int64', { intValue: -9223372036854775808n }, '-9223372036854775808'],
    ['double', { doubleValue: 1e21 }, '1e+21'],
    ['NaN', { doubleValue: Number.NaN }, 'NaN'],
    ['bytes', { bytesValue: Uint8Array.of(1, 2, 3, 4) }, 'AQIDBA=='],
    ['an empty array', { arrayValue: {} }, '[]'],
    [
      'a mixed array',
      { arrayValue: { values: [{ intValue: 1n }, { stringValue: 'a"\n\\' }, {}, { doubleValue: Number.NaN }] } },
      '[1,"a\\"\\u000a\\\\",null,"NaN"]',
    ],
    [
      'a map',
      { kvlistValue: { values: [attr('b', true), { key: 'a', value: { bytesValue: Uint8Array.of(255) } }] } },
      '{"b":true,"a":"/w=="}',
    ],
  ])('O94: %s becomes text by the rules of OpenTelemetry', (_, anyValue, text) => {
    expect(value(anyValue)).toEqual([['k', text]])
  })

  it('O62: values 64 deep are accepted, 20,000 refused', () => {
    const nested = (depth: number, fields: number[]): number[] => {
      const heads: number[][] = [int(3, 1)]
      let size = 2
      for (let i = 0; i < depth; i++) {
        for (const field of fields) {
          const head = field === 0 ? len(1, 'k') : [(field << 3) | 2, ...varint(size)]
          heads.push(head)
          size += head.length
        }
      }
      return heads.reverse().flat()
    }
    const array = [1, 5]
    const kvlist = [2, 0, 1, 6]
    const attribute = (inner: number[]) => len(9, len(1, 'a'), len(2, inner))
    expect(wireSpan(attribute(nested(64, array))).SpanAttributes[0][1]).toBe(`${'['.repeat(64)}1${']'.repeat(64)}`)
    expect(wireSpan(attribute(nested(64, kvlist))).SpanAttributes[0][1]).toBe(`${'{"k":'.repeat(64)}1${'}'.repeat(64)}`)
    expect(() => wireSpan(attribute(nested(20_000, array)))).toThrow(DecodeError)
  })

  it('cuts long keys, values and bodies at whole characters, marks and counts them', () => {
    const result = decodeSpans(span({ attributes: [attr(`${'k'.repeat(255)}é`, 'é'.repeat(20_000))] }))
    expect(result.tables.otel_traces![0]!.SpanAttributes).toEqual([
      ['k'.repeat(255), 'é'.repeat(16_384)],
      ['plumbline.notes', 'cut:2'],
    ])
    expect(result).toMatchObject({ accepted: 1, rejected: 0 })
    expect(result.remarks).toHaveLength(2)
    const record = decodeLogs({ timeUnixNano: nanos(NOW), body: { stringValue: 'x'.repeat(300_000) } })
    expect(record.tables.otel_logs![0]).toMatchObject({
      Body: 'x'.repeat(262_144),
      LogAttributes: [['plumbline.notes', 'cut:1']],
    })
  })

  it('O99: keeps dropped counts, and adds to them the attributes that it dropped itself', () => {
    const attributes = Array.from({ length: 1030 }, (_, i) => attr(`k${i}`, 'v'))
    const row = spanRow({ attributes, droppedAttributesCount: 2, droppedEventsCount: 3, droppedLinksCount: 4 })
    expect((row.SpanAttributes as Plain[]).slice(1024)).toEqual([
      ['otel.dropped_attributes_count', '8'],
      ['otel.dropped_events_count', '3'],
      ['otel.dropped_links_count', '4'],
    ])
  })
})

describe('1.4 protobuf wire', () => {
  it('O58: skips unknown fields, unknown groups, and the reserved field 1000', () => {
    const unknown = [...int(99, 5), ...group(98, ...group(97), ...len(5, 'x')), ...fixed64(96, 1n), ...len(1000, 'old')]
    const body = Uint8Array.from([
      ...unknown,
      ...len(1, unknown, len(1, unknown), len(2, unknown, len(2, IDS, unknown, len(5, 'a')), len(1, unknown))),
    ])
    expect(decode('traces', body).tables.otel_traces![0]).toMatchObject({ SpanName: 'a' })
  })

  it('O59: reads concatenated messages, resources that come in pieces or late, and unpacked numbers', () => {
    const piece = (key: string, text: string) => len(1, len(1, len(1, key), len(2, len(1, text))))
    const body = len(1, len(2, len(2, IDS)), piece('service.name', 'shop'), piece('service.version', '2'))
    const twice = decode('traces', Uint8Array.from([...body, ...body]))
    expect(twice.tables.otel_traces).toMatchObject([{ ServiceName: 'shop', Version: '2' }, { ServiceName: 'shop' }])
    const dataPoint = [
      ...fixed64(3, nanos(NOW)),
      ...fixed64(4, 3n),
      ...fixed64(6, 1n),
      ...fixed64(6, 2n),
      ...fixed64(7, 0n),
    ]
    const histogram = len(1, len(2, len(2, len(1, 'h'), len(9, len(1, dataPoint), int(2, 1)))))
    expect(decode('metrics', Uint8Array.from(histogram)).tables.otel_metrics_histogram![0]).toMatchObject({
      BucketCounts: [1n, 2n],
      Count: 3n,
    })
  })

  it.each([
    ['truncated', [0x0a]],
    ['a length past the end', [0x0a, 0x05, 0x00]],
    ['a length near 2^64', [0x0a, ...Array(9).fill(0xff), 0x01]],
    ['a varint of 11 bytes', [0x50, ...Array(10).fill(0x80), 0x00]],
    ['field 0', [0x02, 0x00]],
    ['a lone end of a group', [0x0c]],
    ['a group not ended', [0x7b]],
    ['the end of another group', [0x7b, 0x74]],
    ['wire type 7', [0x0f]],
    ['groups 1,000 deep', [...Array(1000).fill(0x7b), ...Array(1000).fill(0x7c)]],
    ['O65: JSON', [...new TextEncoder().encode('{"resourceSpans":[]}')]],
    ['O61: a known field of the wrong wire type', int(1, 5)],
  ])('O60: refuses %s', (_, bytes) => {
    expect(() => decode('traces', Uint8Array.from(bytes))).toThrow(DecodeError)
    expect(() => decode('logs', Uint8Array.from(bytes))).toThrow(DecodeError)
    expect(() => decode('metrics', Uint8Array.from(bytes))).toThrow(DecodeError)
  })

  it('O61: refuses a known field of the wrong wire type inside a span', () => {
    for (const wrong of [int(1, 1), int(5, 1), len(6, ''), len(7, ''), int(9, 1), len(16, '')]) {
      expect(() => decode('traces', traceRequest(wrong, IDS))).toThrow(DecodeError)
    }
  })

  it('O63: mends invalid UTF-8, so that what is stored is valid', () => {
    const row = wireSpan(len(5, [0x61, 0xff, 0x62]), len(9, len(1, [0xc3]), len(2, len(1, [0xed, 0xa0, 0x80]))))
    expect(row).toMatchObject({ SpanName: 'a\ufffdb', SpanAttributes: [['\ufffd', '\ufffd\ufffd\ufffd']] })
  })

  it.each([
    // A span's name is its route as well.
    ['a name', 2, len(5, [0x61, 0xff, 0x62])],
    ['a key', 1, len(9, len(1, [0xc3]), len(2, len(1, 'x')))],
    ['a value', 1, len(9, len(1, 'k'), len(2, len(1, [0xed, 0xa0, 0x80])))],
  ])('O63: says so of %s', (_, times, field) => {
    const { remarks } = decode('traces', traceRequest(IDS, field))
    expect(remarks).toEqual([`texts with invalid UTF-8 mended (${times})`])
  })

  it('O64: treats values and keys by string index as empty, and says so once', () => {
    const result = decode(
      'traces',
      traceRequest(IDS, len(9, int(3, 1), len(2, int(8, 1))), len(9, len(1, 'b'), len(2, int(8, 1)))),
    )
    expect(result.tables.otel_traces![0]!.SpanAttributes).toEqual([
      ['', ''],
      ['b', ''],
    ])
    expect(result.remarks).toEqual([
      'keys by string index treated as empty (1)',
      'values by string index treated as empty (2)',
    ])
  })

  it('O27: an empty body and empty envelopes are fine', () => {
    for (const body of [[], len(1), len(1, len(2))])
      expect(decode('logs', Uint8Array.from(body))).toMatchObject({ accepted: 0, remarks: [] })
  })
})
