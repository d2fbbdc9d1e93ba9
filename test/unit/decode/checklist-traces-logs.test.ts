import { describe, expect, it } from 'vitest'
import {
  attr,
  decode,
  decodeLogs,
  decodeSpans,
  encode,
  id,
  NOW,
  nanos,
  type Plain,
  span,
  spanRow,
  spans,
} from './support/otlp.ts'

/** docs/otlp.md on traces and logs, a rule a case. */
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
      remarks: ['spans with an invalid trace, span or parent id rejected (1)'],
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
      remarks: ['spans older than the retention rejected (1)'],
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
