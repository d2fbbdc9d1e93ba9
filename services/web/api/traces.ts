import { z } from 'zod'
import { getTrace, listTraces, type SpanRow, type TraceRow } from '../../../shared/store/traces.ts'
import { notFound } from '../problem.ts'
import { ok, type Route, route } from '../route.ts'
import { lineOf } from './logs.ts'
import { flag, isoOfNs, name, paging, range, readCursor, spanOf, within, writeCursor } from './query.ts'
import { text } from './schemas/common.ts'
import { type Span, type TraceItem, trace, traceList } from './schemas/telemetry.ts'

const HOUR_MS = 3_600_000

const itemOf = (row: TraceRow): TraceItem => ({
  trace_id: row.trace_id,
  span_id: row.span_id,
  started_at: isoOfNs(row.ns),
  service: row.service,
  environment: row.environment,
  version: row.version,
  route: row.route,
  name: row.name,
  duration_ms: Number(row.duration) / 1e6,
  failed: Number(row.failed) === 1,
  http_status: Number(row.http_status) || null,
  exception_type: row.exception_type || null,
})

const spanFrom = (row: SpanRow, startNs: bigint): Span => ({
  span_id: row.span_id,
  parent_span_id: row.parent_span_id,
  service: row.service,
  name: row.name,
  kind: row.kind,
  started_at: isoOfNs(row.ns),
  offset_ns: Number(BigInt(row.ns) - startNs),
  duration_ms: Number(row.duration) / 1e6,
  status: row.status,
  status_message: row.status_message,
  failed: Number(row.failed) === 1,
  version: row.version,
  attributes: row.attributes,
  resource: row.resource,
  events: row.event_names.map((event, i) => ({
    time: isoOfNs(row.event_ns[i] ?? row.ns),
    name: event,
    attributes: row.event_attributes[i] ?? {},
  })),
})

export const traceRoutes: Route[] = [
  route({
    method: 'get',
    path: '/api/v1/traces',
    scope: 'read',
    tag: 'traces',
    summary:
      'Requests that services answered, newest first; `exception` is the type of one that the service recorded in the request, `exception_message` a part of its text',
    query: z.strictObject({
      service: name.optional(),
      environment: name.optional(),
      version: name.optional(),
      route: name.optional(),
      failed: flag.optional(),
      exception: name.min(1).optional(),
      exception_message: text(1024).min(1).optional(),
      min_ms: within(0, 1e10).optional(),
      ...range,
      ...paging,
    }),
    csv: true,
    answers: ok(traceList),
    handle: async ({ query }, api) => {
      const { limit, service, environment, version, route: path, failed } = query
      const rows = await listTraces(api.store, {
        ...spanOf(query, api.clock.nowMs(), HOUR_MS),
        ...{ limit, service, environment, version, route: path, failed },
        minMs: query.min_ms,
        exception: query.exception,
        exceptionMessage: query.exception_message,
        after: readCursor(query.cursor),
      })
      const items = rows.slice(0, limit)
      const last = items.at(-1)
      return {
        body: {
          items: items.map(itemOf),
          next: rows.length > limit && last ? writeCursor(last.ns, last.span_id) : null,
        },
      }
    },
  }),
  route({
    method: 'get',
    path: '/api/v1/traces/{id}',
    scope: 'read',
    tag: 'traces',
    summary: 'All spans and log lines of one trace',
    params: z.strictObject({ id: z.string().min(1).max(64) }),
    answers: ok(trace),
    handle: async ({ params }, api) => {
      const found = await getTrace(api.store, params.id.toLowerCase())
      const start = BigInt(found.spans[0]?.ns ?? 0)
      if (found.spans.length === 0 && found.logs.length === 0) throw notFound('trace', params.id)
      return {
        body: {
          trace_id: params.id.toLowerCase(),
          spans: found.spans.map((row) => spanFrom(row, start)),
          logs: found.logs.map(lineOf),
          truncated: found.truncated,
        },
      }
    },
  }),
]
