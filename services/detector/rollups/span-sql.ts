import { rawWithin } from '../../../shared/store/within.ts'
import { spanAttributes } from './attribute-sql.ts'
import { redactions } from './redaction-sql.ts'
import { type Statement, WRITTEN } from './statement.ts'

const BASE = ['minute', 'service', 'environment', 'version', 'commit']

/** Per service, environment and minute. Beyond it the busiest and the broken stay, the rest is `(other)`. */
export const MAX_KEYS = 200
/** A failure counts as this many requests when keys are ranked: a route that fails 5 % keeps its place beside one twice as busy. */
const ERROR_WEIGHT = 20

const KEY = 'minute, service, environment, version, commit'
const SOURCE_KEY =
  'toStartOfMinute(Timestamp) AS minute, ServiceName AS service, Environment AS environment, Version AS version, Commit AS commit'
/** Index of OTLP's exponential histogram at scale 4: bucket i holds (2^(i/16), 2^((i+1)/16)] nanoseconds. */
const BUCKET = 'toInt16(ceil(log2(greatest(Duration, 1)) * 16) - 1)'
const RANGE =
  'Timestamp >= fromUnixTimestamp64Milli({from_ms:Int64}) AND Timestamp < fromUnixTimestamp64Milli({to_ms:Int64}) AND toUnixTimestamp(toStartOfMinute(Timestamp)) IN {minutes:Array(UInt32)}'

/** The minutes and the one before them. */
const WITH_MINUTE_BEFORE = rawWithin(
  'Timestamp',
  'fromUnixTimestamp64Milli({from_ms:Int64} - 60000)',
  'fromUnixTimestamp64Milli({to_ms:Int64})',
)

/** Counts, durations and histogram of spans by `keys` (name → expression over the raw row); all but the first MAX_KEYS folded. */
function distribution(table: string, keys: Record<string, string>, where: string): Statement {
  const names = Object.keys(keys)
  const list = names.join(', ')
  const folded = names.map((k) => `if(rank <= ${MAX_KEYS}, ${k}_, '(other)') AS ${k}`).join(', ')
  const inner = names.map((k) => `${k} AS ${k}_`).join(', ')
  return {
    table,
    key: [...BASE, ...names],
    values: ['requests', 'errors', 'duration_sum_ns', 'bucket_index', 'bucket_count'],
    sql: `INSERT INTO ${table} (${KEY}, ${list}, requests, errors, duration_sum_ns, bucket_index, bucket_count, computed_at)
SELECT ${KEY}, ${list}, sum(requests_), sum(errors_), sum(duration_), (sumMap(index_, count_) AS buckets).1, buckets.2, fromUnixTimestamp64Milli({computed_ms:Int64})
FROM (
  SELECT ${KEY}, ${folded}, requests_, errors_, duration_, index_, count_ FROM (
    SELECT *, dense_rank() OVER (PARTITION BY minute, service, environment ORDER BY weight DESC, ${names.map((k) => `${k}_`).join(', ')}) AS rank FROM (
      SELECT *, sum(requests_ + ${ERROR_WEIGHT} * errors_) OVER (PARTITION BY minute, service, environment, ${names.map((k) => `${k}_`).join(', ')}) AS weight FROM (
        SELECT ${KEY}, ${inner}, sum(n) AS requests_, sum(bad) AS errors_, sum(ns) AS duration_, groupArray(bucket) AS index_, groupArray(n) AS count_ FROM (
          SELECT ${SOURCE_KEY}, ${names.map((k) => `${keys[k]} AS ${k}`).join(', ')}, ${BUCKET} AS bucket, count() AS n, countIf(Failed != 0) AS bad, sum(Duration) AS ns
          FROM otel_traces WHERE ${RANGE} AND ${where} GROUP BY ${KEY}, ${list}, bucket
        ) GROUP BY ${KEY}, ${list}
      )
    )
  )
) GROUP BY ${KEY}, ${list}`,
  }
}

const routes = distribution('rollup_routes', { route: "if(Route = '', SpanName, Route)" }, 'IsEntry = 1')

const edges = distribution(
  'rollup_edges',
  { peer: 'Peer', route: "if(Route = '', SpanName, Route)" },
  "lower(SpanKind) IN ('client', 'producer') AND Peer != ''",
)

/** Added up from the routes that this very round wrote; what an earlier one left of a route that is gone does not count. */
const services: Statement = {
  table: 'rollup_services',
  key: BASE,
  values: ['requests', 'errors', 'duration_sum_ns', 'bucket_index', 'bucket_count'],
  sql: `INSERT INTO rollup_services (${KEY}, requests, errors, duration_sum_ns, bucket_index, bucket_count, computed_at)
SELECT ${KEY}, sum(requests_), sum(errors_), sum(duration_), (sumMap(index_, count_) AS buckets).1, buckets.2, fromUnixTimestamp64Milli({computed_ms:Int64})
FROM (
  SELECT ${KEY}, requests AS requests_, errors AS errors_, duration_sum_ns AS duration_, bucket_index AS index_, bucket_count AS count_ FROM rollup_routes FINAL
  WHERE ${WRITTEN} AND toUnixTimestamp(minute) IN {minutes:Array(UInt32)}
  AND computed_at = fromUnixTimestamp64Milli({computed_ms:Int64}) AND requests > 0
) GROUP BY ${KEY}`,
}

