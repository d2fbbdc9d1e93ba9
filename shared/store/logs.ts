import { containsText, FITS, longestWord } from './contains.ts'
import { endingAt, newestFirst } from './newest.ts'
import type { Span } from './services.ts'
import type { Params, Store } from './store.ts'
import { betweenMs } from './within.ts'

export const LIMIT_LOGS = 5000

/** Severity names and the number from which each begins in OpenTelemetry. */
export const severityNumbers = { trace: 1, debug: 5, info: 9, warn: 13, error: 17, fatal: 21 } as const
export type Level = keyof typeof severityNumbers

export type LogFilter = Span & {
  service?: string | undefined
  environment?: string | undefined
  version?: string | undefined
  /** This severity and all above it. */
  level?: Level | undefined
  /** Part of the body, in any case. */
  q?: string | undefined
  traceId?: string | undefined
  /** A LIKE expression of a pattern's lines. */
  like?: string | undefined
  limit: number
  after?: { ns: string; id: string } | undefined
}

export type LogRow = {
  ns: string
  hash: string
  service: string
  environment: string
  version: string
  severity: string
  severity_number: number
  body: string
  trace_id: string
  span_id: string
  attributes: Record<string, string>
}

const lineHash = 'cityHash64(ServiceName, Instance, SpanId, Body)'
export const logColumns = `toUnixTimestamp64Nano(Timestamp) AS ns, ${lineHash} AS hash, ServiceName AS service, Environment AS environment,
  Version AS version, SeverityText AS severity, SeverityNumber AS severity_number, Body AS body, TraceId AS trace_id,
  SpanId AS span_id, LogAttributes AS attributes`

export const readLogLine = (row: LogRow): LogRow => ({ ...row, severity_number: Number(row.severity_number) })

/** Log lines, newest first; one more than `limit` where there are more. */
export function listLogs(store: Store, f: LogFilter): Promise<LogRow[]> {
  return newestFirst(endingAt(f), f.limit + 1, (slice, limit) => readSlice(store, { ...f, ...slice, limit }))
}

async function readSlice(store: Store, f: LogFilter): Promise<LogRow[]> {
  const params: Record<string, NonNullable<Params[string]>> = { from_ms: f.fromMs, to_ms: f.toMs, limit: f.limit }
  const where = [betweenMs()]
  const add = (sql: string, name: string, value: string | number | undefined) => {
    if (value === undefined) return
    where.push(sql)
    params[name] = value
  }
  add('ServiceName = {service:String}', 'service', f.service)
  add('Environment = {environment:String}', 'environment', f.environment)
  add('Version = {version:String}', 'version', f.version)
  add('TraceId = {trace:String}', 'trace', f.traceId)
  add(FITS, 'like', f.like)
  for (const [name, text] of Object.entries({ q: f.q, word: f.like && longestWord(f.like) })) {
    if (!text) continue
    const { sql, value } = containsText('Body', name, text)
    add(sql, name, value)
  }
  if (f.level) {
    const named = (Object.keys(severityNumbers) as Level[]).filter((l) => atLeast(l, f.level as Level))
    add(
      `(SeverityNumber >= {level:UInt8} OR (SeverityNumber = 0 AND lower(SeverityText) IN {levels:Array(String)}))`,
      'level',
      severityNumbers[f.level],
    )
    params.levels = named.flatMap((l) =>
      l === 'warn' ? ['warn', 'warning'] : l === 'fatal' ? ['fatal', 'critical'] : [l],
    )
  }
  if (f.after) {
    add('Timestamp <= fromUnixTimestamp64Nano({after:Int64})', 'after', f.after.ns)
    add(
      `(Timestamp, ${lineHash}) < (fromUnixTimestamp64Nano({after:Int64}), {after_id:UInt64})`,
      'after_id',
      f.after.id,
    )
  }
  const rows = await store.rows<LogRow>(
    `SELECT ${logColumns} FROM otel_logs WHERE ${where.join(' AND ')}
     ORDER BY toStartOfMinute(Timestamp) DESC, Timestamp DESC, hash DESC LIMIT {limit:UInt32}`,
    params,
  )
  return rows.map(readLogLine)
}

export const atLeast = (level: Level, least: Level) => severityNumbers[level] >= severityNumbers[least]
