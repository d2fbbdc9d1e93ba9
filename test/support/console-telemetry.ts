/** Series, a trace, log lines and patterns of the same shop. */
import type {
  Compare,
  LogLine,
  LogPattern,
  Series,
  ServiceDetail,
  System,
  Trace,
  TraceItem,
} from '../../services/web/api/schemas.ts'
import { at, deploys, env, hex, noise, nowMs, shapes, verdictOf } from './console-world.ts'

const num = (params: URLSearchParams, name: string, fallback: number): number => Number(params.get(name) ?? fallback)

/** A daily wave with noise; after the service's bad deploy the new version differs. */
function valueAt(service: string, signal: string, seconds: number, version: string, quantile: number): number {
  const shape = shapes.find((each) => each.service === service) ?? shapes[0]!
  const day = 1 + 0.15 * Math.sin((seconds / 86_400) * 2 * Math.PI)
  const jitter = noise(service, signal, Math.floor(seconds / 60), version) - 0.5
  const bad = (service === 'checkout' && version === '2.14.0') || (service === 'search' && version === '1.9.0')
  if (signal === 'requests') return shape.perMinute * day * (1 + jitter * 0.12)
  if (signal === 'error_ratio')
    return bad && service === 'checkout' ? 0.12 * (1 + jitter * 0.25) : Math.max(0, shape.errors * (1 + jitter))
  if (signal === 'latency')
    return shape.p50 * (1 + quantile ** 3 * 3) * (bad ? 1 + quantile * 1.2 : 1) * (1 + jitter * 0.18)
  return (bad ? 14 : 0.6) * (1 + jitter * 0.5)
}

export function seriesOf(service: string, params: URLSearchParams): Series {
  const fromMs = Date.parse(params.get('from') ?? at(180))
  const toMs = Date.parse(params.get('to') ?? at(0))
  const step = num(params, 'step_s', 60)
  const signal = (params.get('signal') ?? 'requests') as Series['signal']
  const quantile = num(params, 'quantile', 0.95)
  const own = deploys.filter((deploy) => deploy.service === service).reverse()
  const times: number[] = []
  for (let time = Math.ceil(fromMs / 1000 / step) * step; time * 1000 < Math.min(toMs, nowMs); time += step)
    times.push(time)
  const versionAt = (time: number) =>
    own.findLast((deploy) => Date.parse(deploy.started_at) <= time * 1000)?.version ?? '0.0.1'
  const versions = params.get('by') === 'none' ? [''] : [...new Set(times.map(versionAt))]
  const shape = shapes.find((each) => each.service === service)
  return {
    signal,
    unit: { requests: 'per_minute', error_ratio: 'ratio', latency: 'ms', log_errors: 'per_minute', metric: 'By' }[
      signal
    ],
    step_s: step,
    from: new Date(fromMs).toISOString(),
    to: new Date(toMs).toISOString(),
    series: versions.map((version) => {
      const mine = times.filter((time) => !version || versionAt(time) === version)
      return {
        key: version ? { version } : {},
        points: mine.map((time): [number, number] => [
          time,
          valueAt(service, signal, time, version || versionAt(time), quantile),
        ]),
        samples: mine.map((time): [number, number] => [time, Math.round(((shape?.perMinute ?? 10) * step) / 60)]),
      }
    }),
    band:
      signal === 'metric'
        ? null
        : {
            points: times.map((time): [number, number, number, number] => {
              const middle = valueAt(service, signal, Math.floor(time / 1800) * 1800, 'band', quantile)
              return [time, middle * 0.8, middle, middle * 1.25]
            }),
          },
    deploys: own
      .filter((deploy) => Date.parse(deploy.started_at) >= fromMs && Date.parse(deploy.started_at) <= toMs)
      .map(({ id, started_at, version, commit, kind, verdict }) => ({
        id,
        started_at,
        version,
        commit,
        kind,
        verdict,
      })),
  }
}

