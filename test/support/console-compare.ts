/** Two deploys of the shop side by side. */
import type { Compare } from '../../services/web/api/schemas.ts'
import { patterns } from './console-telemetry.ts'
import { verdictOf } from './console-verdicts.ts'
import { at, deploys, noise } from './console-world.ts'

/** With the baseline `last_week`: the shop was there a week ago, but for the service `cart`, which nobody asked. */
export function compareOf(aId: string, bId: string, baseline: string | null): Compare | null {
  const a = deploys.find((deploy) => deploy.id === aId)
  const b = deploys.find((deploy) => deploy.id === bId)
  const isLastWeek = baseline === 'last_week'
  if (!a || (!b && !isLastWeek)) return null
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
    b: b && !isLastWeek ? side(b) : lastWeek(a),
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
    attributes: attributes(),
    warnings: ['Another mix of routes: GET /checkout/legacy carries 4 % of b and none of a.'],
  }
}

const lastWeek = (a: (typeof deploys)[number]): Compare['b'] => {
  const began = Date.parse(a.started_at) - 7 * 86_400_000
  return {
    deploy: null,
    verdict: null,
    from: new Date(began).toISOString(),
    to: new Date(began + 2_040_000).toISOString(),
    requests: a.service === 'cart' ? 0 : 12_700,
    instances: a.service === 'cart' ? 0 : 4,
  }
}

function attributes(): Compare['attributes'] {
  const value = (key: string, name: string, a: number, b: number, of: { a: number; b: number }) => {
    const [a_share, b_share] = [a / of.a, b / of.b]
    const difference = a_share - b_share
    return { key, value: name, a, b, a_share, b_share, difference, lower: difference - 0.02, upper: difference + 0.02 }
  }
  const [all, bad] = [
    { a: 13_900, b: 14_120 },
    { a: 1710, b: 706 },
  ]
  return {
    looked_at: all,
    bad,
    slow_ms: 180,
    all: [
      value('app.coupon.engine', 'v2', 6950, 0, all),
      value('http.response.status_code', '500', 1699, 131, all),
      value('app.tier', 'gold', 4031, 2824, all),
    ],
    among_bad: [
      value('app.coupon.engine', 'v2', 1668, 0, bad),
      value('app.customer.segment', 'returning', 1231, 212, bad),
    ],
  }
}
