import { Block, type Field, field, LOW_CARD, MAP, NANOS, STRING } from './block.ts'
import { ArrayOf, Ends, LowCard, Small, Text, Words } from './columns.ts'
import { MapColumn } from './map.ts'
import { classifyKey } from './roles.ts'
import { RunLowCard, RunMap, RunText } from './runs.ts'

/** The open rows of otel_traces. */
export class SpanBlock extends Block {
  readonly time = new Words()
  readonly traceId = new Text()
  readonly spanId = new Text()
  readonly parentId = new Text()
  readonly traceState = new Text()
  readonly name = new LowCard()
  readonly kind = new LowCard()
  readonly attributes = new MapColumn(classifyKey)
  readonly duration = new Words()
  readonly statusCode = new LowCard()
  readonly statusMessage = new Text()
  readonly eventEnds = new Ends()
  readonly eventTime = new Words()
  readonly eventName = new LowCard()
  readonly eventAttributes = new MapColumn(classifyKey)
  readonly linkEnds = new Ends()
  readonly linkTraceId = new Text()
  readonly linkSpanId = new Text()
  readonly linkTraceState = new Text()
  readonly linkAttributes = new MapColumn(classifyKey)
  readonly linkFlags = new Words()
  readonly route = new LowCard()
  readonly peer = new LowCard()
  readonly isEntry = new Small(1)
  readonly failed = new Small(1)
  readonly httpStatus = new Small(2)
  readonly exceptionType = new LowCard()
  readonly flags = new Words()
  readonly redacted = new LowCard()
  readonly fields: Field[]

  constructor() {
    super('otel_traces')
    this.fields = [
      field('Timestamp', NANOS, this.time),
      field('TraceId', STRING, this.traceId),
      field('SpanId', STRING, this.spanId),
      field('ParentSpanId', STRING, this.parentId),
      field('TraceState', STRING, this.traceState),
      field('SpanName', LOW_CARD, this.name),
      field('SpanKind', LOW_CARD, this.kind),
      field('ServiceName', LOW_CARD, new RunLowCard(this.resources, (r) => r.service)),
      field('ResourceAttributes', MAP, new RunMap(this.resources, (r) => r.attributes)),
      field('ScopeName', STRING, new RunText(this.scopes, (s) => s.name)),
      field('ScopeVersion', STRING, new RunText(this.scopes, (s) => s.version)),
      field('SpanAttributes', MAP, this.attributes),
      field('Duration', 'UInt64', this.duration),
      field('StatusCode', LOW_CARD, this.statusCode),
      field('StatusMessage', STRING, this.statusMessage),
      ...this.#nested(),
      ...this.ours(),
      field('Route', LOW_CARD, this.route),
      field('Peer', LOW_CARD, this.peer),
      field('IsEntry', 'UInt8', this.isEntry),
      field('Failed', 'UInt8', this.failed),
      field('HttpStatus', 'UInt16', this.httpStatus),
      field('ExceptionType', LOW_CARD, this.exceptionType),
      field('Flags', 'UInt32', this.flags),
      field('Redacted', LOW_CARD, this.redacted),
    ]
  }

  #nested(): Field[] {
    const { eventEnds, linkEnds } = this
    return [
      field('Events.Timestamp', `Array(${NANOS})`, new ArrayOf(eventEnds, this.eventTime, true)),
      field('Events.Name', `Array(${LOW_CARD})`, new ArrayOf(eventEnds, this.eventName, false)),
      field('Events.Attributes', `Array(${MAP})`, new ArrayOf(eventEnds, this.eventAttributes, false)),
      field('Links.TraceId', 'Array(String)', new ArrayOf(linkEnds, this.linkTraceId, true)),
      field('Links.SpanId', 'Array(String)', new ArrayOf(linkEnds, this.linkSpanId, false)),
      field('Links.TraceState', 'Array(String)', new ArrayOf(linkEnds, this.linkTraceState, false)),
      field('Links.Attributes', `Array(${MAP})`, new ArrayOf(linkEnds, this.linkAttributes, false)),
      field('Links.Flags', 'Array(UInt32)', new ArrayOf(linkEnds, this.linkFlags, false)),
    ]
  }
}
