import { addBuckets, type BucketColumns, type Buckets, quantileMs } from './buckets.ts'
import type { Params, Store } from './store.ts'

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

/** Requests of one service in one step: counts and latency, mergeable. */
export type Slot = { requests: number; errors: number; buckets: Buckets; firstMs: number; lastMs: number }

export type Figures = {
  requests: number
  error_ratio: number | null
  latency_p50_ms: number | null
  latency_p99_ms: number | null
}

const DAY_MS = 86_400_000
const seconds = (ms: number) => Math.floor(ms / 1000)
export const spanParams = (span: Span): Params => ({ from: seconds(span.fromMs), to: Math.ceil(span.toMs / 1000) })
export const inSpan = 'minute >= toDateTime({from:UInt32}) AND minute < toDateTime({to:UInt32})'
const ofEnvironment = (environment: string | undefined) =>
  environment === undefined ? '' : 'AND environment = {environment:String}'

/** Services that sent anything in the seven days before `toMs`, with the version that was seen last. */
export async function knownServices(
  store: Store,
  o: { environment?: string | undefined; service?: string | undefined; toMs: number; limit: number },
): Promise<KnownService[]> {
  const rows = await store.rows<Record<string, string>>(
    `SELECT service, environment, argMax(version, at) AS last_version, argMax(commit, at) AS last_commit,
       toUnixTimestamp(max(minute)) AS last, toUnixTimestamp(maxIf(minute, answered)) AS last_request
     FROM (
       SELECT service, environment, version, commit, minute, (minute, requests) AS at, 1 AS answered
       FROM rollup_instances WHERE ${inSpan} AND requests > 0 ${ofEnvironment(o.environment)} ${o.service === undefined ? '' : 'AND service = {service:String}'}
       UNION ALL
       SELECT service, environment, version, commit, minute, (minute, toUInt64(0)), 0
       FROM rollup_logs WHERE ${inSpan} AND count > 0 ${ofEnvironment(o.environment)} ${o.service === undefined ? '' : 'AND service = {service:String}'}
     ) GROUP BY service, environment ORDER BY service, environment LIMIT {limit:UInt32}`,
    {
      ...spanParams({ fromMs: o.toMs - 7 * DAY_MS, toMs: o.toMs }),
      limit: o.limit,
      ...(o.environment !== undefined && { environment: o.environment }),
      ...(o.service !== undefined && { service: o.service }),
    },
  )
  return rows.map((row) => ({
    service: row.service ?? '',
    environment: row.environment ?? '',
    version: row.last_version ?? '',
    commit: row.last_commit ?? '',
    lastMs: Number(row.last) * 1000,
    lastRequestMs: Number(row.last_request) === 0 ? null : Number(row.last_request) * 1000,
  }))
}

type SlotRow = {
  service: string
  environment: string
  slot: string
  requests: string
  errors: string
  buckets: BucketColumns
  first: string
  last: string
}

/** Requests per service, environment and step, keyed `service\0environment`, then by step number from `fromMs`. */
export async function serviceSlots(
  store: Store,
  o: Span & { environment?: string | undefined; stepS: number },
): Promise<Map<string, Map<number, Slot>>> {
  const rows = await store.rows<SlotRow>(
    `SELECT service, environment, intDiv(toUnixTimestamp(minute) - {from:UInt32}, {step:UInt32}) AS slot,
       sum(requests) AS requests, sum(errors) AS errors, sumMap(bucket_index, bucket_count) AS buckets,
       toUnixTimestamp(min(minute)) AS first, toUnixTimestamp(max(minute)) AS last
     FROM (SELECT * FROM rollup_routes FINAL WHERE ${inSpan} ${ofEnvironment(o.environment)} AND requests > 0)
     GROUP BY service, environment, slot LIMIT 200000`,
    { ...spanParams(o), step: o.stepS, ...(o.environment !== undefined && { environment: o.environment }) },
  )
  const services = new Map<string, Map<number, Slot>>()
  for (const row of rows) {
    const key = `${row.service}\0${row.environment}`
    const slots = services.get(key) ?? new Map<number, Slot>()
    services.set(key, slots)
    slots.set(Number(row.slot), {
      requests: Number(row.requests),
      errors: Number(row.errors),
      buckets: addBuckets(new Map(), row.buckets),
      firstMs: Number(row.first) * 1000,
      lastMs: Number(row.last) * 1000,
    })
  }
  return services
}

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
