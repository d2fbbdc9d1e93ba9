import { type Buckets, bucketUpperMs, quantileMs } from '../../../shared/store/buckets.ts'
import type { Side, SideSlot } from '../../../shared/store/compare.ts'
import { type Figures, figures } from '../../../shared/store/services.ts'
import type { Compare } from './schemas/deploys.ts'

type Signal = Compare['signals'][number]
type Figure = Signal['a']
type Read = { value: number | null; n: number }

/** How a signal is read from counts: of one step, or of the whole window. */
const signals: {
  signal: Signal['signal']
  unit: string
  absolute: boolean
  of: (slot: SideSlot, minutes: number) => Read
}[] = [
  { signal: 'requests', unit: 'per_minute', absolute: false, of: (s, m) => ({ value: s.requests / m, n: s.requests }) },
  {
    signal: 'error_ratio',
    unit: 'ratio',
    absolute: true,
    of: (s) => ({ value: figures(s).error_ratio, n: s.requests }),
  },
  ...([0.5, 0.95, 0.99] as const).map((q) => ({
    signal: `latency_p${q * 100}` as Signal['signal'],
    unit: 'ms',
    absolute: false,
    of: (s: SideSlot) => ({ value: quantileMs(s.buckets, q), n: s.requests }),
  })),
  {
    signal: 'log_errors',
    unit: 'per_minute',
    absolute: false,
    of: (s, m) => ({ value: s.logErrors / m, n: s.logErrors }),
  },
]

type Window = { stepS: number; windowS: number }

function figureOf(side: Side, of: (typeof signals)[number]['of'], w: Window): Figure {
  const silent = side.total.requests === 0 && side.total.logErrors === 0
  const whole = of(side.total, w.windowS / 60)
  const steps = Math.ceil(w.windowS / w.stepS)
  return {
    value: silent ? null : whole.value,
    n: whole.n,
    points: Array.from({ length: steps }, (_, i) => {
      const slot = side.slots.get(i)
      return [i * w.stepS, slot ? of(slot, w.stepS / 60).value : null]
    }),
  }
}

function changeOf(a: number | null, b: number | null, absolute: boolean): number | null {
  if (a === null || b === null) return null
  if (absolute) return a - b
  return b === 0 ? null : a / b - 1
}

/** Share of requests per latency bucket, four of the rollups' buckets to one. */
function histogram(a: Buckets, b: Buckets): Compare['latency_histogram'] {
  const share = (buckets: Buckets) => {
    const total = [...buckets.values()].reduce((sum, n) => sum + n, 0)
    const coarse = new Map<number, number>()
    for (const [index, n] of buckets) {
      const to = Math.floor(index / 4)
      coarse.set(to, (coarse.get(to) ?? 0) + n / total)
    }
    return coarse
  }
  const [ofA, ofB] = [share(a), share(b)]
  const indexes = [...new Set([...ofA.keys(), ...ofB.keys()])].sort((x, y) => x - y)
  return indexes.map((i) => ({ upper_ms: bucketUpperMs(i * 4 + 3), a: ofA.get(i) ?? 0, b: ofB.get(i) ?? 0 }))
}

/** Rows of both sides by name, those of `a` first. */
function paired<T, Row>(
  a: readonly T[],
  b: readonly T[],
  name: (row: T) => string,
  row: (key: string, a: T | undefined, b: T | undefined) => Row,
): Row[] {
  const [inA, inB] = [new Map(a.map((r) => [name(r), r])), new Map(b.map((r) => [name(r), r]))]
  return [...new Set([...inA.keys(), ...inB.keys()])].map((key) => row(key, inA.get(key), inB.get(key)))
}

const plain = (f: Figures | undefined) =>
  f
    ? {
        requests: f.requests,
        error_ratio: f.error_ratio,
        latency_p50_ms: f.latency_p50_ms,
        latency_p99_ms: f.latency_p99_ms,
      }
    : null

const FEW = 100
/** Half the sum of differences of the routes' shares: 0 the same mix, 1 another one. */
const OTHER_MIX = 0.2

function warningsOf(a: Side, b: Side): string[] {
  const warnings: string[] = []
  const few = [a, b].map((side) => side.total.requests).filter((n) => n < FEW)
  if (few.length > 0) warnings.push(`Only ${Math.min(...few)} requests on one side: small differences say nothing.`)
  const share = (side: Side, name: string) =>
    (side.routes.find((r) => r.route === name)?.requests ?? 0) / Math.max(1, side.total.requests)
  const names = new Set([...a.routes, ...b.routes].map((r) => r.route))
  const mix = [...names].reduce((sum, name) => sum + Math.abs(share(a, name) - share(b, name)), 0) / 2
  if (few.length === 0 && mix > OTHER_MIX)
    warnings.push(`The mix of routes differs by ${Math.round(mix * 100)} %: compare route by route.`)
  return warnings
}

/** Everything that can be told of two sides of the same length. Pure. */
export function compareSides(
  a: Side,
  b: Side,
  w: Window,
): Omit<Compare, 'a' | 'b' | 'window_s' | 'step_s' | 'attributes'> {
  return {
    signals: signals.map(({ signal, unit, absolute, of }) => {
      const [figureA, figureB] = [figureOf(a, of, w), figureOf(b, of, w)]
      const change = changeOf(figureA.value, figureB.value, absolute)
      return { signal, unit, a: figureA, b: figureB, change, change_unit: absolute ? 'absolute' : 'relative' }
    }),
    latency_histogram: histogram(a.total.buckets, b.total.buckets),
    routes: paired(
      a.routes,
      b.routes,
      (r) => r.route,
      (name, x, y) => ({ route: name, a: plain(x), b: plain(y) }),
    ),
    dependencies: paired(
      a.dependencies,
      b.dependencies,
      (r) => r.peer,
      (peer, x, y) => ({ peer, a: plain(x), b: plain(y) }),
    ),
    exceptions: paired(
      a.exceptions,
      b.exceptions,
      (r) => r.type,
      (type, x, y) => ({ type, a: x?.count ?? 0, b: y?.count ?? 0 }),
    ),
    log_patterns: paired(
      a.patterns,
      b.patterns,
      (r) => r.pattern_id,
      (pattern_id, x, y) => ({
        pattern_id,
        template: x?.template ?? y?.template ?? '',
        severity: x?.main_severity ?? y?.main_severity ?? '',
        a: Number(x?.n ?? 0),
        b: Number(y?.n ?? 0),
      }),
    ),
    metrics: paired(
      a.metrics,
      b.metrics,
      (r) => [r.metric, r.kind, r.unit].join('\n'),
      (_, x, y) => ({
        metric: x?.metric ?? y?.metric ?? '',
        unit: x?.unit ?? y?.unit ?? '',
        kind: x?.kind ?? y?.kind ?? '',
        a: x?.mean ?? null,
        b: y?.mean ?? null,
      }),
    ),
    warnings: warningsOf(a, b),
  }
}
