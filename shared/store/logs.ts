import { containsText } from './contains.ts'
import { endingAt, newestFirst } from './newest.ts'
import { inSpan, type Span, spanParams } from './services.ts'
import type { Params, Store } from './store.ts'

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
  patternId?: string | undefined
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
  pattern_id: string
  attributes: Record<string, string>
}

const lineHash = 'cityHash64(ServiceName, Instance, SpanId, Body)'
export const logColumns = `toUnixTimestamp64Nano(Timestamp) AS ns, ${lineHash} AS hash, ServiceName AS service, Environment AS environment,
  Version AS version, SeverityText AS severity, SeverityNumber AS severity_number, Body AS body, TraceId AS trace_id,
  SpanId AS span_id, toString(PatternId) AS pattern_id, LogAttributes AS attributes`

export const readLogLine = (row: LogRow): LogRow => ({ ...row, severity_number: Number(row.severity_number) })

/** Log lines, newest first; one more than `limit` where there are more. */
export function listLogs(store: Store, f: LogFilter): Promise<LogRow[]> {
  return newestFirst(endingAt(f), f.limit + 1, (slice, limit) => readSlice(store, { ...f, ...slice, limit }))
}

async function readSlice(store: Store, f: LogFilter): Promise<LogRow[]> {
  const params: Record<string, NonNullable<Params[string]>> = { from: f.fromMs, to: f.toMs, limit: f.limit }
  const where = [
    'Timestamp >= fromUnixTimestamp64Milli({from:Int64})',
    'Timestamp < fromUnixTimestamp64Milli({to:Int64})',
  ]
  const add = (sql: string, name: string, value: string | number | undefined) => {
    if (value === undefined) return
    where.push(sql)
    params[name] = value
  }
  add('ServiceName = {service:String}', 'service', f.service)
  add('Environment = {environment:String}', 'environment', f.environment)
  add('Version = {version:String}', 'version', f.version)
  add('TraceId = {trace:String}', 'trace', f.traceId)
  add('PatternId = {pattern:UInt64}', 'pattern', f.patternId)
  if (f.q !== undefined) {
    const { sql, value } = containsText('Body', 'q', f.q)
    add(sql, 'q', value)
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

const atLeast = (level: Level, least: Level) => severityNumbers[level] >= severityNumbers[least]

export type PatternFilter = Span & {
  service: string
  environment?: string | undefined
  version?: string | undefined
  level?: Level | undefined
  stepS: number
  limit: number
}

export type PatternRow = {
  pattern_id: string
  /** Of most of its lines. */
  main_severity: string
  n: string
  first: string
  last: string
  first_version: string
  versions: [string[], string[]]
  slots: [string[], string[]]
  template: string
  sample: string
}

/** Counts under the id that a pattern has today. */
const resolved = `(SELECT r.* REPLACE (if(a.merged_into = 0, r.pattern_id, a.merged_into) AS pattern_id) FROM rollup_log_patterns AS r FINAL
  LEFT JOIN (SELECT pattern_id, merged_into FROM log_patterns FINAL WHERE merged_into != 0 AND service = {service:String}) AS a ON a.pattern_id = r.pattern_id
  WHERE r.service = {service:String} AND r.minute >= toDateTime({from:UInt32} - 2592000) AND r.minute < toDateTime({to:UInt32}))`

/** Log patterns of a service by count. `first` and `first_version` look back a month before the span. */
export async function listPatterns(store: Store, f: PatternFilter): Promise<PatternRow[]> {
  const params: Record<string, NonNullable<Params[string]>> = {
    ...(spanParams(f) as Record<string, number>),
    service: f.service,
    step: f.stepS,
    limit: f.limit,
  }
  let where = 'service = {service:String}'
  if (f.environment !== undefined) {
    where += ' AND environment = {environment:String}'
    params.environment = f.environment
  }
  let now = where
  if (f.version !== undefined) {
    now += ' AND version = {version:String}'
    params.version = f.version
  }
  if (f.level) {
    now += ' AND p.severity IN {levels:Array(String)}'
    params.levels = (Object.keys(severityNumbers) as Level[]).filter((l) => atLeast(l, f.level as Level))
  }
  const rows = await store.rows<Omit<PatternRow, 'first' | 'first_version' | 'template' | 'sample'>>(
    `SELECT pattern_id, argMax(p.severity, p.count) AS main_severity, sum(p.count) AS n, toUnixTimestamp(max(minute)) AS last,
       sumMap([toString(version)], [p.count]) AS versions,
       sumMap([intDiv(toUnixTimestamp(minute) - {from:UInt32}, {step:UInt32})], [p.count]) AS slots
     FROM ${resolved} AS p WHERE ${now} AND ${inSpan} AND p.count > 0
     GROUP BY pattern_id ORDER BY n DESC, pattern_id LIMIT {limit:UInt32}`,
    params,
  )
  if (rows.length === 0) return []
  const ids = rows.map((row) => row.pattern_id)
  const first = await store.rows<{ pattern_id: string; first: string; first_version: string }>(
    `SELECT pattern_id, toUnixTimestamp(min(minute)) AS first, argMin(version, minute) AS first_version FROM ${resolved}
     WHERE ${where} AND minute >= toDateTime({from:UInt32} - 2592000) AND minute < toDateTime({to:UInt32}) AND count > 0 AND toString(pattern_id) IN {ids:Array(String)}
     GROUP BY pattern_id LIMIT 10000`,
    { ...params, ids },
  )
  const texts = await store.rows<{ pattern_id: string; template: string; sample: string }>(
    `SELECT pattern_id, template, sample FROM log_patterns FINAL WHERE service = {service:String} AND toString(pattern_id) IN {ids:Array(String)} LIMIT 10000`,
    { service: f.service, ids },
  )
  const firsts = new Map(first.map((row) => [row.pattern_id, row]))
  const templates = new Map(texts.map((row) => [row.pattern_id, row]))
  return rows.map((row) => ({
    ...row,
    first: firsts.get(row.pattern_id)?.first ?? row.last,
    first_version: firsts.get(row.pattern_id)?.first_version ?? '',
    template: templates.get(row.pattern_id)?.template ?? '',
    sample: templates.get(row.pattern_id)?.sample ?? '',
  }))
}
