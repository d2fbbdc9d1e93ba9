import { describe, expect, it } from 'vitest'
import { DecodeError } from '../../../services/ingest/decode/index.ts'
import {
  attr,
  decode,
  decodeLogs,
  decodeMetrics,
  decodeSpans,
  encode,
  id,
  NOW,
  nanos,
  type Plain,
  point,
  span,
  spanRow,
  spans,
} from './support/otlp.ts'
import { fixed64, group, int, len, traceRequest, varint } from './support/wire.ts'

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
      '1 keys by string index treated as empty',
      '2 values by string index treated as empty',
    ])
  })

  it('O27: an empty body and empty envelopes are fine', () => {
    for (const body of [[], len(1), len(1, len(2))])
      expect(decode('logs', Uint8Array.from(body))).toMatchObject({ accepted: 0, remarks: [] })
  })
})

describe('1.6 traces', () => {
  it.each([
    ['an empty trace id', { traceId: new Uint8Array(0) }],
    ['a trace id of zeros', { traceId: new Uint8Array(16) }],
    ['a trace id of 8 bytes', { traceId: id(8, 1) }],
    ['a span id of zeros', { spanId: new Uint8Array(8) }],
    ['a span id of 7 bytes', { spanId: id(7, 1) }],
    ['a parent id of 4 bytes', { parentSpanId: id(4, 1) }],
  ])('O88: rejects only the span with %s', (_, over) => {
    const result = decodeSpans(span(over), span())
    expect(result).toMatchObject({
      accepted: 1,
      rejected: 1,
      remarks: ['1 spans with an invalid trace, span or parent id rejected'],
    })
    expect(result.tables.otel_traces).toHaveLength(1)
  })

  it('O88: a parent id of zeros is no parent', () => {
    expect(spanRow({ parentSpanId: new Uint8Array(8), kind: 1 })).toMatchObject({ ParentSpanId: '', IsEntry: 1 })
  })

  it('O89: keeps links, events, status, trace state and flags with high bits', () => {
    const row = spanRow({
      traceState: 'a=b',
      flags: 0xffff_fc01,
      status: { code: 2, message: 'no' },
      events: [{ timeUnixNano: nanos(NOW) + 1n, name: '', attributes: [attr('a', 1n)], droppedAttributesCount: 1 }],
      links: [{ traceId: id(16, 2), spanId: id(8, 2), traceState: 'c=d', flags: 0x301, attributes: [attr('l', 'x')] }],
    })
    expect(row).toMatchObject({
      TraceState: 'a=b',
      Flags: 0xffff_fc01,
      StatusCode: 'Error',
      StatusMessage: 'no',
      'Events.Timestamp': [nanos(NOW) + 1n],
      'Events.Name': [''],
      'Events.Attributes': [
        [
          ['a', '1'],
          ['otel.dropped_attributes_count', '1'],
        ],
      ],
      'Links.TraceId': ['a0000000000000000000000000000002'],
      'Links.SpanId': ['a000000000000002'],
      'Links.TraceState': ['c=d'],
      'Links.Flags': [0x301],
      'Links.Attributes': [[['l', 'x']]],
    })
  })

  it('O89: drops a link with a bad id, and counts it', () => {
    const result = decodeSpans(span({ links: [{ traceId: id(16, 2), spanId: id(4, 2) }] }))
    expect(result.tables.otel_traces![0]).toMatchObject({
      'Links.TraceId': [],
      SpanAttributes: [['otel.dropped_links_count', '1']],
    })
  })

  it.each([
    [0, 0, 'Unspecified', 'Unset'],
    [5, 1, 'Consumer', 'Ok'],
    [9, 7, '9', '7'],
  ])('O90: kind %i and status %i are kept', (kind, code, kindText, statusText) => {
    expect(spanRow({ kind, status: { code } })).toMatchObject({ SpanKind: kindText, StatusCode: statusText })
  })

  it.each([
    ['end before start', { endTimeUnixNano: nanos(NOW - 5000) }, nanos(NOW - 1000), 'end_before_start'],
    ['no end', { endTimeUnixNano: 0n }, nanos(NOW - 1000), 'no_end'],
    ['no start', { startTimeUnixNano: 0n }, nanos(NOW - 900), 'no_start'],
    ['neither', { startTimeUnixNano: 0n, endTimeUnixNano: 0n }, nanos(NOW), 'no_start'],
  ])('O91: %s is stored with duration 0, and flagged', (_, over, time, note) => {
    expect(spanRow(over)).toMatchObject({ Duration: 0n, Timestamp: time, SpanAttributes: [['plumbline.notes', note]] })
  })

  it('O92: self-parents are stored', () => {
    expect(spanRow({ parentSpanId: id(8, 1) })).toMatchObject({ ParentSpanId: 'a000000000000001' })
  })

  it('O93: a time too far ahead is kept beside the time of receipt', () => {
    for (const ahead of [nanos(NOW + 600_001), 2n ** 64n - 1n]) {
      const row = spanRow({ startTimeUnixNano: ahead, endTimeUnixNano: ahead })
      expect(row).toMatchObject({
        Timestamp: nanos(NOW),
        ClientTimeUnixNano: ahead,
        SpanAttributes: [['plumbline.notes', 'client_time_ahead']],
      })
    }
    expect(spanRow({ startTimeUnixNano: nanos(NOW + 600_000) })).toMatchObject({
      Timestamp: nanos(NOW + 600_000),
      ClientTimeUnixNano: 0n,
    })
  })

  it('O93: what is older than the retention is rejected with a message', () => {
    const old = nanos(NOW - 30 * 86_400_000 - 1)
    expect(decodeSpans(span({ startTimeUnixNano: old }))).toMatchObject({
      rejected: 1,
      remarks: ['1 spans older than the retention rejected'],
    })
    expect(decodeLogs({ timeUnixNano: old })).toMatchObject({ rejected: 1, accepted: 0 })
    expect(
      decode('traces', encode('traces', spans([span({ startTimeUnixNano: old })])), { retentionMs: 31 * 86_400_000 }),
    ).toMatchObject({ accepted: 1 })
  })
})

