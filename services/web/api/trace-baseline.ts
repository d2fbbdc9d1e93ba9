import { z } from 'zod'
import { addBuckets, type Buckets, quantileMs, shareBelow } from '../../../shared/store/buckets.ts'
import {
  type Durations,
  durationsOf,
  type Operation,
  type TimedSpan,
  timedSpans,
} from '../../../shared/store/operations.ts'
import { ok, type Route, route } from '../route.ts'
import { isoOf } from './query.ts'
import { type SpanBaseline, traceBaseline } from './schemas/telemetry.ts'

const MINUTE_MS = 60_000
/** Durations are compared with those from six hours before the trace to half an hour after it began. */
const BEFORE_MS = 360 * MINUTE_MS
const AFTER_MS = 30 * MINUTE_MS

const keyOf = (o: Operation): string => [o.service, o.environment, o.route, o.peer].join('\0')

/** Durations of some versions together, and which part of them this one exceeds; null where there are none. */
function usualOf(rows: readonly Durations[], durationMs: number): SpanBaseline['own'] {
  const requests = rows.reduce((sum, row) => sum + row.requests, 0)
  const all: Buckets = new Map()
  for (const { buckets } of rows) addBuckets(all, [[...buckets.keys()], [...buckets.values()]])
  const [p50, p95, faster] = [quantileMs(all, 0.5), quantileMs(all, 0.95), shareBelow(all, durationMs)]
  if (p50 === null || p95 === null || faster === null) return null
  return { versions: rows.map((row) => row.version), requests, p50_ms: p50, p95_ms: p95, faster }
}

/**
 * Each span beside the durations of its operation: under its own version, and under those that were there before it. Before the first
 * sight of the span's own version all others are.
 */
export function baselinesOf(spans: readonly TimedSpan[], durations: readonly Durations[]): SpanBaseline[] {
  const byOperation = new Map<string, Durations[]>()
  for (const row of durations) byOperation.set(keyOf(row), [...(byOperation.get(keyOf(row)) ?? []), row])
  return spans.map((span) => {
    const rows = byOperation.get(keyOf(span)) ?? []
    const own = rows.filter((row) => row.version === span.version)
    const ownFrom = Math.min(...own.map((row) => row.firstMs))
    const before = rows.filter((row) => row.version !== span.version && row.firstMs < ownFrom)
    const durationMs = Number(span.duration) / 1e6
    return {
      span_id: span.span_id,
      operation: span.route,
      peer: span.peer || null,
      own: usualOf(own, durationMs),
      before: usualOf(before, durationMs),
    }
  })
}

export const traceBaselineRoutes: Route[] = [
  route({
    method: 'get',
    path: '/api/v1/traces/{id}/baseline',
    scope: 'read',
    tag: 'traces',
    summary:
      'Each request and call of a trace beside the durations of its operation, under its version and those before it, from six hours before to half an hour after',
    params: z.strictObject({ id: z.string().min(1).max(64) }),
    answers: ok(traceBaseline),
    handle: async ({ params }, api) => {
      const spans = await timedSpans(api.store, params.id.toLowerCase())
      const first = spans[0]
      if (!first) return { body: { from: null, to: null, items: [] } }
      const startMs = Math.floor(Number(BigInt(first.ns) / 1_000_000n) / MINUTE_MS) * MINUTE_MS
      const span = { fromMs: startMs - BEFORE_MS, toMs: startMs + AFTER_MS }
      const operations = [...new Map(spans.map((s) => [keyOf(s), s])).values()]
      const items = baselinesOf(spans, await durationsOf(api.store, operations, span))
      return { body: { from: isoOf(span.fromMs), to: isoOf(span.toMs), items } }
    },
  }),
]
