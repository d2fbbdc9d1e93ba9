import { containsText } from './contains.ts'
import { LIMIT_LOGS, type LogRow, logColumns, readLogLine } from './logs.ts'
import { endingAt, newestFirst } from './newest.ts'
import type { Params, Store } from './store.ts'
import { betweenMs } from './within.ts'

export type TraceFilter = {
  service?: string | undefined
  environment?: string | undefined
  version?: string | undefined
  route?: string | undefined
  failed?: boolean | undefined
  minMs?: number | undefined
  /** Requests in which their service recorded an exception of this type, on any of its spans. */
  exception?: string | undefined
  /** The same by a part of its message, in any case. */
  exceptionMessage?: string | undefined
  fromMs: number
  toMs: number
  limit: number
  /** Of the last row of the page before. */
  after?: { ns: string; id: string } | undefined
}

export type TraceRow = {
  trace_id: string
  span_id: string
  ns: string
  service: string
  environment: string
  version: string
  route: string
  name: string
  duration: string
  failed: number
  http_status: number
  exception_type: string
}

const MAX_SPANS = 5000
/** How long after its request began an exception is looked for. */
const EXCEPTION_LAG_MINUTES = 10
/** Of a page's requests, at most 1,000, as many spans with the exception are followed. */
const MAX_EXCEPTED = 5000

/** Requests (entry spans), newest first; one more than `limit` where there are more. */
export function listTraces(store: Store, f: TraceFilter): Promise<TraceRow[]> {
  return newestFirst(endingAt(f), f.limit + 1, (slice, limit) => readSlice(store, { ...f, ...slice, limit }))
}

type Condition = { sql: string[]; params: Record<string, NonNullable<Params[string]>> }

const adder =
  ({ sql, params }: Condition) =>
  (text: string, name: string, value: string | number | undefined) => {
    if (value === undefined) return
    sql.push(text)
    params[name] = value
  }

/** What holds for a request and for all spans of its service. */
function sender(f: TraceFilter): Condition {
  const condition: Condition = { sql: [], params: {} }
  const add = adder(condition)
  add('ServiceName = {service:String}', 'service', f.service)
  add('Environment = {environment:String}', 'environment', f.environment)
  add('Version = {version:String}', 'version', f.version)
  return condition
}

/** Spans that recorded the exception, newest first: which request of which service, and in which minute. */
function exceptedSpans(store: Store, f: TraceFilter): Promise<{ trace: string; sender: string; minute: string }[]> {
  const { sql, params } = sender(f)
  const add = adder({ sql, params })
  add('ExceptionType = {exception:String}', 'exception', f.exception)
  if (f.exceptionMessage !== undefined) {
    const { sql: holds, value } = containsText(`event['exception.message']`, 'message', f.exceptionMessage)
    add(`arrayExists(event -> ${holds}, Events.Attributes)`, 'message', value)
  }
  return store.rows(
    `SELECT TraceId AS trace, ServiceName AS sender, toUnixTimestamp(toStartOfMinute(Timestamp)) AS minute FROM otel_traces
     WHERE ${betweenMs()} AND ${sql.join(' AND ')}
     ORDER BY toStartOfMinute(Timestamp) DESC, Timestamp DESC LIMIT ${MAX_EXCEPTED}`,
    { ...params, from_ms: f.fromMs, to_ms: f.toMs + EXCEPTION_LAG_MINUTES * 60_000 },
  )
}

/**
 * Requests whose service recorded the exception in the same trace: it may stand on a span within the request. Null where there are none.
 */
async function withException(store: Store, f: TraceFilter): Promise<Condition | null> {
  if (f.exception === undefined && f.exceptionMessage === undefined) return { sql: [], params: {} }
  const spans = await exceptedSpans(store, f)
  if (spans.length === 0) return null
  const minutes = new Set<number>()
  for (const { minute } of spans)
    for (let lag = 0; lag <= EXCEPTION_LAG_MINUTES; lag++) minutes.add(Number(minute) - 60 * lag)
  return {
    sql: [
      'toUnixTimestamp(toStartOfMinute(Timestamp)) IN {minutes:Array(UInt32)}',
      '(TraceId, ServiceName) IN (SELECT t.1, t.2 FROM (SELECT arrayJoin(arrayZip({traces:Array(String)}, {senders:Array(String)})) AS t))',
    ],
    params: { minutes: [...minutes], traces: spans.map((s) => s.trace), senders: spans.map((s) => s.sender) },
  }
}

