import { recompute } from '../../../services/detector/rollups/recompute.ts'
import { noneTouched } from '../../../services/detector/rollups/touched.ts'
import type { Store } from '../../../shared/store/store.ts'
import { handDriven } from '../../support/detector.ts'
import type { WebBed } from '../../support/web.ts'

export const SERVICES = 100
export const ROUTES = 20
export const HOURS = 24
export const ENVIRONMENT = 'production'
/** Spans of one trace: a request, its call of another service, that service's request, its query. */
const SPANS_A_TRACE = 4
/** Spans of one log line. */
const SPANS_A_LINE = 10

export const serviceName = (index: number) => `service-${String(index).padStart(3, '0')}`
/** Every service gets its second version at a minute of its own; those of the last hour are still watched at the end. */
export const deployedMs = (index: number, endMs: number) => endMs - (20 + ((index * 37) % 1380)) * 60_000

const hex = (of: string, digits: number) => `leftPad(lower(hex(${of})), ${digits}, '0')`
const name = (index: string) => `concat('service-', leftPad(toString(${index}), 3, '0'))`
const version = (index: string) => `if(at_s >= {end_s:Int64} - (20 + (${index} * 37) % 1380) * 60, '2.0.0', '1.0.0')`

/** Columns that depend on the number of the trace (k) and the place in it (p); busy services are asked more than quiet ones. */
const DRAWN = `
  intDiv(number, ${SPANS_A_TRACE}) + {from_trace:UInt64} AS k, number % ${SPANS_A_TRACE} AS p,
  sipHash64(k) AS h, sipHash64(k, p) AS g,
  {from_s:Int64} + h % 3600 AS at_s,
  toUInt32(floor(pow(sipHash64(h, 12) % 1000003 / 1000003, 2) * ${SERVICES})) AS caller,
  (caller + 1 + sipHash64(h, 40) % 3) % ${SERVICES} AS callee,
  if(p < 2, caller, callee) AS own,
  concat('/api/v1/resource-', toString(sipHash64(h, if(p < 2, 24, 32)) % ${ROUTES}), '/{id}') AS path,
  sipHash64(g, 8) % 1000003 / 1000003 AS u,
  if(sipHash64(g, 30) % 200 = 0, 1, 0) AS bad`

const SPANS = `INSERT INTO otel_traces (Timestamp, TraceId, SpanId, ParentSpanId, SpanName, SpanKind, ServiceName, ResourceAttributes,
  ScopeName, SpanAttributes, Duration, StatusCode, Environment, Version, Commit, Instance, ReceivedAt, Route, Peer, IsEntry, Failed, HttpStatus, ExceptionType)
WITH ${DRAWN}
SELECT fromUnixTimestamp64Nano(toInt64(at_s * 1000000000 + sipHash64(h, 16) % 1000000000 + p * 1000000)),
  ${hex('sipHash128(k)', 32)}, ${hex('sipHash64(k, p)', 16)}, if(p = 0, '', ${hex('sipHash64(k, p - 1)', 16)}),
  multiIf(p = 1, 'GET', p = 3, 'SELECT orders', concat('GET ', path)), if(p % 2 = 0, 'Server', 'Client'), ${name('own')},
  map('service.name', ${name('own')}, 'service.version', ${version('own')}, 'host.name', concat('host-', toString(own % 40)), 'telemetry.sdk.language', 'nodejs'),
  '@opentelemetry/instrumentation-http',
  map('http.request.method', 'GET', 'http.route', path, 'http.response.status_code', if(bad, '500', '200'), 'url.path', concat('/api/v1/resource/', toString(g % 100000)),
    'client.address', concat('10.0.', toString(g % 200), '.', toString(sipHash64(g, 4) % 250)), 'user.id', toString(sipHash64(g, 20) % 50000), 'network.protocol.version', '1.1'),
  toUInt64(2000000 * (4 - p) * (0.5 - log(1 - u))), if(bad, 'Error', 'Unset'), {environment:String}, ${version('own')}, '',
  concat(${name('own')}, '-', toString(g % 3)), fromUnixTimestamp64Milli(toInt64(at_s * 1000)),
  if(p = 3, 'SELECT orders', path), multiIf(p = 1, ${name('callee')}, p = 3, 'postgresql', ''), toUInt8(p % 2 = 0), bad, if(bad, 500, 200), if(bad AND p = 2, 'TimeoutError', '')
FROM numbers({spans:UInt64})`

