import { createServicePatternMiners } from '../../../shared/patterns/services.ts'
import { yieldToLoop } from '../../../shared/runtime/pressure.ts'
import type { Store } from '../../../shared/store/store.ts'
import { betweenMs } from '../../../shared/store/within.ts'
import type { LogRow, SpanRow, Telemetry } from '../attribution/telemetry.ts'
import { SEVERITY } from '../rollups/log-sql.ts'

/** Traces of one side, drawn evenly by the hash of their ids; and their spans and log records. */
const MAX_TRACES = 400
const MAX_SPANS = 20_000
const MAX_LOGS = 10_000
/** A trace that was drawn may have begun, or go on, this long outside its side. */
const AROUND_MS = 60_000
const BODY_CHARS = 1000
/** Bodies mined before other work of the event loop gets its turn: at 20 µs a body, some milliseconds. */
const BODIES_A_TURN = 200

/** The requests that are asked about: of one service, and where `route` or `peer` is given of that route or with a call there. */
export type Asked = { service: string; environment: string; route?: string | undefined; peer?: string | undefined }
export type Span = { fromMs: number; toMs: number }

/** Where code stands that writes a log record, as SDKs send it: it tells statements apart better than their words do. */
const SITE =
  "concat(LogAttributes['code.filepath'], LogAttributes['code.file.path'], ' ', LogAttributes['code.lineno'], LogAttributes['code.line.number'])"

/**
 * Whole traces and their log records before a change and since, drawn at random; statements are named alike on both sides.
 * @throws Error of the engine, or because `signal` was aborted
 */
export async function readSides(
  store: Store,
  asked: Asked,
  sides: { before: Span; now: Span },
  signal?: AbortSignal,
): Promise<{ before: Telemetry; now: Telemetry }> {
  const raw = {
    before: await readSide(store, asked, sides.before, signal),
    now: await readSide(store, asked, sides.now, signal),
  }
  // Who logged nothing before has begun to send its log: every line is new then, and only errors tell.
  const logged = new Set(raw.before.logs.map((log) => log.service))
  raw.now.logs = raw.now.logs.filter((log) => log.bad === 1 || logged.has(log.service))
  const miners = createServicePatternMiners({ maxServices: 200, maxPatternsPerService: 500 })
  const ids = new Map<RawLog, string>()
  for (const [i, log] of [...raw.before.logs, ...raw.now.logs].entries()) {
    if (i % BODIES_A_TURN === BODIES_A_TURN - 1) await yieldToLoop()
    const { id, template } = miners.observe(log.service, log.body)
    ids.set(log, id)
    log.body = template
  }
  // Patterns may have become one while they were read: ids are resolved when all are known.
  const named = (log: RawLog): LogRow => {
    const id = ids.get(log) ?? ''
    const pattern = miners.of(log.service)?.resolve(id) ?? id
    return { ...log, statement: log.site || pattern, error: log.bad === 1, text: log.body }
  }
  return {
    before: { spans: raw.before.spans, logs: raw.before.logs.map(named) },
    now: { spans: raw.now.spans, logs: raw.now.logs.map(named) },
  }
}

type RawLog = { spanId: string; service: string; body: string; site: string; bad: number }

async function readSide(
  store: Store,
  asked: Asked,
  span: Span,
  signal?: AbortSignal,
): Promise<{ spans: SpanRow[]; logs: RawLog[] }> {
  const ids = await drawTraces(store, asked, span, signal)
  if (ids.length === 0) return { spans: [], logs: [] }
  const params = { ids, from_ms: span.fromMs - AROUND_MS, to_ms: span.toMs + AROUND_MS }
  const within = `${betweenMs()} AND TraceId IN {ids:Array(String)}`
  const spans = await store.rows<Omit<SpanRow, 'error'> & { bad: number }>(
    `SELECT SpanId AS spanId, ParentSpanId AS parentId, ServiceName AS service, SpanName AS operation, toUnixTimestamp64Milli(Timestamp) AS startMs, Duration / 1e6 AS durationMs, toUInt8(Failed != 0) AS bad
     FROM otel_traces WHERE ${within} ORDER BY TraceId, Timestamp, SpanId LIMIT ${MAX_SPANS}`,
    params,
    signal,
  )
  const logs = await store.rows<RawLog>(
    `SELECT SpanId AS spanId, ServiceName AS service, substringUTF8(Body, 1, ${BODY_CHARS}) AS body, trim(${SITE}) AS site, toUInt8((${SEVERITY}) IN ('error', 'fatal')) AS bad
     FROM otel_logs WHERE ${within} AND SpanId != '' ORDER BY TraceId, Timestamp, SpanId, Body LIMIT ${MAX_LOGS}`,
    params,
    signal,
  )
  return { spans: spans.map(({ bad, ...s }) => ({ ...s, startMs: Number(s.startMs), error: bad === 1 })), logs }
}

async function drawTraces(store: Store, asked: Asked, { fromMs, toMs }: Span, signal?: AbortSignal): Promise<string[]> {
  const of = [
    asked.route === undefined ? '' : " AND IsEntry = 1 AND if(Route = '', SpanName, Route) = {route:String}",
    asked.peer === undefined ? '' : " AND SpanKind IN ('Client', 'Producer') AND Peer = {peer:String}",
  ].join('')
  const rows = await store.rows<{ id: string }>(
    `SELECT TraceId AS id FROM otel_traces WHERE ServiceName = {service:String} AND Environment = {environment:String}
     AND ${betweenMs()} AND TraceId != ''${of}
     GROUP BY id ORDER BY cityHash64(id), id LIMIT ${MAX_TRACES}`,
    {
      service: asked.service,
      environment: asked.environment,
      route: asked.route ?? '',
      peer: asked.peer ?? '',
      from_ms: fromMs,
      to_ms: toMs,
    },
    signal,
  )
  return rows.map((r) => r.id)
}
