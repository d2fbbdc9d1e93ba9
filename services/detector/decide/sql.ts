import type { BaselineKind } from '../../../shared/model/verdict.ts'
import type { Frame } from './frame.ts'

/** SQL that anybody may run to get the numbers of a finding: text with values quoted, over rollups only. */
export const quote = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`

const TABLES = {
  route: { table: 'rollup_routes', key: 'route', bad: 'errors', total: 'requests' },
  edge: { table: 'rollup_edges', key: 'peer', bad: 'errors', total: 'requests' },
} as const

export type SpanCell = keyof typeof TABLES

type Scope = { current: string; base: string; where: string }

function scope(frame: Frame, onset: number, kind: BaselineKind): Scope {
  const second = (slot: number) => (frame.window.fromMinute + slot) * 60
  const within = (from: number, to: number) =>
    `minute >= toDateTime(${second(from)}, 'UTC') AND minute < toDateTime(${second(to)}, 'UTC')`
  const named = frame.builds.map((b) => `(version = ${quote(b.version)} AND commit = ${quote(b.commit)})`)
  const isNew = frame.build ? (named.length > 1 ? `(${named.join(' OR ')})` : named.join('')) : '1'
  const first = frame.baseline[0] ?? frame.start
  const last = (frame.baseline.at(-1) ?? frame.start - 1) + 1
  const held = new Set(frame.baseline)
  const left = Array.from({ length: Math.max(0, last - first) }, (_, i) => first + i).filter((s) => !held.has(s))
  const without = left.length > 0 ? ` AND toUnixTimestamp(minute) NOT IN (${left.map(second).join(', ')})` : ''
  return {
    current: `${within(onset, frame.end)} AND ${isNew}`,
    base:
      kind === 'concurrent' ? `${within(frame.from, frame.end)} AND NOT ${isNew}` : `${within(first, last)}${without}`,
    where: `service = ${quote(frame.window.service)} AND environment = ${quote(frame.window.environment)} AND ${within(Math.min(first, onset), frame.end)}`,
  }
}

/** Share of failed requests of one key, or of all (null). */
export function ratioSql(frame: Frame, cell: SpanCell, key: string | null, onset: number, kind: BaselineKind): string {
  const t = TABLES[cell]
  const s = scope(frame, onset, kind)
  return `SELECT sumIf(${t.bad}, ${s.current}) / sumIf(${t.total}, ${s.current}) AS observed, sumIf(${t.bad}, ${s.base}) / sumIf(${t.total}, ${s.base}) AS expected FROM ${t.table} FINAL WHERE ${s.where}${key === null ? '' : ` AND ${t.key} = ${quote(key)}`}`
}

/** A quantile in milliseconds, interpolated on the logarithm inside its bucket, as `quantileNs` does. */
export function quantileSql(
  frame: Frame,
  cell: SpanCell,
  key: string,
  q: number,
  onset: number,
  kind: BaselineKind,
): string {
  const t = TABLES[cell]
  const s = scope(frame, onset, kind)
  const of = (h: string) => {
    const rank = `${q} * arraySum(${h}.2)`
    const i = `arrayFirstIndex(c -> c >= ${rank}, arrayCumSum(${h}.2))`
    return `pow(2, (${h}.1[${i}] + (${rank} - (arrayCumSum(${h}.2)[${i}] - ${h}.2[${i}])) / ${h}.2[${i}]) / 16) / 1e6`
  }
  return `SELECT ${of('now')} AS observed, ${of('base')} AS expected FROM (SELECT sumMapIf(bucket_index, bucket_count, ${s.current}) AS now, sumMapIf(bucket_index, bucket_count, ${s.base}) AS base FROM ${t.table} FINAL WHERE ${s.where} AND ${t.key} = ${quote(key)})`
}

/** Counts of exceptions of one type per request. */
export function exceptionSql(frame: Frame, type: string, onset: number, kind: BaselineKind): string {
  const s = scope(frame, onset, kind)
  const per = (test: string) =>
    `(SELECT sumIf(count, ${test} AND exception_type = ${quote(type)}) FROM rollup_exceptions FINAL WHERE ${s.where}) / (SELECT sumIf(requests, ${test}) FROM rollup_routes FINAL WHERE ${s.where})`
  return `SELECT ${per(s.current)} AS observed, ${per(s.base)} AS expected`
}

/** Share of error and fatal records among all log records. */
export function logSql(frame: Frame, onset: number, kind: BaselineKind): string {
  const s = scope(frame, onset, kind)
  const share = (test: string) => `sumIf(count, severity IN ('error', 'fatal') AND ${test}) / sumIf(count, ${test})`
  return `SELECT ${share(s.current)} AS observed, ${share(s.base)} AS expected FROM rollup_logs FINAL WHERE ${s.where}`
}

const RATES = {
  route: { table: 'rollup_routes', value: 'requests', is: (key: string) => `route = ${quote(key)}` },
  edge: { table: 'rollup_edges', value: 'requests', is: (key: string) => `peer = ${quote(key)}` },
  pattern: {
    table: 'rollup_log_patterns',
    value: 'count',
    is: (key: string, service: string) => isPattern(key, service),
  },
  redaction: { table: 'rollup_redactions', value: 'count', is: (rule: string) => `rule = ${quote(rule)}` },
} as const

/** A pattern under its own id and those of the patterns that became part of it. */
const isPattern = (id: string, service: string): string =>
  `(pattern_id = ${quote(id)} OR pattern_id IN (SELECT pattern_id FROM log_patterns FINAL WHERE service = ${quote(service)} AND merged_into = ${quote(id)}))`

/** Requests, calls, log lines or masked items of one key, or of all (null), per minute. */
export function rateSql(
  frame: Frame,
  of: { cell: keyof typeof RATES; is: string | null },
  onset: number,
  kind: BaselineKind,
): string {
  const { table, value, is } = RATES[of.cell]
  const s = scope(frame, onset, kind)
  const minutes = frame.end - onset
  const beside = frame.end - frame.from
  const base = kind === 'concurrent' ? beside : frame.baseline.length
  return `SELECT sumIf(${value}, ${s.current}) / ${minutes} AS observed, sumIf(${value}, ${s.base}) / ${base} AS expected FROM ${table} FINAL WHERE ${s.where}${of.is === null ? '' : ` AND ${is(of.is, frame.window.service)}`}`
}

/** Lines of one log pattern per request, or out of all log records. */
export function patternSql(frame: Frame, id: string, served: boolean, onset: number, kind: BaselineKind): string {
  const s = scope(frame, onset, kind)
  const whole = served ? ['requests', 'rollup_routes'] : ['count', 'rollup_logs']
  const per = (test: string) =>
    `(SELECT sumIf(count, ${test}) FROM rollup_log_patterns FINAL WHERE ${s.where} AND ${isPattern(id, frame.window.service)}) / (SELECT sumIf(${whole[0]}, ${test}) FROM ${whole[1]} FINAL WHERE ${s.where})`
  return `SELECT ${per(s.current)} AS observed, ${per(s.base)} AS expected`
}

/** Share of the spans or log records looked at that have an attribute; the empty key counts all. */
export function attributeSql(frame: Frame, signal: 'span' | 'log', key: string, onset: number): string {
  const s = scope(frame, onset, 'before')
  const share = (test: string) => `sumIf(count, key = ${quote(key)} AND ${test}) / sumIf(count, key = '' AND ${test})`
  return `SELECT ${share(s.current)} AS observed, ${share(s.base)} AS expected FROM rollup_attributes FINAL WHERE ${s.where} AND signal = ${quote(signal)}`
}

/** Calls to one far side per request of a route. */
export function callsSql(frame: Frame, route: string, peer: string, onset: number): string {
  const s = scope(frame, onset, 'before')
  const of = `${s.where} AND route = ${quote(route)}`
  const per = (test: string) =>
    `(SELECT sumIf(calls, ${test}) FROM rollup_route_calls FINAL WHERE ${of} AND peer = ${quote(peer)}) / (SELECT sumIf(requests, ${test}) FROM rollup_routes FINAL WHERE ${of})`
  return `SELECT ${per(s.current)} AS observed, ${per(s.base)} AS expected`
}

/** A metric's sum per point (gauges, histograms), per request or per minute (counters). */
export function metricSql(
  frame: Frame,
  of: { metric: string; kind: string; unit: string },
  per: 'points' | 'requests' | 'minutes',
  onset: number,
): string {
  const s = scope(frame, onset, 'before')
  const sum = (value: string, test: string) =>
    `(SELECT sumIf(${value}, ${test}) FROM rollup_metrics FINAL WHERE ${s.where} AND metric = ${quote(of.metric)} AND kind = ${quote(of.kind)} AND unit = ${quote(of.unit)})`
  const divisor = (test: string, minutes: number) =>
    per === 'points'
      ? sum('points', test)
      : per === 'requests'
        ? `(SELECT sumIf(requests, ${test}) FROM rollup_routes FINAL WHERE ${s.where})`
        : String(minutes)
  return `SELECT ${sum('value_sum', s.current)} / ${divisor(s.current, frame.end - onset)} AS observed, ${sum('value_sum', s.base)} / ${divisor(s.base, frame.baseline.length)} AS expected`
}