describe('1.7 logs', () => {
  const logRow = (over: Plain): Plain => decodeLogs({ timeUnixNano: nanos(NOW), ...over }).tables.otel_logs![0]

  it('O95: time, else observed time, else time of receipt', () => {
    const observedTimeUnixNano = nanos(NOW - 5)
    expect(logRow({ observedTimeUnixNano })).toMatchObject({
      Timestamp: nanos(NOW),
      ObservedTimestamp: nanos(NOW - 5),
      TimestampTime: NOW / 1000,
    })
    expect(logRow({ timeUnixNano: 0n, observedTimeUnixNano })).toMatchObject({ Timestamp: nanos(NOW - 5) })
    expect(logRow({ timeUnixNano: 0n })).toMatchObject({ Timestamp: nanos(NOW), ObservedTimestamp: 0n })
  })

  it('O96: a record with a bad id is kept, tied to no trace', () => {
    const result = decodeLogs({
      timeUnixNano: nanos(NOW),
      traceId: id(15, 1),
      spanId: id(8, 1),
      body: { stringValue: 'b' },
    })
    expect(result).toMatchObject({ accepted: 1, rejected: 0 })
    expect(result.remarks).toHaveLength(1)
    expect(result.tables.otel_logs![0]).toMatchObject({ TraceId: '', SpanId: '', Body: 'b' })
    expect(decodeLogs({ timeUnixNano: nanos(NOW) }).remarks).toEqual([])
  })

  it.each([
    [0, 'odd', 0],
    [24, '', 24],
    [99, 'x', 99],
  ])('O97: severity %i with text "%s" is stored as sent', (severityNumber, severityText, stored) => {
    expect(logRow({ severityNumber, severityText })).toMatchObject({
      SeverityNumber: stored,
      SeverityText: severityText,
    })
  })

  it('O94, O98: the body is any value, and the event name stands apart', () => {
    const body = { kvlistValue: { values: [attr('a', 1n)] } }
    expect(logRow({ body, eventName: 'order.placed', flags: 0x101 })).toMatchObject({
      Body: '{"a":1}',
      EventName: 'order.placed',
      TraceFlags: 1,
    })
    expect(logRow({ body: { bytesValue: Uint8Array.of(1) } })).toMatchObject({ Body: 'AQ==' })
    expect(logRow({})).toMatchObject({ Body: '', EventName: '' })
  })

  it('O100: text is text, whatever it looks like', () => {
    const text = `<script>alert(1)</script>'; DROP TABLE x;--\r\n\u001b[31m`
    expect(logRow({ body: { stringValue: text } })).toMatchObject({ Body: text })
  })
})

