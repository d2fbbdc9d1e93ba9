import { createRequire } from 'node:module'

type Codec = { encode(message: object): { finish(): Uint8Array }; decode(bytes: Uint8Array): Record<string, unknown> }
type Collector = Record<string, { v1: Record<string, Codec> }>

const root = createRequire(import.meta.url)('otlp-oracle/build/src/generated/root.js') as {
  opentelemetry: { proto: { collector: Collector } }
}
const { collector } = root.opentelemetry.proto

export const codecs = {
  traces: collector.trace!.v1.ExportTraceServiceRequest!,
  logs: collector.logs!.v1.ExportLogsServiceRequest!,
  metrics: collector.metrics!.v1.ExportMetricsServiceRequest!,
}
export const answerCodecs = {
  traces: collector.trace!.v1.ExportTraceServiceResponse!,
  logs: collector.logs!.v1.ExportLogsServiceResponse!,
  metrics: collector.metrics!.v1.ExportMetricsServiceResponse!,
}
export type SignalName = keyof typeof codecs

export const text = (key: string, value: string) => ({ key, value: { stringValue: value } })
const resource = { attributes: [text('service.name', 'ledger'), text('service.version', 'v1')] }
const scope = { name: 'test' }

/** One request of each signal whose items carry the given ids, as an object that the oracle and JSON both take. */
export function requestOf(signal: SignalName, ids: string[], atMs: number): object {
  const time = `${Math.floor(atMs)}000000`
  if (signal === 'traces') {
    const spans = ids.map((id, i) => ({
      traceId: Buffer.from(String(i + 1).padStart(16, '0')),
      spanId: Buffer.from('00000001'),
      name: 'ledger',
      status: { message: id },
      kind: 2,
      startTimeUnixNano: time,
      endTimeUnixNano: time,
    }))
    return { resourceSpans: [{ resource, scopeSpans: [{ scope, spans }] }] }
  }
  if (signal === 'logs') {
    const logRecords = ids.map((id) => ({ timeUnixNano: time, severityNumber: 9, body: { stringValue: id } }))
    return { resourceLogs: [{ resource, scopeLogs: [{ scope, logRecords }] }] }
  }
  const metrics = ids.map((id) => ({
    name: 'ledger',
    description: id,
    gauge: { dataPoints: [{ timeUnixNano: time, asDouble: 1 }] },
  }))
  return { resourceMetrics: [{ resource, scopeMetrics: [{ scope, metrics }] }] }
}

export const encodeRequest = (signal: SignalName, request: object): Buffer =>
  Buffer.from(codecs[signal].encode(request).finish())

/** Where the id of an item of `requestOf` is stored: columns whose distinct values have no ceiling. */
export const idColumns = {
  traces: { table: 'otel_traces', column: 'StatusMessage' },
  logs: { table: 'otel_logs', column: 'Body' },
  metrics: { table: 'otel_metrics_gauge', column: 'MetricDescription' },
} as const

let serial = 0
/** A request of items that no other has, from now. */
export function freshRequest(
  signal: SignalName = 'traces',
  items = 1,
): { ids: string[]; request: object; body: Buffer } {
  const ids = Array.from({ length: items }, () => `item-${serial++}`)
  const request = requestOf(signal, ids, Date.now())
  return { ids, request, body: encodeRequest(signal, request) }
}

export const PROTOBUF = { 'content-type': 'application/x-protobuf' }
export const JSON_TYPE = { 'content-type': 'application/json' }
/** One log record from now, as OTLP/JSON. */
export const logsJson = (id: string): string =>
  JSON.stringify({
    resourceLogs: [
      { scopeLogs: [{ logRecords: [{ timeUnixNano: `${Date.now()}000000`, body: { stringValue: id } }] }] },
    ],
  })
