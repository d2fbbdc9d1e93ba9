import { z } from 'zod'
import { maybeTime, page, time } from './common.ts'

const attributes = z.record(z.string(), z.string())

export const logLevel = z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal']).meta({ id: 'LogLevel' })

export const logLine = z
  .object({
    time,
    service: z.string(),
    environment: z.string(),
    version: z.string(),
    severity: z.string(),
    severity_number: z.number().int(),
    body: z.string(),
    trace_id: z.string(),
    span_id: z.string(),
    attributes,
  })
  .meta({ id: 'LogLine' })

export const logList = page(logLine).meta({ id: 'LogList' })

/** One entry span of a service: the request, and the trace that it belongs to. */
export const traceItem = z
  .object({
    trace_id: z.string(),
    span_id: z.string(),
    started_at: time,
    service: z.string(),
    environment: z.string(),
    version: z.string(),
    route: z.string(),
    name: z.string(),
    duration_ms: z.number(),
    failed: z.boolean(),
    http_status: z.number().int().nullable(),
    exception_type: z.string().nullable(),
  })
  .meta({ id: 'TraceItem' })

export const traceList = page(traceItem).meta({ id: 'TraceList' })

export const span = z
  .object({
    span_id: z.string(),
    parent_span_id: z.string(),
    service: z.string(),
    name: z.string(),
    kind: z.string(),
    started_at: time,
    /** Nanoseconds after the trace's first span began: exact, where `started_at` has milliseconds. */
    offset_ns: z.number(),
    duration_ms: z.number(),
    status: z.string(),
    status_message: z.string(),
    failed: z.boolean(),
    version: z.string(),
    attributes,
    resource: attributes,
    events: z.array(z.object({ time, name: z.string(), attributes })),
  })
  .meta({ id: 'Span' })

export const trace = z
  .object({
    trace_id: z.string(),
    spans: z.array(span),
    logs: z.array(logLine),
    /** The trace has more spans or log lines than are shown. */
    truncated: z.boolean(),
  })
  .meta({ id: 'Trace' })

/** Durations of one operation; `faster` is the part of them that took less time than the span. */
const usual = z.object({
  versions: z.array(z.string()),
  requests: z.number(),
  p50_ms: z.number(),
  p95_ms: z.number(),
  faster: z.number(),
})

export const spanBaseline = z
  .object({
    span_id: z.string(),
    operation: z.string(),
    /** The far side of a call; null for a request that the service answered. */
    peer: z.string().nullable(),
    /** Under the span's own version; null where none was counted. */
    own: usual.nullable(),
    /** Under the versions that were seen before the span's own. */
    before: usual.nullable(),
  })
  .meta({ id: 'SpanBaseline' })

export const traceBaseline = z
  .object({ from: maybeTime, to: maybeTime, items: z.array(spanBaseline) })
  .meta({ id: 'TraceBaseline' })

const arrived = z.object({ rows: z.number(), last_at: maybeTime })

/** What has arrived so far; cheap enough to ask every second. */
export const status = z
  .object({
    traces: arrived,
    metrics: arrived,
    logs: arrived,
    deploys: z.object({ count: z.number().int(), last_at: maybeTime }),
    services: z.number().int(),
    version: z.string(),
    otlp_http: z.string().nullable(),
    otlp_grpc: z.string().nullable(),
    engine: z.enum(['embedded', 'server']),
    ready: z.boolean(),
    reasons: z.array(z.string()),
    /** Whether this address asks for a key. */
    auth: z.boolean(),
  })
  .meta({ id: 'Status' })

/** Plumbline's own figures, as /metrics has them: one group a target. */
export const system = z
  .object({
    version: z.string(),
    engine: z.enum(['embedded', 'server']),
    state: z.enum(['sqlite', 'postgres']),
    ready: z.boolean(),
    reasons: z.array(z.string()),
    memory: z.object({ rss_bytes: z.number(), heap_bytes: z.number() }),
    uptime_s: z.number(),
    figures: z.record(
      z.enum(['ingest', 'detector', 'alerting', 'web', 'process']),
      z.array(
        z.object({
          name: z.string(),
          help: z.string(),
          type: z.string(),
          values: z.array(
            z.object({ labels: z.record(z.string(), z.union([z.string(), z.number()])), value: z.number() }),
          ),
        }),
      ),
    ),
    storage: z.array(
      z.object({
        table: z.string(),
        rows: z.number(),
        bytes: z.number(),
        parts: z.number().int(),
        oldest_at: maybeTime,
      }),
    ),
  })
  .meta({ id: 'System' })

export type LogLine = z.infer<typeof logLine>
export type LogList = z.infer<typeof logList>
export type TraceItem = z.infer<typeof traceItem>
export type TraceList = z.infer<typeof traceList>
export type Span = z.infer<typeof span>
export type SpanBaseline = z.infer<typeof spanBaseline>
export type TraceBaseline = z.infer<typeof traceBaseline>
export type Trace = z.infer<typeof trace>
export type Status = z.infer<typeof status>
export type System = z.infer<typeof system>
