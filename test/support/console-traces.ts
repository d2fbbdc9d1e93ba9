/** Traces of the shop, and Plumbline about itself. */
import type {
  Cardinality,
  RunningSettings,
  System,
  Trace,
  TraceBaseline,
  TraceItem,
} from '../../services/web/api/schemas.ts'
import { REDACTION_RULES } from '../../shared/model/redaction.ts'
import { logs } from './console-telemetry.ts'
import { at, deploys, env, hex, noise, nowMs } from './console-world.ts'

type Row = [name: string, service: string, parent: number, startMs: number, durationMs: number, failed?: boolean]

const rows: Row[] = [
  ['POST /checkout', 'gateway', -1, 0, 418, true],
  ['POST /checkout', 'checkout', 0, 4, 411, true],
  ['GET /cart', 'checkout', 1, 9, 21],
  ['GET /cart', 'cart', 2, 11, 16],
  ['GET cart:4711', 'cart', 3, 13, 6],
  ['SELECT order_totals', 'checkout', 1, 34, 288],
  ['apply coupons', 'checkout', 1, 324, 82, true],
  ['POST /charge', 'checkout', 1, 330, 60],
  ['POST /charge', 'payments', 7, 334, 52],
]

export function traceOf(id: string): Trace {
  const startMs = nowMs - 12 * 60_000
  const spans: Trace['spans'] = rows.map(([name, service, parent, offset, duration, failed], index) => ({
    span_id: hex(`span${index}`, 16),
    parent_span_id: parent < 0 ? '' : hex(`span${parent}`, 16),
    service,
    name,
    kind:
      name.startsWith('SELECT') || (parent >= 0 && rows[parent]![1] === service && /^(GET|POST)/.test(name))
        ? 'CLIENT'
        : 'SERVER',
    started_at: new Date(startMs + offset).toISOString(),
    offset_ns: offset * 1e6,
    duration_ms: duration,
    status: failed ? 'Error' : 'Unset',
    status_message: failed ? 'invalid discount' : '',
    failed: failed ?? false,
    version: deploys.find((deploy) => deploy.service === service)?.version ?? '',
    attributes: name.startsWith('SELECT')
      ? { 'db.system.name': 'postgresql', 'db.query.text': 'SELECT * FROM order_totals WHERE order_id = $1' }
      : {
          'http.request.method': 'POST',
          'http.response.status_code': failed ? '500' : '200',
          'coupon.kind': 'percentage',
        },
    resource: { 'service.name': service, 'deployment.environment.name': env },
    events:
      failed && index === 6
        ? [
            {
              time: new Date(startMs + 400).toISOString(),
              name: 'exception',
              attributes: {
                'exception.type': 'RangeError',
                'exception.message': 'invalid discount: 110',
                'exception.stacktrace':
                  'RangeError: invalid discount: 110\n    at applyCoupons (src/coupons.ts:41:11)\n    at checkout (src/checkout.ts:18:24)',
              },
            },
          ]
        : [],
  }))
  return { trace_id: id, spans, logs: logs().filter((line) => line.trace_id === id), truncated: false }
}

/** The query is slow against what it took before; work within a service has no baseline. */
export function baselineOf(id: string): TraceBaseline {
  const usual = (version: string, requests: number, p50: number, faster: number) => ({
    ...{ versions: [version], requests, p50_ms: p50, p95_ms: p50 * 2.2, faster },
  })
  const { spans } = traceOf(id)
  const items = spans
    .filter((span) => span.name !== 'apply coupons')
    .map((span) => {
      const slow = span.name.startsWith('SELECT')
      const was = slow ? usual('2.13.9', 41_200, 42, 0.998) : usual('2.13.9', 41_200, span.duration_ms * 0.9, 0.6)
      return {
        span_id: span.span_id,
        operation: span.name,
        peer:
          span.kind === 'CLIENT' ? (slow ? 'postgresql' : span.name.includes('charge') ? 'payments' : 'cart') : null,
        own: usual(span.version, 18_400, span.duration_ms * 0.95, 0.55),
        before: span.service === 'checkout' ? was : null,
      }
    })
  return { from: at(372), to: at(-18), items }
}