const LINES = `INSERT INTO otel_logs (Timestamp, TraceId, SpanId, SeverityText, SeverityNumber, ServiceName, Body, Environment, Version, Instance, LogAttributes)
WITH ${DRAWN}
SELECT fromUnixTimestamp64Nano(toInt64(at_s * 1000000000 + sipHash64(h, 16) % 1000000000)), ${hex('sipHash128(k)', 32)}, ${hex('sipHash64(k, 0)', 16)},
  if(bad, 'ERROR', 'INFO'), if(bad, 17, 9), ${name('caller')},
  if(bad, concat('cannot reach the store: timeout after ', toString(g % 5000), ' ms'), concat('order ', toString(g % 1000000), ' of customer ', toString(sipHash64(g, 20) % 50000), ' was accepted')),
  {environment:String}, ${version('caller')}, concat(${name('caller')}, '-', toString(g % 3)), map('thread', toString(g % 8))
FROM (SELECT number * ${SPANS_A_TRACE} AS number FROM numbers({lines:UInt64}))`

/** A minute of one gauge per service and instance. */
const GAUGES = `INSERT INTO otel_metrics_gauge (TimeUnix, ServiceName, MetricName, MetricUnit, Value, Environment, Version, Instance)
WITH number % ${SERVICES} AS own, intDiv(number, ${SERVICES}) AS minute, {from_s:Int64} + minute * 60 + 30 AS at_s
SELECT fromUnixTimestamp64Nano(toInt64(at_s * 1000000000)), ${name('own')}, 'process.memory.usage', 'By', 2e8 + own * 1e6 + sipHash64(number, at_s) % 10000000,
  {environment:String}, ${version('own')}, concat(${name('own')}, '-0') FROM numbers(${SERVICES * 60})`

/** Draws one hour inside the engine and has the detector's own statements make its rollups. Times in epoch ms, whole hours. */
export async function drawHour(store: Store, o: { fromMs: number; endMs: number; spans: number; hour: number }) {
  const params = {
    from_s: o.fromMs / 1000,
    end_s: o.endMs / 1000,
    environment: ENVIRONMENT,
    spans: o.spans,
    lines: Math.floor(o.spans / SPANS_A_LINE),
    from_trace: o.hour * Math.ceil(o.spans / SPANS_A_TRACE),
  }
  for (const sql of [SPANS, LINES, GAUGES]) await store.exec(sql, params)
  const touched = noneTouched()
  for (let m = 0; m < 60; m++)
    for (const signal of ['traces', 'logs', 'metrics'] as const) touched[signal].add(o.fromMs / 60_000 + m)
  await recompute(store, touched, o.endMs + o.hour)
}

/** Two versions of every service, told through the API; the ids of the second ones. */
export async function tellDeploys(bed: WebBed, endMs: number): Promise<string[]> {
  const ids: string[] = []
  for (let i = 0; i < SERVICES; i++) {
    const about = { service: serviceName(i), environment: ENVIRONMENT }
    const first = {
      ...about,
      version: '1.0.0',
      commit: `${i}a`.padStart(40, '0'),
      started_at: new Date(endMs - 24 * 3_600_000).toISOString(),
    }
    const second = {
      ...about,
      version: '2.0.0',
      commit: `${i}b`.padStart(40, '0'),
      started_at: new Date(deployedMs(i, endMs)).toISOString(),
    }
    for (const body of [first, second]) {
      const { status, body: told } = await bed.call('POST', '/api/v1/deploys', { body })
      if (status >= 300) throw new Error(`cannot tell of a deploy: ${status}`)
      if (body === second) ids.push(String(told.id))
    }
  }
  return ids
}

/** The detector's own passes over the last hour, so that there are verdicts to read. */
export async function judge(bed: WebBed, endMs: number): Promise<void> {
  await bed.store.exec(
    `INSERT INTO touched_minutes (noted_at, signal, batch, minute) SELECT fromUnixTimestamp64Milli({end:Int64}), 'otel_traces', 1, fromUnixTimestamp64Milli({end:Int64}) - toIntervalMinute(number + 1) FROM numbers(2)`,
    { end: endMs },
  )
  const driven = handDriven(bed)
  driven.advance(endMs - driven.nowMs())
  await driven.settle()
}
