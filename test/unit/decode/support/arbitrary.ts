import fc from 'fast-check'
import { NOW, nanos, type Plain } from './otlp.ts'

/** Random OTLP requests as plain data. Times are near NOW, so that nothing is rejected for its age. */
const text = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.string({ unit: 'grapheme', maxLength: 8 }),
  fc.constantFrom('é', '日本', '😀', 'a\u0000b'),
)
const int64 = fc.oneof(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), fc.integer().map(BigInt))
const uint64 = fc.oneof(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), fc.nat().map(BigInt))
const count = fc.bigInt({ min: 0n, max: 2n ** 60n })
const double = fc.oneof(fc.double(), fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, -0, 1e21, 1e-7, 0.1))
const uint32 = fc.integer({ min: 0, max: 0xffffffff })
const time = fc
  .tuple(fc.integer({ min: -3 * 86_400_000, max: 500_000 }), fc.nat(999_999))
  .map(([ms, ns]) => nanos(NOW + ms) + BigInt(ns))
const anyTime = fc.oneof(time, fc.constant(0n), uint64)
const bytes = (size: number) =>
  fc.uint8Array({ minLength: size, maxLength: size }).map((b) => (b.some((x) => x !== 0) ? b : b.fill(1)))
const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined })
const list = <T>(arbitrary: fc.Arbitrary<T>, maxLength = 3) => fc.array(arbitrary, { maxLength })

const { value } = fc.letrec<{ value: Plain; keyValue: Plain }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    text.map((stringValue) => ({ stringValue })),
    int64.map((intValue) => ({ intValue })),
    double.map((doubleValue) => ({ doubleValue })),
    fc.boolean().map((boolValue) => ({ boolValue })),
    fc.uint8Array({ maxLength: 7 }).map((bytesValue) => ({ bytesValue })),
    fc.constant({}),
    list(tie('value')).map((values) => ({ arrayValue: { values } })),
    list(tie('keyValue')).map((values) => ({ kvlistValue: { values } })),
  ),
  keyValue: fc.record({ key: text, value: optional(tie('value')) }),
}))
const key = fc.oneof(
  text,
  fc.constantFrom('http.route', 'http.request.method', 'rpc.method', '__proto__', 'constructor', 'http.status_code'),
)
export const attributes = list(fc.record({ key, value: optional(value) }), 5)

const dropped = fc.constantFrom(undefined, undefined, 0, 3)
const event = fc.record({ timeUnixNano: anyTime, name: text, attributes, droppedAttributesCount: dropped })
const link = fc.record({ traceId: bytes(16), spanId: bytes(8), traceState: text, attributes, flags: uint32 })
export const span = fc.record({
  traceId: bytes(16),
  spanId: bytes(8),
  parentSpanId: optional(bytes(8)),
  traceState: optional(text),
  name: text,
  kind: fc.integer({ min: 0, max: 6 }),
  startTimeUnixNano: time,
  endTimeUnixNano: anyTime,
  attributes,
  droppedAttributesCount: dropped,
  events: list(event),
  links: list(link),
  status: optional(fc.record({ code: fc.integer({ min: 0, max: 2 }), message: text })),
  flags: optional(uint32),
})
export const logRecord = fc.record({
  timeUnixNano: time,
  observedTimeUnixNano: anyTime,
  severityNumber: fc.integer({ min: 0, max: 24 }),
  severityText: text,
  body: optional(value),
  attributes,
  flags: optional(uint32),
  traceId: bytes(16),
  spanId: bytes(8),
  eventName: optional(text),
})

const exemplar = fc.record({
  timeUnixNano: anyTime,
  spanId: bytes(8),
  traceId: bytes(16),
  filteredAttributes: attributes,
  asDouble: double,
})
const times = { timeUnixNano: time, startTimeUnixNano: anyTime }
const common = { ...times, attributes, exemplars: list(exemplar, 2), flags: fc.nat(1000).map((n) => n * 2) }
const numberPoint = fc.oneof(fc.record({ ...common, asDouble: double }), fc.record({ ...common, asInt: int64 }))
const histogramPoint = fc
  .tuple(
    fc.record({ ...common, count, sum: optional(double), min: optional(double), max: optional(double) }),
    fc.uniqueArray(fc.integer(), { maxLength: 4 }),
    list(count, 5),
  )
  .map(([over, bounds, counts]) => {
    const explicitBounds = bounds.sort((a, b) => a - b)
    const bucketCounts = [...explicitBounds, 0].map((_, i) => counts[i] ?? 0n)
    return { ...over, explicitBounds, bucketCounts }
  })
const buckets = optional(fc.record({ offset: fc.integer({ min: -500, max: 500 }), bucketCounts: list(uint64, 4) }))
const exponentialPoint = fc.record({
  ...common,
  count,
  sum: optional(double),
  scale: fc.integer({ min: 0, max: 20 }),
  zeroCount: count,
  positive: buckets,
  negative: buckets,
  min: optional(double),
  max: optional(double),
  zeroThreshold: optional(double),
})
const quantiles = fc
  .uniqueArray(fc.integer({ min: 0, max: 100 }), { maxLength: 4 })
  .map((list) => list.sort((a, b) => a - b))
const summaryPoint = fc.record({
  ...times,
  attributes,
  count,
  sum: double,
  quantileValues: quantiles.map((list) => list.map((n) => ({ quantile: n / 100, value: n * 2 }))),
})
const aggregationTemporality = fc.constantFrom(1, 2)
const dataOf = (points: fc.Arbitrary<Plain>) => fc.record({ dataPoints: list(points), aggregationTemporality })
export const metric = fc
  .tuple(
    fc.record({ name: text, description: text, unit: text }),
    fc.oneof(
      list(numberPoint).map((dataPoints) => ({ gauge: { dataPoints } })),
      fc
        .record({ dataPoints: list(numberPoint), aggregationTemporality, isMonotonic: fc.boolean() })
        .map((sum) => ({ sum })),
      dataOf(histogramPoint).map((histogram) => ({ histogram })),
      dataOf(exponentialPoint).map((exponentialHistogram) => ({ exponentialHistogram })),
      list(summaryPoint).map((dataPoints) => ({ summary: { dataPoints } })),
    ),
  )
  .map(([head, data]) => ({ ...head, ...data }))

const scope = optional(fc.record({ name: text, version: text, attributes, droppedAttributesCount: dropped }))
const resource = optional(
  fc.record({
    attributes: list(
      fc.record({
        key: fc.oneof(text, fc.constantFrom('service.name', 'service.version', 'host.name')),
        value: optional(value),
      }),
      4,
    ),
    droppedAttributesCount: dropped,
  }),
)
const request = (plural: string, items: string, item: fc.Arbitrary<Plain>): fc.Arbitrary<Plain> => {
  const perScope = fc.record({ scope, [items]: list(item), schemaUrl: optional(text) })
  const perResource = fc.record({ resource, [`scope${plural}`]: list(perScope, 2), schemaUrl: optional(text) })
  return list(perResource, 2).map((resources) => ({ [`resource${plural}`]: resources }))
}
export const requests = {
  traces: request('Spans', 'spans', span),
  logs: request('Logs', 'logRecords', logRecord),
  metrics: request('Metrics', 'metrics', metric),
}
