import type { Store } from '../../shared/store/store.ts'

/** Numbers 0 ≤ x < 1 that are the same for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let a = seed >>> 0
  return () => {
    a = (a + 0x6d2b79f5) >>> 0
    let t = a
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

/** A standard normal number (Box and Muller 1958). */
export const normal = (random: () => number): number =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())

export type Traffic = {
  service: string
  environment?: string
  version: string
  commit?: string
  instance?: string
  fromMs: number
  minutes: number
  requestsPerMinute: number
  /** By route: share that fails, median duration, and the spread of its logarithm. */
  routes: Record<string, { errorRatio?: number; medianMs?: number; sigma?: number; weight?: number; peer?: string }>
  seed: number
  /** What a failing request looks like. */
  failure?: { status: number; type: string }
}

type Span = Record<string, string | number | object>

const hex = (random: () => number, digits: number) =>
  Array.from({ length: digits }, () => '0123456789abcdef'[Math.floor(random() * 16)]).join('')

function pick<R extends { weight?: number }>(routes: [string, R][], at: number): [string, R] {
  let left = at
  for (const entry of routes) {
    left -= entry[1].weight ?? 1
    if (left < 0) return entry
  }
  return routes.at(-1)!
}

/** Rows of otel_traces for steady traffic with log-normal durations. */
export function* spansOf(t: Traffic): Generator<Span> {
  const random = seeded(t.seed)
  const routes = Object.entries(t.routes)
  const total = routes.reduce((s, [, r]) => s + (r.weight ?? 1), 0)
  for (let m = 0; m < t.minutes; m++) {
    for (let i = 0; i < t.requestsPerMinute; i++) {
      const [route, r] = pick(routes, random() * total)
      const atMs = t.fromMs + m * 60_000 + random() * 60_000
      const failed = random() < (r.errorRatio ?? 0.01)
      const durationNs = Math.round((r.medianMs ?? 40) * Math.exp((r.sigma ?? 0.4) * normal(random)) * 1e6)
      const own = { traceId: hex(random, 32), spanId: hex(random, 16) }
      yield span(t, { route, atMs, durationNs, failed, ...own, parent: '', kind: 'Server', peer: '', random })
      if (r.peer)
        yield span(t, {
          route: 'call',
          atMs: atMs + 1,
          durationNs: durationNs * 0.5,
          failed,
          traceId: own.traceId,
          spanId: hex(random, 16),
          parent: own.spanId,
          kind: 'Client',
          peer: r.peer,
          random,
        })
    }
  }
}

function span(
  t: Traffic,
  s: {
    route: string
    atMs: number
    durationNs: number
    failed: boolean
    traceId: string
    spanId: string
    parent: string
    kind: string
    peer: string
    random: () => number
  },
): Span {
  const failure = t.failure ?? { status: 500, type: 'Error' }
  const status = s.failed ? failure.status : 200
  return {
    Timestamp: `${(BigInt(Math.floor(s.atMs)) * 1_000_000n).toString()}`,
    TraceId: s.traceId,
    SpanId: s.spanId,
    ParentSpanId: s.parent,
    SpanName: s.route,
    SpanKind: s.kind,
    ServiceName: t.service,
    ResourceAttributes: { 'service.name': t.service },
    SpanAttributes: {
      'http.route': s.route,
      'http.response.status_code': String(status),
      region: s.random() < 0.5 ? 'eu' : 'us',
    },
    Duration: Math.round(s.durationNs),
    StatusCode: s.failed ? 'Error' : 'Unset',
    Environment: t.environment ?? 'production',
    Version: t.version,
    Commit: t.commit ?? '',
    Instance: t.instance ?? `${t.service}-1`,
    Route: s.route,
    Peer: s.peer,
    IsEntry: s.kind === 'Server' ? 1 : 0,
    Failed: s.failed ? 1 : 0,
    HttpStatus: status,
    ExceptionType: s.failed && s.kind === 'Server' ? failure.type : '',
  }
}

/** Inserts rows and notes their minutes, as ingest does. */
export async function insertSpans(store: Store, spans: Iterable<Span>, notedMs: number): Promise<number> {
  const rows = [...spans]
  for (let i = 0; i < rows.length; i += 20_000) await store.insert('otel_traces', rows.slice(i, i + 20_000))
  await note(
    store,
    'traces',
    rows.map((r) => Math.floor(Number(BigInt(r.Timestamp as string) / 60_000_000_000n))),
    notedMs,
  )
  return rows.length
}

export async function note(store: Store, signal: string, minutes: Iterable<number>, notedMs: number): Promise<void> {
  const distinct = [...new Set(minutes)]
  await store.insert(
    'touched_minutes',
    distinct.map((m) => ({ noted_at: notedMs, signal, batch: notedMs % 1_000_000, minute: m * 60 })),
  )
}