export function traceItems(): TraceItem[] {
  return Array.from({ length: 120 }, (_, index) => {
    const bad = index % 7 === 0
    return {
      trace_id: index < 3 ? hex(`bad${index + 1}`, 32) : hex(`trace${index}`, 32),
      span_id: hex(`entry${index}`, 16),
      started_at: at(index * 0.6 + 1),
      service: 'checkout',
      environment: env,
      version: index * 0.6 < 33 ? '2.14.0' : '2.13.9',
      route: 'POST /checkout',
      name: 'POST /checkout',
      duration_ms: 60 + noise('trace', index) ** 3 * 600 + (bad ? 250 : 0),
      failed: bad || index < 3,
      http_status: bad || index < 3 ? 500 : 200,
      exception_type: bad || index < 3 ? 'RangeError' : null,
    }
  })
}

/** One metric with too many series, and a service with too many routes. */
export const cardinalityOf = (): Cardinality => ({
  ...{ from: at(15), to: at(0) },
  metrics: [
    {
      ...{
        service: 'checkout',
        environment: env,
        metric: 'checkout.total',
        series: 2001,
        points: 61_200,
        overflow_points: 9_310,
      },
      attributes: [
        { key: 'customer.id', values: 2000 },
        { key: 'currency', values: 5 },
      ],
    },
    {
      ...{ service: 'gateway', environment: env, metric: 'http.server.request.duration', series: 184, points: 11_040 },
      ...{ overflow_points: 0, attributes: [{ key: 'http.route', values: 46 }] },
    },
  ],
  names: [
    { what: 'routes', service: 'gateway', environment: env, distinct: 201, folded: true },
    { what: 'instances', service: 'checkout', environment: env, distinct: 12, folded: false },
  ],
})

export const settingsOf = (): RunningSettings => ({
  ...{ sensitivity: 'normal', settle_minutes: 1, watch_minutes: 60, detect_every_s: 10 },
  retention_days: { raw: 30, rollups: 120 },
  redaction: Object.entries(REDACTION_RULES).map(([rule, finds], i) => ({
    rule,
    finds,
    masked_24h: i === 0 ? 1204 : 0,
  })),
})

export function systemOf(): System {
  const figure = (name: string, help: string, value: number, type = 'counter') => ({
    name,
    help,
    type,
    values: [{ labels: {}, value }],
  })
  return {
    version: '0.1.0',
    engine: 'embedded',
    state: 'sqlite',
    ready: true,
    reasons: [],
    memory: { rss_bytes: 612e6, heap_bytes: 88e6 },
    uptime_s: 93_211,
    figures: {
      ingest: [
        figure('plumbline_ingest_records_total', 'Records accepted', 48_211_000),
        figure('plumbline_ingest_dropped_total', 'Records dropped', 0),
        figure('plumbline_ingest_wal_bytes', 'Bytes in the write-ahead log', 1.2e6, 'gauge'),
      ],
      detector: [figure('plumbline_detector_lag_seconds', 'Age of the newest judged minute', 41, 'gauge')],
      alerting: [figure('plumbline_deliveries_pending', 'Deliveries that wait', 0, 'gauge')],
      web: [],
      process: [],
    },
    storage: [
      { table: 'otel_traces', rows: 38_120_400, bytes: 2.9e9, parts: 31, oldest_at: at(20_000) },
      { table: 'otel_logs', rows: 9_400_120, bytes: 7.1e8, parts: 22, oldest_at: at(20_000) },
      { table: 'otel_metrics_gauge', rows: 880_000, bytes: 4.4e7, parts: 9, oldest_at: at(20_000) },
    ],
  }
}
