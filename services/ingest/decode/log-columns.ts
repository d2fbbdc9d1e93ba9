import { Block, type Field, field, LOW_CARD, MAP, NANOS, STRING } from './block.ts'
import { LowCard, Small, Text, Words } from './columns.ts'
import { MapColumn } from './map.ts'
import { classifyKey } from './roles.ts'
import { RunLowCard, RunMap, RunNumber, RunText } from './runs.ts'

/** The open rows of otel_logs. */
export class LogBlock extends Block {
  readonly time = new Words()
  readonly timeSeconds = new Words()
  readonly traceId = new Text()
  readonly spanId = new Text()
  readonly traceFlags = new Small(1)
  readonly severityText = new LowCard()
  readonly severityNumber = new Small(1)
  readonly body = new Text()
  readonly attributes = new MapColumn(classifyKey)
  readonly eventName = new Text()
  readonly observed = new Words()
  readonly redacted = new LowCard()
  readonly fields: Field[]

  constructor() {
    super('otel_logs')
    const { resources, scopes } = this
    this.fields = [
      field('Timestamp', NANOS, this.time),
      field('TimestampTime', 'DateTime', this.timeSeconds),
      field('TraceId', STRING, this.traceId),
      field('SpanId', STRING, this.spanId),
      field('TraceFlags', 'UInt8', this.traceFlags),
      field('SeverityText', LOW_CARD, this.severityText),
      field('SeverityNumber', 'UInt8', this.severityNumber),
      field('ServiceName', LOW_CARD, new RunLowCard(resources, (r) => r.service)),
      field('Body', STRING, this.body),
      field('ResourceSchemaUrl', LOW_CARD, new RunLowCard(resources, (r) => r.schemaUrl)),
      field('ResourceAttributes', MAP, new RunMap(resources, (r) => r.attributes)),
      field('ScopeSchemaUrl', LOW_CARD, new RunLowCard(scopes, (s) => s.schemaUrl)),
      field('ScopeName', STRING, new RunText(scopes, (s) => s.name)),
      field('ScopeVersion', LOW_CARD, new RunLowCard(scopes, (s) => s.version)),
      field('ScopeAttributes', MAP, new RunMap(scopes, (s) => s.attributes)),
      field('LogAttributes', MAP, this.attributes),
      field('EventName', STRING, this.eventName),
      ...this.ours(),
      field('ObservedTimestamp', NANOS, this.observed),
      field('PatternId', 'UInt64', new RunNumber(this.received, 8, () => 0)),
      field('Redacted', LOW_CARD, this.redacted),
    ]
  }
}
