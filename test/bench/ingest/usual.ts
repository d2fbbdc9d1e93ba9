import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Store } from '../../../shared/store/store.ts'
import { codecs, type SignalName } from '../../support/otlp.ts'

/**
 * What everyone writes: protobufjs, one row object an item, `client.insert` as JSONEachRow, then the answer; no log. `usual` inserts
 * what a request brought; `buffered` answers first and inserts 10,000 rows at a time, as the better ones do, which loses what
 * it has answered for when it dies.
 */
export const BUFFERED_ROWS = 10_000

type Any = Record<string, unknown>
type Attribute = { key: string; value?: Any | null }
type Long = { toString(): string }

const list = (value: unknown) => (value ?? []) as Any[]
const hex = (bytes: unknown) => (bytes ? Buffer.from(bytes as Uint8Array).toString('hex') : '')
const nanos = (value: unknown) => {
  const digits = String(value as Long).padStart(10, '0')
  return `${digits.slice(0, -9)}.${digits.slice(-9)}`
}

function valueText(value: Any | null | undefined): string {
  if (!value) return ''
  const { stringValue, intValue, doubleValue, boolValue } = value
  return String(stringValue || (intValue as Long | undefined)?.toString() || doubleValue || boolValue || '')
}
const attributes = (values: unknown) =>
  Object.fromEntries(((values ?? []) as Attribute[]).map((a) => [a.key, valueText(a.value as Any)]))

const KINDS = ['Unspecified', 'Internal', 'Server', 'Client', 'Producer', 'Consumer']
const CODES = ['Unset', 'Ok', 'Error']

function spanRow(s: Any, resource: Any, scope: Any): Any {
  const events = list(s.events)
  const status = (s.status ?? {}) as Any
  const durationNs = BigInt(String(s.endTimeUnixNano)) - BigInt(String(s.startTimeUnixNano))
  return {
    Timestamp: nanos(s.startTimeUnixNano),
    TraceId: hex(s.traceId),
    SpanId: hex(s.spanId),
    ParentSpanId: hex(s.parentSpanId),
    SpanName: s.name,
    SpanKind: KINDS[Number(s.kind)],
    ServiceName: resource['service.name'],
    ResourceAttributes: resource,
    ScopeName: scope.name,
    ScopeVersion: scope.version,
    SpanAttributes: attributes(s.attributes),
    Duration: String(durationNs),
    StatusCode: CODES[Number(status.code ?? 0)],
    StatusMessage: status.message ?? '',
    'Events.Timestamp': events.map((e) => nanos(e.timeUnixNano)),
    'Events.Name': events.map((e) => e.name),
    'Events.Attributes': events.map((e) => attributes(e.attributes)),
    Environment: resource['deployment.environment.name'],
    Version: resource['service.version'],
  }
}

const logRow = (r: Any, resource: Any, scope: Any): Any => ({
  Timestamp: nanos(r.timeUnixNano),
  TraceId: hex(r.traceId),
  SpanId: hex(r.spanId),
  SeverityText: r.severityText,
  SeverityNumber: r.severityNumber,
  ServiceName: resource['service.name'],
  Body: valueText(r.body as Any),
  ResourceAttributes: resource,
  ScopeName: scope.name,
  ScopeVersion: scope.version,
  LogAttributes: attributes(r.attributes),
})

const pointRow = (p: Any, m: Any, resource: Any, scope: Any): Any => ({
  ResourceAttributes: resource,
  ScopeName: scope.name,
  ScopeVersion: scope.version,
  ServiceName: resource['service.name'],
  MetricName: m.name,
  MetricUnit: m.unit,
  Attributes: attributes(p.attributes),
  StartTimeUnix: nanos(p.startTimeUnixNano),
  TimeUnix: nanos(p.timeUnixNano),
  Value: p.asDouble,
})

const ENVELOPES = {
  traces: ['resourceSpans', 'scopeSpans', 'spans'],
  logs: ['resourceLogs', 'scopeLogs', 'logRecords'],
  metrics: ['resourceMetrics', 'scopeMetrics', 'metrics'],
} as const

function* rowsOf(signal: SignalName, body: Buffer): Generator<[string, Any]> {
  const [resources, scopes, items] = ENVELOPES[signal]
  for (const r of list(codecs[signal].decode(body)[resources])) {
    const resource = attributes((r.resource as Any | undefined)?.attributes)
    for (const s of list(r[scopes])) {
      const scope = (s.scope ?? {}) as Any
      for (const item of list(s[items])) {
        if (signal === 'traces') yield ['otel_traces', spanRow(item, resource, scope)]
        else if (signal === 'logs') yield ['otel_logs', logRow(item, resource, scope)]
        else {
          const sum = item.sum as Any | null
          const table = sum ? 'otel_metrics_sum' : 'otel_metrics_gauge'
          for (const p of list((sum ?? (item.gauge as Any)).dataPoints))
            yield [table, pointRow(p, item, resource, scope)]
        }
      }
    }
  }
}

/** Serves OTLP/HTTP the usual way. @returns the URL and a way to wait for what is buffered */
export async function startUsual(store: Store, flushRows: number): Promise<{ url: string; flush(): Promise<void> }> {
  const buffers = new Map<string, Any[]>()
  let tail: Promise<void> = Promise.resolve()
  const flushTable = (table: string) => {
    const rows = buffers.get(table) ?? []
    buffers.delete(table)
    if (rows.length > 0) tail = tail.then(() => store.insert(table, rows))
    return tail
  }
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', async () => {
      const signal = request.url!.slice('/v1/'.length) as SignalName
      const full = new Set<string>()
      for (const [table, row] of rowsOf(signal, Buffer.concat(chunks))) {
        const rows = buffers.get(table) ?? []
        if (rows.length === 0) buffers.set(table, rows)
        rows.push(row)
        if (rows.length >= flushRows) full.add(table)
      }
      for (const table of full) await flushTable(table)
      response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    flush: async () => {
      for (const table of [...buffers.keys()]) await flushTable(table)
      await tail
    },
  }
}
