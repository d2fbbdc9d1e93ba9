import { inSpan, type Span, spanParams } from './services.ts'
import type { Store } from './store.ts'

type Place = { service: string; environment: string }
export type SentSignal = 'traces' | 'metrics' | 'logs'

/** By what a service's telemetry says that it was made; '' where it does not say. */
export type Sdk = { language: string; name: string; version: string; distro: string; distro_version: string }

/** A service that sent something in the span: the last minute of each signal (epoch seconds), and the SDKs of those minutes. */
export type Sender = Place & { last: Map<SentSignal, number>; sdks: Sdk[] }

const rollups: [SentSignal, string, string][] = [
  ['traces', 'rollup_services', 'requests > 0'],
  ['traces', 'rollup_edges', 'requests > 0'],
  ['logs', 'rollup_logs', 'count > 0'],
  ['metrics', 'rollup_metrics', 'points > 0'],
]
const raw: [SentSignal, string, string][] = [
  ['traces', 'otel_traces', 'Timestamp'],
  ['logs', 'otel_logs', 'Timestamp'],
  ...['gauge', 'sum', 'histogram', 'exponential_histogram', 'summary'].map((kind): [SentSignal, string, string] => [
    'metrics',
    `otel_metrics_${kind}`,
    'TimeUnix',
  ]),
]
const SDKS_EACH = 20

/**
 * Services that sent anything in the span, those heard of last first. When is read from rollups; by which SDK from the resource of the
 * last minute of each signal, so that the cost does not grow with the span.
 */
export async function senders(store: Store, span: Span, limit: number): Promise<Sender[]> {
  const seen = await store.rows<Place & { signal: SentSignal; last: string }>(
    `SELECT signal, service, environment, toUnixTimestamp(max(minute)) AS last FROM (${rollups
      .map(
        ([signal, table, counted]) =>
          `SELECT '${signal}' AS signal, service, environment, minute FROM ${table} WHERE ${inSpan} AND ${counted}`,
      )
      .join(
        ' UNION ALL ',
      )}) GROUP BY signal, service, environment ORDER BY last DESC, service, environment, signal LIMIT 10000`,
    spanParams(span),
  )
  const byPlace = new Map<string, Sender>()
  for (const { signal, service, environment, last } of seen) {
    const key = `${service}\0${environment}`
    const sender = byPlace.get(key) ?? { service, environment, last: new Map(), sdks: [] }
    if (!byPlace.has(key) && byPlace.size >= limit) continue
    byPlace.set(key, sender)
    sender.last.set(signal, Number(last))
  }
  for (const row of await sdksOf(store, [...byPlace.values()])) {
    const { service, environment, ...sdk } = row
    byPlace.get(`${service}\0${environment}`)?.sdks.push(sdk)
  }
  return [...byPlace.values()]
}

async function sdksOf(store: Store, all: Sender[]): Promise<(Place & Sdk)[]> {
  const parts = raw.flatMap(([signal, table, column], i) => {
    const mine = all.flatMap(({ service, last }) => (last.has(signal) ? [{ service, minute: last.get(signal)! }] : []))
    if (mine.length === 0) return []
    const of = (key: string) => `ResourceAttributes['telemetry.${key}']`
    return {
      params: { [`minutes${i}`]: mine.map((one) => one.minute), [`services${i}`]: mine.map((one) => one.service) },
      sql: `SELECT ServiceName AS service, Environment AS environment, ${of('sdk.language')} AS language, ${of('sdk.name')} AS name,
        ${of('sdk.version')} AS version, ${of('distro.name')} AS distro, ${of('distro.version')} AS distro_version
        FROM ${table} WHERE ${column} >= toDateTime(arrayMin({minutes${i}:Array(UInt32)}))
          AND ${column} < toDateTime(arrayMax({minutes${i}:Array(UInt32)}) + 60)
          AND (toStartOfMinute(${column}), ServiceName) IN (SELECT toDateTime(m), s FROM (SELECT {minutes${i}:Array(UInt32)} AS ms, {services${i}:Array(String)} AS ss) ARRAY JOIN ms AS m, ss AS s)
        GROUP BY service, environment, language, name, version, distro, distro_version`,
    }
  })
  if (parts.length === 0) return []
  return store.rows(
    `SELECT service, environment, language, name, version, distro, distro_version FROM (${parts.map((part) => part.sql).join(' UNION ALL ')})
     GROUP BY service, environment, language, name, version, distro, distro_version
     ORDER BY service, environment, language, name, version, distro, distro_version LIMIT ${SDKS_EACH} BY service, environment LIMIT 10000`,
    Object.assign({}, ...parts.map((part) => part.params)),
  )
}
