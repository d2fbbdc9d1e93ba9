import { addBuckets, type BucketColumns, type Buckets } from './buckets.ts'
import { inSpan, type Span, spanParams } from './services.ts'
import type { Store } from './store.ts'

/** What a span is an instance of: a request that a service answers (`peer` empty), or its call of a far side. */
export type Operation = { service: string; environment: string; route: string; peer: string }

export type TimedSpan = Operation & { span_id: string; version: string; ns: string; duration: string }

/** Spans of one trace for which durations are kept in rollups: requests and calls, not the work between. */
export const MAX_TIMED = 1000

/** The requests and calls of one trace, in the order of time; their operations are named as the rollups name them. */
export function timedSpans(store: Store, traceId: string): Promise<TimedSpan[]> {
  return store.rows<TimedSpan>(
    `SELECT SpanId AS span_id, ServiceName AS service, Environment AS environment, Version AS version,
       if(Route = '', SpanName, Route) AS route, if(IsEntry = 1, '', Peer) AS peer, toUnixTimestamp64Nano(Timestamp) AS ns, Duration AS duration
     FROM otel_traces WHERE TraceId = {id:String} AND (IsEntry = 1 OR (lower(SpanKind) IN ('client', 'producer') AND Peer != ''))
     ORDER BY Timestamp, SpanId LIMIT ${MAX_TIMED}`,
    { id: traceId },
  )
}

/** Durations of one operation under one version in a span; `firstMs` is the first minute of it there. */
export type Durations = Operation & { version: string; firstMs: number; requests: number; buckets: Buckets }

type Row = Operation & { version: string; first: string; n: string; buckets: BucketColumns }

/** What the rollups hold of these operations, by version. */
export async function durationsOf(store: Store, operations: readonly Operation[], span: Span): Promise<Durations[]> {
  const read = (table: 'rollup_routes' | 'rollup_edges', of: readonly Operation[]) => {
    if (of.length === 0) return []
    const peer = table === 'rollup_edges' ? 'peer' : "''"
    return store.rows<Row>(
      `SELECT service, environment, route, ${peer} AS peer, version, toUnixTimestamp(min(minute)) AS first, sum(requests) AS n,
         sumMap(bucket_index, bucket_count) AS buckets
       FROM ${table} FINAL WHERE ${inSpan} AND service IN {services:Array(String)}
         AND (service, environment, route, ${peer}) IN (SELECT t.1, t.2, t.3, t.4 FROM
           (SELECT arrayJoin(arrayZip({services:Array(String)}, {environments:Array(String)}, {routes:Array(String)}, {peers:Array(String)})) AS t))
       GROUP BY service, environment, route, peer, version HAVING n > 0 LIMIT 10000`,
      {
        ...spanParams(span),
        services: of.map((o) => o.service),
        environments: of.map((o) => o.environment),
        routes: of.map((o) => o.route),
        peers: of.map((o) => o.peer),
      },
    )
  }
  const rows = await Promise.all([
    read(
      'rollup_routes',
      operations.filter((o) => o.peer === ''),
    ),
    read(
      'rollup_edges',
      operations.filter((o) => o.peer !== ''),
    ),
  ])
  return rows.flat().map(({ first, n, buckets, ...of }) => ({
    ...of,
    firstMs: Number(first) * 1000,
    requests: Number(n),
    buckets: addBuckets(new Map(), buckets),
  }))
}
