import { type Buckets, bucketMiddleMs, quantileMs } from './buckets.ts'
import type { Params, Store } from './store.ts'
import { minutesWithin } from './within.ts'

/** From inclusive to exclusive, whole minutes. */
export type Span = { fromMs: number; toMs: number }

export type KnownService = {
  service: string
  environment: string
  version: string
  commit: string
  /** Start of the last minute with telemetry. */
  lastMs: number
  /** Start of the last minute with requests; null where it never answered one. */
  lastRequestMs: number | null
}

/** Requests of one service in one step, or in the whole span. */
export type Slot = Figures & { firstMs: number; lastMs: number }

export type Figures = {
  requests: number
  error_ratio: number | null
  latency_p50_ms: number | null
  latency_p99_ms: number | null
}

const DAY_MS = 86_400_000
const seconds = (ms: number) => Math.floor(ms / 1000)
export const spanParams = (span: Span): Params => ({ from: seconds(span.fromMs), to: Math.ceil(span.toMs / 1000) })
export const inSpan = minutesWithin('toDateTime({from:UInt32})', 'toDateTime({to:UInt32})')
/** The span and the month before it. */
export const inSpanOrMonthBefore = (column = 'minute') =>
  minutesWithin(`toDateTime({from:UInt32} - ${30 * 86_400})`, 'toDateTime({to:UInt32})', column)
const ofEnvironment = (environment: string | undefined) =>
  environment === undefined ? '' : 'AND environment = {environment:String}'

type BuildRow = { service: string; environment: string; version: string; commit: string; first: string; last: string }

/** Builds of one rollup in the span, each with its first and last minute. */
function buildsIn(
  store: Store,
  table: 'rollup_services' | 'rollup_logs',
  o: { environment?: string | undefined; span: Span },
) {
  const counted = table === 'rollup_logs' ? 'count > 0' : 'requests > 0'
  return store.rows<BuildRow>(
    `SELECT service, environment, version, commit, toUnixTimestamp(min(minute)) AS first, toUnixTimestamp(max(minute)) AS last
     FROM ${table} WHERE ${inSpan} AND ${counted} ${ofEnvironment(o.environment)}
     GROUP BY service, environment, version, commit LIMIT 100000`,
    { ...spanParams(o.span), ...(o.environment !== undefined && { environment: o.environment }) },
  )
}

/** Services that sent anything in the seven days before `toMs`, with the version that was seen last, the younger of two. */
export async function knownServices(
  store: Store,
  o: { environment?: string | undefined; toMs: number; limit: number },
): Promise<KnownService[]> {
  const span = { fromMs: o.toMs - 7 * DAY_MS, toMs: o.toMs }
  const answered = await buildsIn(store, 'rollup_services', { ...o, span })
  const logged = await buildsIn(store, 'rollup_logs', { ...o, span })
  const byKey = new Map<string, { build: BuildRow; lastMs: number; lastRequestMs: number | null }>()
  const younger = (a: BuildRow, b: BuildRow) => Number(a.last) - Number(b.last) || Number(a.first) - Number(b.first)
  for (const [rows, requests] of [
    [answered, true],
    [logged, false],
  ] as const)
    for (const row of rows) {
      const key = `${row.service}\0${row.environment}`
      const atMs = Number(row.last) * 1000
      const known = byKey.get(key) ?? { build: row, lastMs: 0, lastRequestMs: null }
      byKey.set(key, {
        build: younger(row, known.build) > 0 ? row : known.build,
        lastMs: Math.max(known.lastMs, atMs),
        lastRequestMs: requests ? Math.max(known.lastRequestMs ?? 0, atMs) : known.lastRequestMs,
      })
    }
  return [...byKey.values()]
    .map(({ build: { service, environment, version, commit }, lastMs, lastRequestMs }) => ({
      ...{ service, environment, version, commit },
      ...{ lastMs, lastRequestMs },
    }))
    .sort((a, b) => (a.service < b.service ? -1 : a.service > b.service ? 1 : a.environment < b.environment ? -1 : 1))
    .slice(0, o.limit)
}

type SlotRow = {
  service: string
  environment: string
  slot: string
  requests: string
  errors: string
  quantiles: [number, number]
  first: string
  last: string
}

/**
 * Requests per service and environment, keyed `service\0environment`, then by step number from `fromMs`. Quantiles are the
 * middle of their bucket: three times as fast over all services as merged buckets, and at most 2.2 % off.
 */
export async function serviceSlots(
  store: Store,
  o: Span & { environment?: string | undefined; stepS: number },
): Promise<Map<string, Map<number, Slot>>> {
  const rows = await store.rows<SlotRow>(
    `SELECT service, environment, intDiv(toUnixTimestamp(minute) - {from:UInt32}, {step:UInt32}) AS slot,
       sum(requests) AS requests, sum(errors) AS errors,
       quantilesExactWeightedArray(0.5, 0.99)(bucket_index, bucket_count) AS quantiles,
       toUnixTimestamp(min(minute)) AS first, toUnixTimestamp(max(minute)) AS last
     FROM (SELECT * FROM rollup_services FINAL WHERE ${inSpan} ${ofEnvironment(o.environment)} AND requests > 0)
     GROUP BY service, environment, slot LIMIT 200000`,
    { ...spanParams(o), step: o.stepS, ...(o.environment !== undefined && { environment: o.environment }) },
  )
  const services = new Map<string, Map<number, Slot>>()
  for (const row of rows) {
    const key = `${row.service}\0${row.environment}`
    const slots = services.get(key) ?? new Map<number, Slot>()
    services.set(key, slots)
    slots.set(Number(row.slot), slotOf(row))
  }
  return services
}

const slotOf = (row: SlotRow): Slot => ({
  requests: Number(row.requests),
  error_ratio: ratio(Number(row.errors), Number(row.requests)),
  latency_p50_ms: bucketMiddleMs(row.quantiles[0]),
  latency_p99_ms: bucketMiddleMs(row.quantiles[1]),
  firstMs: Number(row.first) * 1000,
  lastMs: Number(row.last) * 1000,
})

/** Harmful anomalies that are open now, per `service\0environment`. */
export async function openAnomalies(store: Store): Promise<Map<string, number>> {
  const rows = await store.rows<{ service: string; environment: string; open: string }>(
    `SELECT service, environment, count() AS open FROM anomalies FINAL WHERE state = 'open' AND harmful = 1 GROUP BY service, environment LIMIT 10000`,
  )
  return new Map(rows.map((row) => [`${row.service}\0${row.environment}`, Number(row.open)]))
}

export const ratio = (errors: number, requests: number): number | null => (requests === 0 ? null : errors / requests)

/** Counts and merged latency as the API shows them. */
export function figures(of: { requests: number; errors: number; buckets: Buckets }): Figures {
  return {
    requests: of.requests,
    error_ratio: ratio(of.errors, of.requests),
    latency_p50_ms: quantileMs(of.buckets, 0.5),
    latency_p99_ms: quantileMs(of.buckets, 0.99),
  }
}
