import type { Severity, Signal } from './types.ts'

type Effect = Pick<Signal, 'signal' | 'dimension' | 'effect' | 'direction'>

/** Five points more errors, a doubled latency, half of the traffic gone: what users notice at once. */
const CRITICAL_ERROR_POINTS = 0.05
const CRITICAL_LATENCY = 1
const CRITICAL_TRAFFIC_LOSS = 0.5
/** Rules whose finds expire by themselves, or may be a number like others: every other secret is valid until somebody revokes it. */
const NOT_CRITICAL_SECRETS = new Set(['jwt', 'card_number'])
const CRITICAL_SERVICES = 2
const CRITICAL_ROUTES = 3

/** Severity of one signal, from its effect. */
export function severityOf(s: Effect): Severity {
  const size = Math.abs(s.effect)
  if (s.signal === 'silence') return 'critical'
  if (s.signal === 'secret_new' && !NOT_CRITICAL_SECRETS.has(s.dimension)) return 'critical'
  if (s.signal === 'error_ratio' && s.direction === 'up' && size >= CRITICAL_ERROR_POINTS) return 'critical'
  if (s.signal === 'latency' && s.direction === 'up' && size >= CRITICAL_LATENCY) return 'critical'
  if (s.signal === 'throughput' && s.direction === 'down' && size >= CRITICAL_TRAFFIC_LOSS) return 'critical'
  return 'warning'
}

const FOR_USERS = new Set(['error_ratio', 'latency', 'throughput', 'silence'])

/** Severity of an incident: its worst signal, or its reach (two services, three routes that users call). */
export function severityOfAll(signals: readonly Signal[]): Severity {
  if (signals.some((s) => s.severity === 'critical')) return 'critical'
  const reach = signals.filter((s) => FOR_USERS.has(s.signal))
  if (new Set(reach.map((s) => s.service)).size >= CRITICAL_SERVICES) return 'critical'
  return new Set(reach.map((s) => `${s.service} ${s.dimension}`)).size >= CRITICAL_ROUTES ? 'critical' : 'warning'
}

const ORDER = [
  'silence',
  'error_ratio',
  'latency',
  'throughput',
  'secret_new',
  'exception_new',
  'dependency_error_ratio',
  'dependency_latency',
]

const rank = (s: Signal) => {
  const i = ORDER.indexOf(s.signal)
  return i < 0 ? ORDER.length : i
}

/** The most telling signal first: open, critical, what users feel, the surest. */
export function byWeight(a: Signal, b: Signal): number {
  const order = (s: Signal) => [s.state === 'open' ? 0 : 1, s.severity === 'critical' ? 0 : 1, rank(s), -s.score]
  const [x, y] = [order(a), order(b)]
  for (let i = 0; i < x.length; i++) {
    const difference = (x[i] as number) - (y[i] as number)
    if (difference !== 0) return difference
  }
  return a.id < b.id ? -1 : 1
}
