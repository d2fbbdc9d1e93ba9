import type { Signal } from '../../../../services/ingest/decode/index.ts'
import type { Row } from './native-reader.ts'
import { NOW, type Plain } from './otlp.ts'

/** The rows that a request must become: plain code, made to be read, that shares nothing with the decoder. */
const KINDS = ['Unspecified', 'Internal', 'Server', 'Client', 'Producer', 'Consumer']
const STATUSES = ['Unset', 'Ok', 'Error']
const MAX_TIME = 2n ** 63n - 1n

const hex = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString('hex')
const clamp = (time: bigint): bigint => (time > MAX_TIME ? MAX_TIME : time)
const number = (n: number): string => (Object.is(n, -0) ? '-0' : String(n))
const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')
const quoted = (text: string): string =>
  `"${text.replace(/["\\]/g, '\\$&').replace(/[^ -\uffff]/g, (c) => `\\u00${c.charCodeAt(0).toString(16).padStart(2, '0')}`)}"`

const nested = (value: Plain): string => {
  const kind = Object.keys(value ?? {})[0]
  if (kind === undefined) return 'null'
  if (kind === 'stringValue') return quoted(value.stringValue)
  if (kind === 'bytesValue') return `"${base64(value.bytesValue)}"`
  if (kind === 'doubleValue' && !Number.isFinite(value.doubleValue)) return `"${value.doubleValue}"`
  return anyText(value)
}

const anyText = (value: Plain): string => {
  const kind = Object.keys(value ?? {})[0]
  if (kind === undefined) return ''
  const inner = value[kind]
  if (kind === 'doubleValue') return number(inner)
  if (kind === 'bytesValue') return base64(inner)
  if (kind === 'arrayValue') return `[${inner.values.map(nested).join(',')}]`
  if (kind === 'kvlistValue')
    return `{${inner.values.map((e: Plain) => `${quoted(e.key)}:${nested(e.value)}`).join(',')}}`
  return String(inner)
}

const pairs = (attributes: Plain[] = [], ...more: [string, string][]): [string, string][] => {
  const all = [...attributes.map((a): [string, string] => [a.key, anyText(a.value)]), ...more]
  return all.filter(([key], i) => all.findLastIndex(([other]) => other === key) === i)
}
const note = (key: string, count: number | undefined): [string, string][] => (count ? [[key, String(count)]] : [])
const DROPPED = 'otel.dropped_attributes_count'

const resourceColumns = (resource: Plain): Row => {
  const attributes = pairs(resource?.attributes, ...note(DROPPED, resource?.droppedAttributesCount))
  const get = new Map(attributes)
  return {
    ResourceAttributes: attributes,
    ServiceName: get.get('service.name') || 'unknown_service',
    Version: get.get('service.version') ?? '',
    Instance: get.get('host.name') ?? '',
    Environment: '',
    Commit: '',
    ReceivedAt: BigInt(NOW),
    ClientTimeUnixNano: 0n,
  }
}

const spanNotes = (s: Plain): [string, string][] => {
  if (s.endTimeUnixNano === 0n) return [['plumbline.notes', 'no_end']]
  return s.endTimeUnixNano < s.startTimeUnixNano ? [['plumbline.notes', 'end_before_start']] : []
}

const spanColumns = (s: Plain): Row => ({
  Timestamp: s.startTimeUnixNano,
  TraceId: hex(s.traceId),
  SpanId: hex(s.spanId),
  ParentSpanId: hex(s.parentSpanId),
  TraceState: s.traceState ?? '',
  SpanName: s.name,
  SpanKind: KINDS[s.kind] ?? String(s.kind),
  SpanAttributes: pairs(s.attributes, ...note(DROPPED, s.droppedAttributesCount), ...spanNotes(s)),
  Duration: s.endTimeUnixNano < s.startTimeUnixNano ? 0n : s.endTimeUnixNano - s.startTimeUnixNano,
  StatusCode: STATUSES[s.status?.code ?? 0],
  StatusMessage: s.status?.message ?? '',
  'Events.Timestamp': s.events.map((e: Plain) => clamp(e.timeUnixNano)),
  'Events.Name': s.events.map((e: Plain) => e.name),
  'Events.Attributes': s.events.map((e: Plain) => pairs(e.attributes, ...note(DROPPED, e.droppedAttributesCount))),
  'Links.TraceId': s.links.map((l: Plain) => hex(l.traceId)),
  'Links.SpanId': s.links.map((l: Plain) => hex(l.spanId)),
  'Links.TraceState': s.links.map((l: Plain) => l.traceState),
  'Links.Attributes': s.links.map((l: Plain) => pairs(l.attributes)),
  'Links.Flags': s.links.map((l: Plain) => l.flags),
  Flags: s.flags ?? 0,
})

const logColumns = (r: Plain, scope: Plain, urls: Row): Row => ({
  Timestamp: r.timeUnixNano,
  TimestampTime: Number(r.timeUnixNano / 1_000_000_000n),
  ObservedTimestamp: clamp(r.observedTimeUnixNano),
  TraceId: hex(r.traceId),
  SpanId: hex(r.spanId),
  TraceFlags: (r.flags ?? 0) & 255,
  SeverityText: r.severityText,
  SeverityNumber: r.severityNumber,
  Body: anyText(r.body),
  EventName: r.eventName ?? '',
  ScopeAttributes: pairs(scope?.attributes),
  LogAttributes: pairs(r.attributes),
  PatternId: 0n,
  ...urls,
})