const instances: Statement = {
  table: 'rollup_instances',
  key: [...BASE, 'instance'],
  values: ['requests', 'errors', 'duration_sum_ns'],
  sql: `INSERT INTO rollup_instances (${KEY}, instance, requests, errors, duration_sum_ns, computed_at)
SELECT ${SOURCE_KEY}, Instance AS instance, count() AS requests, countIf(Failed != 0), sum(Duration), fromUnixTimestamp64Milli({computed_ms:Int64})
FROM otel_traces WHERE ${RANGE} AND IsEntry = 1 GROUP BY ${KEY}, instance ORDER BY requests DESC LIMIT ${MAX_KEYS} BY minute, service, environment`,
}

const exceptions: Statement = {
  table: 'rollup_exceptions',
  key: [...BASE, 'exception_type'],
  values: ['count'],
  sql: `INSERT INTO rollup_exceptions (${KEY}, exception_type, count, computed_at)
SELECT ${SOURCE_KEY}, ExceptionType AS exception_type, count() AS n, fromUnixTimestamp64Milli({computed_ms:Int64})
FROM otel_traces WHERE ${RANGE} AND ExceptionType != '' GROUP BY ${KEY}, exception_type ORDER BY n DESC LIMIT ${MAX_KEYS} BY minute, service, environment`,
}

/** A call is an entry span whose parent is a span of another service; the parent began in the same minute or the one before. */
const calls: Statement = {
  table: 'rollup_calls',
  key: ['minute', 'environment', 'caller', 'callee'],
  values: ['requests', 'errors'],
  sql: `INSERT INTO rollup_calls (minute, environment, caller, callee, requests, errors, computed_at)
SELECT minute, environment, caller, callee, count() AS n, countIf(failed != 0), fromUnixTimestamp64Milli({computed_ms:Int64}) FROM (
  SELECT toStartOfMinute(c.Timestamp) AS minute, c.Environment AS environment, p.ServiceName AS caller, c.ServiceName AS callee, c.Failed AS failed
  FROM (SELECT Timestamp, TraceId, ParentSpanId, Environment, ServiceName, Failed FROM otel_traces WHERE ${RANGE} AND IsEntry = 1 AND ParentSpanId != '') AS c
  INNER JOIN (SELECT TraceId, SpanId, ServiceName FROM otel_traces WHERE ${WITH_MINUTE_BEFORE} AND SpanKind != 'Server') AS p
  ON c.TraceId = p.TraceId AND c.ParentSpanId = p.SpanId
  WHERE caller != callee
) GROUP BY minute, environment, caller, callee ORDER BY n DESC LIMIT 2000 BY minute, environment`,
}

/** What one build did in one trace, as one number: joining by it takes half of what joining by five texts does. */
const PART = 'cityHash64(TraceId, ServiceName, Environment, Version, Commit)'

/**
 * Calls by the route that made them: client spans and the first entry span of the same trace in the same service, which began in
 * the same minute or the one before.
 */
const routeCalls: Statement = {
  table: 'rollup_route_calls',
  key: [...BASE, 'route', 'peer'],
  values: ['calls'],
  sql: `INSERT INTO rollup_route_calls (${KEY}, route, peer, calls, computed_at)
SELECT ${KEY}, route, peer, count() AS calls, fromUnixTimestamp64Milli({computed_ms:Int64}) FROM (
  SELECT ${SOURCE_KEY}, Peer AS peer, ${PART} AS part FROM otel_traces
  WHERE ${RANGE} AND lower(SpanKind) IN ('client', 'producer') AND Peer != '' AND TraceId != ''
) AS c INNER JOIN (
  SELECT ${PART} AS part, argMin(if(Route = '', SpanName, Route), Timestamp) AS route
  FROM otel_traces WHERE ${WITH_MINUTE_BEFORE} AND IsEntry = 1 AND TraceId != ''
  GROUP BY part
) AS e USING (part)
GROUP BY ${KEY}, route, peer ORDER BY calls DESC LIMIT ${MAX_KEYS} BY minute, service, environment`,
}

export const spanStatements: readonly Statement[] = [
  routes,
  services,
  edges,
  instances,
  exceptions,
  calls,
  routeCalls,
  redactions('traces', "if(Route = '', SpanName, Route)"),
  spanAttributes,
]