export function detailOf(service: string): ServiceDetail | null {
  const shape = shapes.find((each) => each.service === service)
  if (!shape) return null
  const own = deploys.filter((deploy) => deploy.service === service)
  return {
    service,
    environments: [env, 'staging'],
    environment: env,
    from: at(180),
    to: at(0),
    versions: own.map((deploy, index) => ({
      version: deploy.version,
      commit: deploy.commit,
      first_seen_at: deploy.first_seen_at ?? deploy.started_at,
      last_seen_at: index === 0 ? at(0) : at(30),
      requests: Math.round(shape.perMinute * (index === 0 ? 34 : 600)),
      error_ratio: index === 0 && service === 'checkout' ? 0.123 : shape.errors,
      latency_p50_ms: shape.p50,
      latency_p99_ms: shape.p50 * (index === 0 ? 9 : 6),
      deploy_id: deploy.id,
      verdict: deploy.verdict,
    })),
    routes: shape.routes.map((route, index) => ({
      route,
      requests: Math.round(shape.perMinute * 180 * noise(route)),
      error_ratio: index === 0 && service === 'checkout' ? 0.123 : shape.errors,
      latency_p50_ms: shape.p50,
      latency_p99_ms: shape.p50 * (index === 0 ? 9 : 5),
    })),
    dependencies: shape.peers.map((peer) => ({
      peer,
      requests: Math.round(shape.perMinute * 170 * noise(peer)),
      error_ratio: noise(peer, 'e') * 0.004,
      latency_p99_ms: 20 + noise(peer) * 140,
    })),
    exceptions:
      service === 'checkout'
        ? [
            { type: 'RangeError: invalid discount', count: 447, first_seen_at: at(33) },
            { type: 'PaymentDeclined', count: 61, first_seen_at: at(20_000) },
          ]
        : [],
    metrics: [
      { metric: 'process.memory.usage', unit: 'By', kind: 'gauge', series: 4 },
      { metric: 'nodejs.eventloop.delay.p99', unit: 's', kind: 'gauge', series: 4 },
      { metric: 'db.client.connection.count', unit: '{connection}', kind: 'sum', series: 8 },
    ],
  }
}

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

const texts: [string, number, string][] = [
  ['error', 17, 'coupon SPRING10 rejected: discount 110 out of range'],
  ['info', 9, 'order accepted in 48 ms'],
  ['warn', 13, 'retrying charge, attempt 2 of 3'],
  ['info', 9, 'cart 4711 read from redis'],
]

export function logs(): LogLine[] {
  return Array.from({ length: 400 }, (_, index) => {
    const [severity, severityNumber, body] = texts[index % texts.length]!
    return {
      time: new Date(nowMs - index * 9_700).toISOString(),
      service: 'checkout',
      environment: env,
      version: '2.14.0',
      severity,
      severity_number: severityNumber,
      body,
      trace_id: index % 4 === 0 && index < 48 ? hex(`bad${(index % 3) + 1}`, 32) : '',
      span_id: index % 4 === 0 ? hex('span6', 16) : '',
      pattern_id: `pat_${(index % texts.length) + 1}`,
      attributes: { 'log.logger': 'checkout.coupons', thread: String(index % 8) },
    }
  })
}

export function patterns(service: string): LogPattern[] {
  const seeds: [string, string, string, number, number][] = [
    [
      'coupon <*> rejected: discount <*> out of range',
      'error',
      'coupon SPRING10 rejected: discount 110 out of range',
      447,
      33,
    ],
    ['order accepted in <*> ms', 'info', 'order accepted in 48 ms', 71_204, 20_000],
    ['retrying charge, attempt <*> of <*>', 'warn', 'retrying charge, attempt 2 of 3', 310, 20_000],
    ['cart <*> read from redis', 'debug', 'cart 4711 read from redis', 120_331, 20_000],
  ]
  return seeds.map(([template, severity, sample, count, first], index) => ({
    pattern_id: `pat_${index + 1}`,
    service,
    template,
    sample,
    severity,
    count,
    first_seen_at: at(first),
    last_seen_at: at(0),
    first_version: first < 100 ? '2.14.0' : '2.11.2',
    versions: [{ version: '2.14.0', count }, ...(first < 100 ? [] : [{ version: '2.13.9', count: count * 4 }])],
    sparkline: {
      step_s: 180,
      from: at(180),
      counts: Array.from({ length: 60 }, (_, step) =>
        first < 100 && step < 49 ? 0 : Math.round((count / 60) * (0.7 + noise(template, step) * 0.6)),
      ),
    },
  }))
}

