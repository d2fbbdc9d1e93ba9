import type { Store } from '../../shared/store/store.ts'
import { note } from './telemetry.ts'

export type LogLines = {
  service: string
  version: string
  fromMs: number
  minutes: number
  /** Lines a minute, by body; `#` in it is another number each time. */
  lines: Record<string, { perMinute: number; severity?: number }>
}

/** Rows of otel_logs: the same lines every minute, evenly over it. */
export function* logsOf(t: LogLines): Generator<Record<string, string | number | object>> {
  for (let m = 0; m < t.minutes; m++)
    for (const [body, { perMinute, severity }] of Object.entries(t.lines))
      for (let i = 0; i < perMinute; i++) {
        const atMs = t.fromMs + m * 60_000 + Math.floor((i * 60_000) / perMinute)
        yield {
          Timestamp: `${BigInt(atMs) * 1_000_000n}`,
          TraceId: `${(m + 1).toString(16)}f${i.toString(16)}`.padStart(32, '0'),
          ServiceName: t.service,
          Environment: 'production',
          Version: t.version,
          Commit: t.version,
          Instance: `${t.service}-1`,
          SeverityNumber: severity ?? 9,
          Body: body.replaceAll('#', String(1000 + ((m * 7919 + i * 104_729) % 9000))),
          LogAttributes: { 'code.function': `f${i % 2}` },
        }
      }
}

/** Inserts rows and notes their minutes, as ingest does. */
export async function insertLogs(
  store: Store,
  rows: Iterable<Record<string, string | number | object>>,
  notedMs: number,
): Promise<void> {
  const all = [...rows]
  if (all.length === 0) return
  for (let i = 0; i < all.length; i += 20_000) await store.insert('otel_logs', all.slice(i, i + 20_000))
  const minutes = all.map((r) => Math.floor(Number(BigInt(r.Timestamp as string) / 60_000_000_000n)))
  await note(store, 'logs', minutes, notedMs)
}

/** Inserts one gauge, six points a minute that wander by a percent, and notes their minutes. */
export async function insertGauge(
  store: Store,
  t: {
    service: string
    version: string
    fromMs: number
    minutes: number
    metric: string
    value: number | ((minute: number) => number)
  },
  notedMs: number,
): Promise<void> {
  const points = Array.from({ length: 6 * t.minutes }, (_, i) => ({
    TimeUnix: `${BigInt(t.fromMs + i * 10_000) * 1_000_000n}`,
    ServiceName: t.service,
    Environment: 'production',
    Version: t.version,
    Commit: t.version,
    Instance: `${t.service}-1`,
    MetricName: t.metric,
    MetricUnit: '{item}',
    Value: (typeof t.value === 'number' ? t.value : t.value(Math.floor(i / 6))) * (1 + 0.01 * Math.sin(i * 1.7)),
  }))
  await store.insert('otel_metrics_gauge', points)
  const minutes = Array.from({ length: t.minutes }, (_, m) => Math.floor(t.fromMs / 60_000) + m)
  await note(store, 'metrics', minutes, notedMs)
}
