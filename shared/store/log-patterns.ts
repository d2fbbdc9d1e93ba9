import { atLeast, type Level, severityNumbers } from './logs.ts'
import { inSpan, inSpanOrMonthBefore, type Span, spanParams } from './services.ts'
import type { Params, Store } from './store.ts'

/** The text of a pattern, by its id or one that was merged into it; null where none is known. Ids are hashes of the text. */
export async function templateOf(store: Store, id: string, service?: string): Promise<string | null> {
  const [row] = await store.rows<{ template: string }>(
    `SELECT template FROM log_patterns FINAL WHERE pattern_id = {id:UInt64} ${service === undefined ? '' : 'AND service = {service:String}'} LIMIT 1`,
    { id, ...(service !== undefined && { service }) },
  )
  return row?.template ?? null
}

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
  WHERE r.service = {service:String} AND ${inSpanOrMonthBefore('r.minute')})`

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
     WHERE ${where} AND ${inSpanOrMonthBefore()} AND count > 0 AND toString(pattern_id) IN {ids:Array(String)}
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