async function readSlice(store: Store, f: TraceFilter): Promise<TraceRow[]> {
  const excepted = await withException(store, f)
  if (!excepted) return []
  const sent = sender(f)
  const params: Condition['params'] = {
    from_ms: f.fromMs,
    to_ms: f.toMs,
    limit: f.limit,
    ...sent.params,
    ...excepted.params,
  }
  if (f.exception !== undefined) params.exception = f.exception
  const where = ['IsEntry = 1', betweenMs(), ...sent.sql, ...excepted.sql]
  const add = adder({ sql: where, params })
  add('Route = {route:String}', 'route', f.route)
  add('Failed = {failed:UInt8}', 'failed', f.failed === undefined ? undefined : Number(f.failed))
  add('Duration >= {min_ns:UInt64}', 'min_ns', f.minMs === undefined ? undefined : Math.floor(f.minMs * 1e6))
  if (f.after) {
    add('Timestamp <= fromUnixTimestamp64Nano({after:Int64})', 'after', f.after.ns)
    add('(Timestamp, SpanId) < (fromUnixTimestamp64Nano({after:Int64}), {after_id:String})', 'after_id', f.after.id)
  }
  return store.rows<TraceRow>(
    `SELECT TraceId AS trace_id, SpanId AS span_id, toUnixTimestamp64Nano(Timestamp) AS ns, ServiceName AS service,
       Environment AS environment, Version AS version, Route AS route, SpanName AS name, Duration AS duration,
       Failed AS failed, HttpStatus AS http_status, ${f.exception === undefined ? 'ExceptionType' : '{exception:String}'} AS exception_type
     FROM otel_traces WHERE ${where.join(' AND ')}
     ORDER BY toStartOfMinute(Timestamp) DESC, Timestamp DESC, SpanId DESC LIMIT {limit:UInt32}`,
    params,
  )
}

export type SpanRow = {
  span_id: string
  parent_span_id: string
  service: string
  name: string
  kind: string
  ns: string
  duration: string
  status: string
  status_message: string
  failed: number
  version: string
  attributes: Record<string, string>
  resource: Record<string, string>
  event_ns: string[]
  event_names: string[]
  event_attributes: Record<string, string>[]
}

/** Everything stored of one trace, in the order of time; at most 5,000 spans and as many log lines. */
export async function getTrace(
  store: Store,
  traceId: string,
): Promise<{ spans: SpanRow[]; logs: LogRow[]; truncated: boolean }> {
  const spans = await store.rows<SpanRow>(
    `SELECT SpanId AS span_id, ParentSpanId AS parent_span_id, ServiceName AS service, SpanName AS name, SpanKind AS kind,
       toUnixTimestamp64Nano(Timestamp) AS ns, Duration AS duration, StatusCode AS status, StatusMessage AS status_message,
       Failed AS failed, Version AS version, SpanAttributes AS attributes, ResourceAttributes AS resource,
       arrayMap(t -> toUnixTimestamp64Nano(t), Events.Timestamp) AS event_ns, Events.Name AS event_names,
       Events.Attributes AS event_attributes
     FROM otel_traces WHERE TraceId = {id:String} ORDER BY Timestamp, SpanId LIMIT ${MAX_SPANS + 1}`,
    { id: traceId },
  )
  const logs = await store.rows<LogRow>(
    `SELECT ${logColumns} FROM otel_logs WHERE TraceId = {id:String} ORDER BY Timestamp LIMIT ${LIMIT_LOGS + 1}`,
    { id: traceId },
  )
  return {
    spans: spans.slice(0, MAX_SPANS),
    logs: logs.slice(0, LIMIT_LOGS).map(readLogLine),
    truncated: spans.length > MAX_SPANS || logs.length > LIMIT_LOGS,
  }
}
