/** How a field of a message is written in JSON, and on the wire. */
export type Kind =
  | 'string'
  | 'bytes'
  | 'id'
  | 'bool'
  | 'double'
  | 'int32'
  | 'uint32'
  | 'sint32'
  | 'int64'
  | 'uint64'
  | 'fixed32'
  | 'fixed64'
  | 'sfixed64'
  | 'enum'
  | 'message'

export type FieldSpec = {
  number: number
  kind: Kind
  repeated: boolean
  /** Of a message. */
  message: Message | null
  /** Of an enum: its names. */
  names: ReadonlyMap<string, number> | null
  /** Members of one oneof share this name; '' is none. */
  oneof: string
}

/** The members of a message by JSON name and by the name in the .proto file. */
export type Message = { name: string; fields: Map<string, FieldSpec> }

const message = (name: string): Message => ({ name, fields: new Map() })

const snake = (name: string): string => name.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`)

type Options = { repeated?: boolean; message?: Message; names?: ReadonlyMap<string, number>; oneof?: string }

const add = (to: Message, number: number, name: string, kind: Kind, options: Options = {}): void => {
  const spec: FieldSpec = {
    number,
    kind,
    repeated: options.repeated ?? false,
    message: options.message ?? null,
    names: options.names ?? null,
    oneof: options.oneof ?? '',
  }
  to.fields.set(name, spec)
  to.fields.set(snake(name), spec)
}

const one = (to: Message, number: number, name: string, inner: Message, oneof = ''): void =>
  add(to, number, name, 'message', { message: inner, oneof })
const many = (to: Message, number: number, name: string, inner: Message): void =>
  add(to, number, name, 'message', { message: inner, repeated: true })

const names = (prefix: string, ...list: string[]): Map<string, number> =>
  new Map(list.map((name, i) => [`${prefix}${name}`, i]))

const SPAN_KINDS = names('SPAN_KIND_', 'UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER')
const STATUS_CODES = names('STATUS_CODE_', 'UNSET', 'OK', 'ERROR')
const TEMPORALITIES = names('AGGREGATION_TEMPORALITY_', 'UNSPECIFIED', 'DELTA', 'CUMULATIVE')
const LEVELS = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL']
const SEVERITIES = names(
  'SEVERITY_NUMBER_',
  'UNSPECIFIED',
  ...LEVELS.flatMap((level) => ['', '2', '3', '4'].map((n) => level + n)),
)

const anyValue = message('AnyValue')
const arrayValue = message('ArrayValue')
const keyValueList = message('KeyValueList')
const keyValue = message('KeyValue')
add(anyValue, 1, 'stringValue', 'string', { oneof: 'value' })
add(anyValue, 2, 'boolValue', 'bool', { oneof: 'value' })
add(anyValue, 3, 'intValue', 'int64', { oneof: 'value' })
add(anyValue, 4, 'doubleValue', 'double', { oneof: 'value' })
one(anyValue, 5, 'arrayValue', arrayValue, 'value')
one(anyValue, 6, 'kvlistValue', keyValueList, 'value')
add(anyValue, 7, 'bytesValue', 'bytes', { oneof: 'value' })
many(arrayValue, 1, 'values', anyValue)
many(keyValueList, 1, 'values', keyValue)
add(keyValue, 1, 'key', 'string')
one(keyValue, 2, 'value', anyValue)

const resource = message('Resource')
many(resource, 1, 'attributes', keyValue)
add(resource, 2, 'droppedAttributesCount', 'uint32')

const scope = message('InstrumentationScope')
add(scope, 1, 'name', 'string')
add(scope, 2, 'version', 'string')
many(scope, 3, 'attributes', keyValue)
add(scope, 4, 'droppedAttributesCount', 'uint32')

/** The three signals share their envelope but for its names. */
const request = (plural: string, items: string, item: Message): Message => {
  const outer = message(`Export${plural}ServiceRequest`)
  const perResource = message(`Resource${plural}`)
  const perScope = message(`Scope${plural}`)
  many(outer, 1, `resource${plural}`, perResource)
  one(perResource, 1, 'resource', resource)
  many(perResource, 2, `scope${plural}`, perScope)
  add(perResource, 3, 'schemaUrl', 'string')
  one(perScope, 1, 'scope', scope)
  many(perScope, 2, items, item)
  add(perScope, 3, 'schemaUrl', 'string')
  return outer
}

const span = message('Span')
const event = message('Event')
const link = message('Link')
const status = message('Status')
add(event, 1, 'timeUnixNano', 'fixed64')
add(event, 2, 'name', 'string')
many(event, 3, 'attributes', keyValue)
add(event, 4, 'droppedAttributesCount', 'uint32')
add(link, 1, 'traceId', 'id')
add(link, 2, 'spanId', 'id')
add(link, 3, 'traceState', 'string')
many(link, 4, 'attributes', keyValue)
add(link, 5, 'droppedAttributesCount', 'uint32')
add(link, 6, 'flags', 'fixed32')
add(status, 2, 'message', 'string')
add(status, 3, 'code', 'enum', { names: STATUS_CODES })
add(span, 1, 'traceId', 'id')
add(span, 2, 'spanId', 'id')
add(span, 3, 'traceState', 'string')
add(span, 4, 'parentSpanId', 'id')
add(span, 5, 'name', 'string')
add(span, 6, 'kind', 'enum', { names: SPAN_KINDS })
add(span, 7, 'startTimeUnixNano', 'fixed64')
add(span, 8, 'endTimeUnixNano', 'fixed64')
many(span, 9, 'attributes', keyValue)
add(span, 10, 'droppedAttributesCount', 'uint32')
many(span, 11, 'events', event)
add(span, 12, 'droppedEventsCount', 'uint32')
many(span, 13, 'links', link)
add(span, 14, 'droppedLinksCount', 'uint32')
one(span, 15, 'status', status)
add(span, 16, 'flags', 'fixed32')

const logRecord = message('LogRecord')
add(logRecord, 1, 'timeUnixNano', 'fixed64')
add(logRecord, 2, 'severityNumber', 'enum', { names: SEVERITIES })
add(logRecord, 3, 'severityText', 'string')
one(logRecord, 5, 'body', anyValue)
many(logRecord, 6, 'attributes', keyValue)
add(logRecord, 7, 'droppedAttributesCount', 'uint32')
add(logRecord, 8, 'flags', 'fixed32')
add(logRecord, 9, 'traceId', 'id')
add(logRecord, 10, 'spanId', 'id')
add(logRecord, 11, 'observedTimeUnixNano', 'fixed64')
add(logRecord, 12, 'eventName', 'string')

const exemplar = message('Exemplar')
add(exemplar, 2, 'timeUnixNano', 'fixed64')
add(exemplar, 3, 'asDouble', 'double', { oneof: 'value' })
add(exemplar, 4, 'spanId', 'id')
add(exemplar, 5, 'traceId', 'id')
add(exemplar, 6, 'asInt', 'sfixed64', { oneof: 'value' })
many(exemplar, 7, 'filteredAttributes', keyValue)

const numberPoint = message('NumberDataPoint')
const histogramPoint = message('HistogramDataPoint')
const exponentialPoint = message('ExponentialHistogramDataPoint')
const summaryPoint = message('SummaryDataPoint')
for (const point of [numberPoint, histogramPoint, exponentialPoint, summaryPoint]) {
  add(point, 2, 'startTimeUnixNano', 'fixed64')
  add(point, 3, 'timeUnixNano', 'fixed64')
}
add(numberPoint, 4, 'asDouble', 'double', { oneof: 'value' })
many(numberPoint, 5, 'exemplars', exemplar)
add(numberPoint, 6, 'asInt', 'sfixed64', { oneof: 'value' })
many(numberPoint, 7, 'attributes', keyValue)
add(numberPoint, 8, 'flags', 'uint32')
for (const point of [histogramPoint, exponentialPoint, summaryPoint]) {
  add(point, 4, 'count', 'fixed64')
  add(point, 5, 'sum', 'double')
}
add(histogramPoint, 6, 'bucketCounts', 'fixed64', { repeated: true })
add(histogramPoint, 7, 'explicitBounds', 'double', { repeated: true })
many(histogramPoint, 8, 'exemplars', exemplar)
many(histogramPoint, 9, 'attributes', keyValue)
add(histogramPoint, 10, 'flags', 'uint32')
add(histogramPoint, 11, 'min', 'double')
add(histogramPoint, 12, 'max', 'double')

const buckets = message('Buckets')
add(buckets, 1, 'offset', 'sint32')
add(buckets, 2, 'bucketCounts', 'uint64', { repeated: true })
many(exponentialPoint, 1, 'attributes', keyValue)
add(exponentialPoint, 6, 'scale', 'sint32')
add(exponentialPoint, 7, 'zeroCount', 'fixed64')
one(exponentialPoint, 8, 'positive', buckets)
one(exponentialPoint, 9, 'negative', buckets)
add(exponentialPoint, 10, 'flags', 'uint32')
many(exponentialPoint, 11, 'exemplars', exemplar)
add(exponentialPoint, 12, 'min', 'double')
add(exponentialPoint, 13, 'max', 'double')
add(exponentialPoint, 14, 'zeroThreshold', 'double')

const quantile = message('ValueAtQuantile')
add(quantile, 1, 'quantile', 'double')
add(quantile, 2, 'value', 'double')
many(summaryPoint, 6, 'quantileValues', quantile)
many(summaryPoint, 7, 'attributes', keyValue)
add(summaryPoint, 8, 'flags', 'uint32')

const metric = message('Metric')
add(metric, 1, 'name', 'string')
add(metric, 2, 'description', 'string')
add(metric, 3, 'unit', 'string')
const data = (number: number, name: string, point: Message, temporality: boolean, monotonic: boolean): void => {
  const kind = message(name)
  many(kind, 1, 'dataPoints', point)
  if (temporality) add(kind, 2, 'aggregationTemporality', 'enum', { names: TEMPORALITIES })
  if (monotonic) add(kind, 3, 'isMonotonic', 'bool')
  one(metric, number, name, kind, 'data')
}
data(5, 'gauge', numberPoint, false, false)
data(7, 'sum', numberPoint, true, true)
data(9, 'histogram', histogramPoint, true, false)
data(10, 'exponentialHistogram', exponentialPoint, true, false)
data(11, 'summary', summaryPoint, false, false)

/** The export requests of OTLP 1.x. */
export const requests = {
  traces: request('Spans', 'spans', span),
  logs: request('Logs', 'logRecords', logRecord),
  metrics: request('Metrics', 'metrics', metric),
}
