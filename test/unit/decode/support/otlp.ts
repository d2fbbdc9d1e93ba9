import { createRequire } from 'node:module'
import { Batches, type Decoded, type Limits, type Signal } from '../../../../services/ingest/decode/index.ts'
import { type Row, readNative } from './native-reader.ts'

type Codec = { encode(message: unknown): { finish(): Uint8Array } }
const { opentelemetry } = createRequire(import.meta.url)('otlp-oracle/build/src/generated/root.js')
const collector = opentelemetry.proto.collector
const codecs: Record<Signal, Codec> = {
  traces: collector.trace.v1.ExportTraceServiceRequest,
  logs: collector.logs.v1.ExportLogsServiceRequest,
  metrics: collector.metrics.v1.ExportMetricsServiceRequest,
}

/** A request as plain data: 64-bit integers are bigint, bytes and ids are Uint8Array. */
// biome-ignore lint/suspicious/noExplicitAny: a request is free-form test data
export type Plain = any

const map = (value: Plain, leaf: (value: Plain) => Plain): Plain => {
  if (typeof value === 'bigint' || value instanceof Uint8Array) return leaf(value)
  if (Array.isArray(value)) return value.map((entry) => map(entry, leaf))
  if (value === null || typeof value !== 'object') return leaf(value)
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, map(entry, leaf)]))
}

const long = (value: bigint): Plain => {
  const bits = BigInt.asUintN(64, value)
  return { low: Number(bits & 0xffffffffn) | 0, high: Number(bits >> 32n) | 0, unsigned: value >= 0n }
}

/** Encoded by an encoder that is not ours. */
export const encode = (signal: Signal, request: Plain): Uint8Array =>
  Uint8Array.from(
    codecs[signal].encode(map(request, (leaf) => (typeof leaf === 'bigint' ? long(leaf) : leaf))).finish(),
  )

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

/** The same request as OTLP/JSON; `raw` writes integers as JSON numbers instead of strings. */
export const toJson = (request: Plain, raw = false): string => {
  const numbers: string[] = []
  const text = JSON.stringify(
    map(request, (leaf) => {
      if (typeof leaf === 'bigint') {
        if (!raw) return String(leaf)
        numbers.push(String(leaf))
        return `#${numbers.length - 1}#`
      }
      if (typeof leaf === 'number' && !Number.isFinite(leaf)) return String(leaf)
      if (Object.is(leaf, -0)) return '-0'
      return leaf
    }),
    (key, value) => {
      if (!(value instanceof Uint8Array)) return value
      return /Id$/.test(key) ? hex(value) : Buffer.from(value).toString('base64')
    },
  )
  return text.replace(/"#(\d+)#"/g, (_, index) => numbers[Number(index)]!)
}

export const NOW = Date.UTC(2026, 10, 22, 12)
export const nanos = (ms: number): bigint => BigInt(ms) * 1_000_000n
export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)
export const id = (size: number, last: number): Uint8Array => {
  const bytes = new Uint8Array(size)
  bytes[0] = 0xa0
  new DataView(bytes.buffer).setUint32(size - 4, last)
  return bytes
}
export const attr = (key: string, value: Plain): Plain => ({
  key,
  value:
    typeof value === 'string'
      ? { stringValue: value }
      : typeof value === 'bigint'
        ? { intValue: value }
        : typeof value === 'boolean'
          ? { boolValue: value }
          : typeof value === 'number'
            ? { doubleValue: value }
            : value,
})

/** One block per table of all that was decoded, as rows by table. */
export const sealAll = (batches: Batches): Record<string, Row[]> => {
  const tables: Record<string, Row[]> = {}
  for (const open of batches.open()) {
    const { table, native } = batches.seal(open.key, 7n)
    tables[table] = [...(tables[table] ?? []), ...readNative(native)]
  }
  return tables
}

export type Result = Decoded & { tables: Record<string, Row[]> }

/** Decodes one body with fresh batches. */
export const decode = (signal: Signal, body: Uint8Array | string, limits: Partial<Limits> = {}): Result => {
  const batches = new Batches(limits)
  const isJson = typeof body === 'string'
  const { stored: _, ...decoded } = batches.append(
    ...([signal, isJson ? 'json' : 'protobuf', isJson ? utf8(body) : body, NOW] as const),
  )
  return { ...decoded, tables: sealAll(batches) }
}

const scoped = (
  plural: string,
  items: string,
  list: Plain[],
  resource: Plain[] = [attr('service.name', 'shop')],
): Plain => ({
  [`resource${plural}`]: [
    { resource: { attributes: resource }, [`scope${plural}`]: [{ scope: { name: 'lib' }, [items]: list }] },
  ],
})

export const span = (over: Plain = {}): Plain => ({
  traceId: id(16, 1),
  spanId: id(8, 1),
  name: 'work',
  kind: 2,
  startTimeUnixNano: nanos(NOW - 1000),
  endTimeUnixNano: nanos(NOW - 900),
  ...over,
})
export const spans = (list: Plain[], resource?: Plain[]): Plain => scoped('Spans', 'spans', list, resource)
export const logs = (list: Plain[], resource?: Plain[]): Plain => scoped('Logs', 'logRecords', list, resource)
export const metrics = (list: Plain[], resource?: Plain[]): Plain => scoped('Metrics', 'metrics', list, resource)
export const point = (over: Plain = {}): Plain => ({
  timeUnixNano: nanos(NOW - 1000),
  startTimeUnixNano: nanos(NOW - 60_000),
  ...over,
})

/** Rows of one span, log record or set of metrics, decoded from protobuf. */
export const spanRow = (over: Plain, resource?: Plain[]): Row =>
  decode('traces', encode('traces', spans([span(over)], resource))).tables.otel_traces![0]!
export const decodeSpans = (...list: Plain[]): Result => decode('traces', encode('traces', spans(list)))
export const decodeLogs = (...list: Plain[]): Result => decode('logs', encode('logs', logs(list)))
export const decodeMetrics = (...list: Plain[]): Result => decode('metrics', encode('metrics', metrics(list)))