export function compareOf(aId: string, bId: string): Compare | null {
  const a = deploys.find((deploy) => deploy.id === aId)
  const b = deploys.find((deploy) => deploy.id === bId)
  if (!a || !b) return null
  const side = (deploy: typeof a): Compare['a'] => ({
    deploy,
    verdict: verdictOf(deploy).verdict,
    from: deploy.started_at,
    to: at(0),
    requests: 13_900,
    instances: 4,
  })
  const points = (name: string, value: number): [number, number][] =>
    Array.from({ length: 34 }, (_, step) => [step * 60, value * (0.85 + noise(name, step) * 0.3)])
  const signal = (
    name: Compare['signals'][number]['signal'],
    unit: string,
    x: number,
    y: number,
  ): Compare['signals'][number] => ({
    signal: name,
    unit,
    change: unit === 'ratio' ? x - y : x / y - 1,
    change_unit: unit === 'ratio' ? 'absolute' : 'relative',
    a: { value: x, n: 13_900, points: points(`${name}a`, x) },
    b: { value: y, n: 14_120, points: points(`${name}b`, y) },
  })
  const figures = (errors: number, p50: number) => ({
    requests: 6000,
    error_ratio: errors,
    latency_p50_ms: p50,
    latency_p99_ms: p50 * 6,
  })
  return {
    a: side(a),
    b: side(b),
    window_s: 2040,
    step_s: 60,
    signals: [
      signal('requests', 'per_minute', 409, 415),
      signal('error_ratio', 'ratio', 0.123, 0.01),
      signal('latency_p50', 'ms', 76, 48),
      signal('latency_p95', 'ms', 412, 180),
      signal('latency_p99', 'ms', 690, 301),
      signal('log_errors', 'per_minute', 14, 0.6),
    ],
    latency_histogram: Array.from({ length: 14 }, (_, index) => ({
      upper_ms: 8 * 2 ** (index / 2),
      a: Math.exp(-((index - 8) ** 2) / 9) / 5.3,
      b: Math.exp(-((index - 6) ** 2) / 5) / 3.9,
    })),
    routes: [
      { route: 'POST /checkout', a: figures(0.123, 76), b: figures(0.01, 48) },
      { route: 'GET /checkout/{id}', a: figures(0.001, 12), b: figures(0.001, 12) },
      { route: 'GET /checkout/legacy', a: null, b: figures(0, 30) },
    ],
    dependencies: [
      { peer: 'postgres', a: figures(0, 31), b: figures(0, 9) },
      { peer: 'payments', a: figures(0.002, 52), b: figures(0.003, 53) },
    ],
    exceptions: [
      { type: 'RangeError: invalid discount', a: 447, b: 0 },
      { type: 'PaymentDeclined', a: 12, b: 14 },
    ],
    log_patterns: patterns('checkout').map((pattern) => ({
      pattern_id: pattern.pattern_id,
      template: pattern.template,
      severity: pattern.severity,
      a: pattern.count,
      b: pattern.first_version === '2.14.0' ? 0 : pattern.count,
    })),
    metrics: [{ metric: 'process.memory.usage', unit: 'By', kind: 'gauge', a: 2.1e8, b: 1.9e8 }],
    warnings: ['Another mix of routes: GET /checkout/legacy carries 4 % of b and none of a.'],
  }
}

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