const exemplars = (p: Plain): Row => ({
  'Exemplars.FilteredAttributes': p.exemplars.map((e: Plain) => pairs(e.filteredAttributes)),
  'Exemplars.TimeUnix': p.exemplars.map((e: Plain) => clamp(e.timeUnixNano)),
  'Exemplars.Value': p.exemplars.map((e: Plain) => e.asDouble),
  'Exemplars.SpanId': p.exemplars.map((e: Plain) => hex(e.spanId)),
  'Exemplars.TraceId': p.exemplars.map((e: Plain) => hex(e.traceId)),
})

const numberColumns = (p: Plain): Row => ({
  Value: p.asDouble ?? Number(p.asInt),
  ValueInt: p.asInt ?? 0n,
  IsInt: p.asInt === undefined ? 0 : 1,
  ...exemplars(p),
})

const distribution = (p: Plain, data: Plain): Row => ({
  Count: p.count,
  Sum: p.sum ?? 0,
  Min: p.min ?? 0,
  Max: p.max ?? 0,
  HasSum: p.sum === undefined ? 0 : 1,
  HasMinMax: p.min === undefined || p.max === undefined ? 0 : 1,
  AggregationTemporality: data.aggregationTemporality,
  ...exemplars(p),
})

const POINTS: Record<string, [string, (p: Plain, data: Plain) => Row]> = {
  gauge: ['gauge', numberColumns],
  sum: [
    'sum',
    (p, d) => ({ ...numberColumns(p), AggregationTemporality: d.aggregationTemporality, IsMonotonic: d.isMonotonic }),
  ],
  histogram: [
    'histogram',
    (p, d) => ({ ...distribution(p, d), BucketCounts: p.bucketCounts, ExplicitBounds: p.explicitBounds }),
  ],
  exponentialHistogram: [
    'exponential_histogram',
    (p, d) => ({
      ...distribution(p, d),
      Scale: p.scale,
      ZeroCount: p.zeroCount,
      ZeroThreshold: p.zeroThreshold ?? 0,
      PositiveOffset: p.positive?.offset ?? 0,
      PositiveBucketCounts: p.positive?.bucketCounts ?? [],
      NegativeOffset: p.negative?.offset ?? 0,
      NegativeBucketCounts: p.negative?.bucketCounts ?? [],
    }),
  ],
  summary: [
    'summary',
    (p) => ({
      Count: p.count,
      Sum: p.sum,
      'ValueAtQuantiles.Quantile': p.quantileValues.map((q: Plain) => q.quantile),
      'ValueAtQuantiles.Value': p.quantileValues.map((q: Plain) => q.value),
    }),
  ],
}

type Emit = (table: string, row: Row) => void

const metricRows = (m: Plain, shared: Row, scope: Plain, emit: Emit): void => {
  for (const [kind, [table, columns]] of Object.entries(POINTS)) {
    if (m[kind] === undefined) continue
    const points = Array.isArray(m[kind]) ? m[kind] : m[kind].dataPoints
    for (const p of points) {
      emit(`otel_metrics_${table}`, {
        ...shared,
        ScopeAttributes: pairs(scope?.attributes),
        ScopeDroppedAttrCount: scope?.droppedAttributesCount ?? 0,
        MetricName: m.name,
        MetricDescription: m.description,
        MetricUnit: m.unit,
        Attributes: pairs(p.attributes),
        StartTimeUnix: clamp(p.startTimeUnixNano),
        TimeUnix: p.timeUnixNano,
        Flags: p.flags ?? 0,
        ...columns(p, m[kind]),
      })
    }
  }
}

export const expectedRows = (signal: Signal, list: Plain[]): Record<string, Row[]> => {
  const tables: Record<string, Row[]> = {}
  const emit: Emit = (table, row) => {
    tables[table] = [...(tables[table] ?? []), row]
  }
  const [plural, items] = { traces: ['Spans', 'spans'], logs: ['Logs', 'logRecords'], metrics: ['Metrics', 'metrics'] }[
    signal
  ] as [string, string]
  for (const request of list) {
    for (const resource of request[`resource${plural}`]) {
      for (const scoped of resource[`scope${plural}`]) {
        const { scope } = scoped
        const shared = {
          ...resourceColumns(resource.resource),
          ScopeName: scope?.name ?? '',
          ScopeVersion: scope?.version ?? '',
        }
        const urls = { ResourceSchemaUrl: resource.schemaUrl ?? '', ScopeSchemaUrl: scoped.schemaUrl ?? '' }
        for (const item of scoped[items]) {
          if (signal === 'traces') emit('otel_traces', { ...shared, ...spanColumns(item) })
          else if (signal === 'logs') emit('otel_logs', { ...shared, ...logColumns(item, scope, urls) })
          else metricRows(item, { ...shared, ...urls }, scope, emit)
        }
      }
    }
  }
  return tables
}
