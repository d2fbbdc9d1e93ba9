/** Series, log lines and patterns of the same shop. */
import type { DeployItem, LogLine, LogPattern, Series, ServiceDetail } from '../../services/web/api/schemas.ts'
import { at, deploys, env, hex, noise, nowMs, shapes } from './console-world.ts'

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
  if (signal === 'metric') return (bad ? 232e6 : 198e6) * (1 + jitter * 0.06)
  return (bad ? 14 : 0.6) * (1 + jitter * 0.5)
}

/** Which part of the traffic a version answers then: all of it, but a deploy that is watched is still a canary. */
function shareAt(own: DeployItem[], version: string, seconds: number): number {
  const [newest, before] = own.filter((deploy) => Date.parse(deploy.started_at) <= seconds * 1000).reverse()
  const canary = newest?.verdict === 'pending' ? 0.25 : 1
  if ((newest?.version ?? '0.0.1') === version) return canary
  return (before?.version ?? '0.0.1') === version ? 1 - canary : 0
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
      const shareOf = (time: number) => (version ? shareAt(own, version, time) : 1)
      const mine = times.filter((time) => shareOf(time) > 0)
      return {
        key: version ? { version } : {},
        points: mine.map((time): [number, number] => [
          time,
          valueAt(service, signal, time, version || versionAt(time), quantile) *
            (signal === 'requests' ? shareOf(time) : 1),
        ]),
        samples: mine.map((time): [number, number] => [
          time,
          Math.round(((shape?.perMinute ?? 10) * shareOf(time) * step) / 60),
        ]),
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

const trusted = { resets_inferred: 0, single_writer_violations: 0, repeats: 0, skipped: 0 }

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
      new_exceptions: index === 0 && service === 'checkout' ? ['RangeError'] : [],
      new_log_patterns: index === 0 ? 1 : 0,
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
      { metric: 'process.memory.usage', unit: 'By', kind: 'gauge', series: 4, ...trusted },
      { metric: 'nodejs.eventloop.delay.p99', unit: 's', kind: 'gauge', series: 4, ...trusted },
      { metric: 'db.client.connection.count', unit: '{connection}', kind: 'sum', series: 8, ...trusted },
    ],
  }
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