describe('1.5 metrics', () => {
  const one = (data: Plain): Plain => decodeMetrics({ name: 'm', unit: 'ms', description: 'd', ...data })
  const rejects = (data: Plain): void => expect(one(data)).toMatchObject({ accepted: 0, rejected: 1, tables: {} })

  it('O66: type, unit, temporality and the monotonic flag are kept; integers stay exact', () => {
    const exact = 2n ** 62n + 1n
    const result = decodeMetrics(
      { name: 'g', unit: 'By', gauge: { dataPoints: [point({ asDouble: 1.5 }), point({ asInt: exact })] } },
      { name: 's', sum: { dataPoints: [point({ asInt: -1n })], aggregationTemporality: 1, isMonotonic: true } },
    )
    expect(result.tables.otel_metrics_gauge).toMatchObject([
      { MetricName: 'g', MetricUnit: 'By', Value: 1.5, IsInt: 0, ValueInt: 0n },
      { Value: Number(exact), IsInt: 1, ValueInt: exact },
    ])
    expect(result.tables.otel_metrics_sum).toMatchObject([
      { Value: -1, IsInt: 1, ValueInt: -1n, AggregationTemporality: 1, IsMonotonic: true },
    ])
  })

  it('O67: a point without time is rejected', () => rejects({ gauge: { dataPoints: [{ asDouble: 1 }] } }))
  it('O68: a point without value is rejected, an exemplar without value dropped', () => {
    rejects({ gauge: { dataPoints: [point()] } })
    const result = one({ gauge: { dataPoints: [point({ asInt: 1n, exemplars: [{ timeUnixNano: nanos(NOW) }] })] } })
    expect(result.tables.otel_metrics_gauge).toMatchObject([{ 'Exemplars.Value': [] }])
  })
  it('O69, O70: the flag "no recorded value" is kept, as are unknown flags', () => {
    expect(one({ gauge: { dataPoints: [point({ flags: 1 })] } }).tables.otel_metrics_gauge).toMatchObject([
      { Flags: 1, Value: 0 },
    ])
    expect(one({ gauge: { dataPoints: [point({ flags: 254, asInt: 1n })] } }).tables.otel_metrics_gauge).toMatchObject([
      { Flags: 254 },
    ])
  })
  it('O71: sums and histograms without temporality are rejected', () => {
    rejects({ sum: { dataPoints: [point({ asInt: 1n })] } })
    rejects({ histogram: { dataPoints: [point({ count: 0n })] } })
    rejects({ exponentialHistogram: { dataPoints: [point({ count: 0n })] } })
  })

  const histogram = (over: Plain): Plain => one({ histogram: { aggregationTemporality: 2, dataPoints: [point(over)] } })
  it.each([
    ['buckets that do not fit their bounds', { bucketCounts: [1n], explicitBounds: [1], count: 1n }],
    ['bounds without buckets', { explicitBounds: [1], count: 1n }],
    ['equal bounds', { bucketCounts: [1n, 0n, 0n], explicitBounds: [1, 1], count: 1n }],
    ['a NaN among bounds', { bucketCounts: [1n, 0n], explicitBounds: [Number.NaN], count: 1n }],
  ])('O78: a histogram with %s is rejected', (_, over) => {
    expect(histogram(over)).toMatchObject({ accepted: 0, rejected: 1, tables: {} })
  })
  it('O78: count and sum only are valid; a count that is not the sum of the buckets is kept with a remark', () => {
    expect(histogram({ count: 5n, sum: 2 })).toMatchObject({
      accepted: 1,
      remarks: [],
      tables: { otel_metrics_histogram: [{ Count: 5n, Sum: 2, HasSum: 1 }] },
    })
    const odd = histogram({ count: 5n, bucketCounts: [1n, 1n], explicitBounds: [0] })
    expect(odd).toMatchObject({ accepted: 1, rejected: 0 })
    expect(odd.remarks).toHaveLength(1)
  })
  it('O79: a histogram without sum, with min and max', () => {
    const row = histogram({ count: 1n, bucketCounts: [1n], min: -1, max: 2 }).tables.otel_metrics_histogram[0]
    expect(row).toMatchObject({
      HasSum: 0,
      Sum: 0,
      HasMinMax: 1,
      Min: -1,
      Max: 2,
      BucketCounts: [1n],
      ExplicitBounds: [],
    })
  })

  const exponential = (over: Plain): Plain =>
    one({ exponentialHistogram: { aggregationTemporality: 1, dataPoints: [point(over)] } })
  it.each([-10, 0, 20])(
    'O80: an exponential histogram of scale %i with negative and zero buckets is stored',
    (scale) => {
      const over = {
        scale,
        count: 6n,
        zeroCount: 1n,
        zeroThreshold: 0.5,
        negative: { offset: -1, bucketCounts: [2n] },
        positive: { offset: 0, bucketCounts: [3n, 0n] },
      }
      expect(exponential(over).tables.otel_metrics_exponential_histogram[0]).toMatchObject({
        Scale: scale,
        ZeroCount: 1n,
        ZeroThreshold: 0.5,
        NegativeOffset: -1,
        NegativeBucketCounts: [2n],
        PositiveOffset: 0,
        PositiveBucketCounts: [3n, 0n],
        AggregationTemporality: 1,
      })
    },
  )
  it.each([
    ['a scale of 21', { scale: 21 }],
    ['a scale of −11', { scale: -11 }],
    ['an index beyond the doubles', { scale: 0, positive: { offset: 1024, bucketCounts: [1n] }, count: 1n }],
    ['an index below the doubles', { scale: 0, positive: { offset: -1076, bucketCounts: [1n] }, count: 1n }],
  ])('O81: %s is rejected', (_, over) => {
    expect(exponential(over)).toMatchObject({ accepted: 0, rejected: 1 })
  })

  it('O82: quantiles outside 0 to 1, or not increasing, are dropped', () => {
    const quantileValues = [0, 0.5, 0.5, 1.1, 1].map((quantile, i) => ({ quantile, value: i }))
    const result = one({ summary: { dataPoints: [point({ count: 3n, sum: 1, quantileValues })] } })
    expect(result.tables.otel_metrics_summary[0]).toMatchObject({
      'ValueAtQuantiles.Quantile': [0, 0.5, 1],
      'ValueAtQuantiles.Value': [0, 1, 4],
      Count: 3n,
    })
    expect(result.remarks).toHaveLength(1)
  })
  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])('O83: %d is stored', (asDouble) => {
    expect(one({ gauge: { dataPoints: [point({ asDouble })] } }).tables.otel_metrics_gauge[0].Value).toBe(asDouble)
  })
  it('O84: exemplars keep their value, attributes and trace', () => {
    const exemplars = [
      {
        timeUnixNano: nanos(NOW),
        asInt: 7n,
        traceId: id(16, 5),
        spanId: id(8, 5),
        filteredAttributes: [attr('a', 'b')],
      },
    ]
    expect(
      one({ gauge: { dataPoints: [point({ asInt: 1n, exemplars })] } }).tables.otel_metrics_gauge[0],
    ).toMatchObject({
      'Exemplars.Value': [7],
      'Exemplars.TraceId': ['a0000000000000000000000000000005'],
      'Exemplars.SpanId': ['a000000000000005'],
      'Exemplars.FilteredAttributes': [[['a', 'b']]],
    })
  })
  it('O87: a metric without data is skipped', () => {
    expect(one({})).toMatchObject({ accepted: 0, rejected: 0, remarks: [] })
  })

  it('a series keeps its id over versions, commits, instances and the order of attributes, and differs by all else', () => {
    const series = (resource: Plain[], attributes: Plain[], name = 'm'): Plain => {
      const metric = { name, gauge: { dataPoints: [point({ asInt: 1n, attributes })] } }
      const request = {
        resourceMetrics: [{ resource: { attributes: resource }, scopeMetrics: [{ metrics: [metric] }] }],
      }
      return decode('metrics', encode('metrics', request)).tables.otel_metrics_gauge![0]!.SeriesId
    }
    const shop = attr('service.name', 'shop')
    const [a, b] = [attr('a', '1'), attr('b', '2')]
    const known = series([shop], [a, b])
    expect(
      series(
        [shop, attr('service.version', '2'), attr('service.instance.id', 'i'), attr('vcs.ref.head.revision', 'c')],
        [b, a],
      ),
    ).toBe(known)
    const others = [
      series([attr('service.name', 'cart')], [a, b]),
      series([shop, attr('deployment.environment.name', 'x')], [a, b]),
      series([shop], [a]),
    ]
    const more = [series([shop], [attr('a', '2'), attr('b', '1')]), series([shop], [a, b], 'n'), series([shop], [])]
    expect(new Set([known, ...others, ...more]).size).toBe(7)
  })
})
