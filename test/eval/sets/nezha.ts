import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { rankServices } from '../../../services/detector/attribution/rank_services.ts'
import type { ResourceSeries } from '../../../services/detector/attribution/resources.ts'
import type { LogRow, SpanRow, Telemetry } from '../../../services/detector/attribution/telemetry.ts'
import { createServicePatternMiners, type ServicePatternMiners } from '../../../shared/patterns/services.ts'
import { numberOf } from '../lib/cases.ts'
import { parseCsvRecords } from '../lib/csv.ts'
import { readText } from '../lib/gzip.ts'
import type { EvalOptions } from '../main.ts'

type Case = { case: string; app?: string; day?: string; inject_time_utc?: string }
/** When the fault began, as text; '' where that is not told. */
const beganOf = (one: Case): string => one.inject_time_utc ?? one.day ?? ''
type Row = Record<string, string>

/** Metrics that are a share of a limit, or a time that requests take, with the smallest change worth a word. */
const resources = [
  { column: 'CpuUsageRate(%)', name: 'CPU of its limit', unit: ' %', floor: 5, inherited: false },
  { column: 'PodServerLatencyP90(s)', name: 'p90 of requests served', unit: ' s', floor: 0.02, inherited: true },
]

/** Ranks the services of each case: fault-free telemetry of the same application against the minutes after the injection. */
export default async function run({ input, out, progress }: EvalOptions): Promise<void> {
  const cases = JSON.parse(readFileSync(join(input, 'cases.json'), 'utf8')) as Case[]
  const lines: string[] = []
  for (const one of cases) {
    const miners = createServicePatternMiners({ maxServices: 200, maxPatternsPerService: 2000 })
    const days = baselineDays(input, one)
    const quiet = days.map((day) => join(input, 'baseline', day))
    const fromMs = Date.parse(`${beganOf(one).replace(' ', 'T')}Z`)
    const folder = join(input, 'cases', one.case)
    const raw = { before: quiet.map((dir) => readTelemetry(dir, miners)), now: [readTelemetry(folder, miners)] }
    const ranking = rankServices({
      before: settle(raw.before, miners),
      now: settle(raw.now, miners),
      resources: resourceSeries(quiet.at(-1) ?? '', folder, fromMs),
      calls: one.app === 'ob' ? knownCalls(input) : [],
    })
    lines.push(JSON.stringify({ case: one.case, ranking: ranking.suspects.map((s) => s.node) }))
    const first = ranking.suspects[0]
    progress(`${one.case}: ${first === undefined ? ranking.reason : `${first.node}: ${first.evidence[0]}`}`)
  }
  writeFileSync(out, `${lines.join('\n')}\n`)
}

/** Fault-free days of the case's application, its own day last. TrainTicket was recorded in 2023, OnlineBoutique in 2022. */
function baselineDays(input: string, one: Case): string[] {
  const year = beganOf(one).slice(0, 4)
  const own = beganOf(one).slice(0, 10)
  const others = readdirSync(join(input, 'baseline')).filter((day) => day.startsWith(year) && day !== own)
  return [...others.sort(), own]
}

/** OnlineBoutique has no traces here, but its call graph. */
function knownCalls(input: string): [string, string][] {
  return records(join(input, 'dependency_ob.csv')).map((row) => [row.Source!, row.Target!])
}

const serviceOf = (pod = ''): string => pod.split('-').slice(0, -2).join('-')
const records = (path: string): Row[] => (existsSync(path) ? parseCsvRecords(readText(path)) : [])

type RawLog = { spanId: string; service: string; id: string; template: string; site: string; error: boolean }
type Raw = { spans: SpanRow[]; logs: RawLog[] }

function readTelemetry(folder: string, miners: ServicePatternMiners): Raw {
  const logRows = records(join(folder, 'logs.csv.gz'))
  if (logRows.length === 0) return { spans: [], logs: [] }
  const spans = records(join(folder, 'traces.csv.gz')).flatMap((row): SpanRow[] => {
    const [start = '', micros] = [row.StartTimeUnixNano, numberOf(row.Duration)]
    if (!/^\d+$/.test(start) || micros === null) return []
    return [
      {
        spanId: row.SpanID ?? '',
        parentId: row.ParentID === 'root' ? '' : (row.ParentID ?? ''),
        service: serviceOf(row.PodName),
        operation: row.OperationName ?? '',
        startMs: Number(BigInt(start) / 1_000_000n),
        durationMs: micros / 1000,
      },
    ]
  })
  const logs = logRows
    .sort((a, b) => ((a.time_ns ?? '') < (b.time_ns ?? '') ? -1 : a.time_ns === b.time_ns ? 0 : 1))
    .map((row) => readLog(row, miners))
  return { spans, logs }
}

/**
 * `HH:MM:SS.mmm LEVEL logger#line TraceID: … SpanID: … message`. Logger and line are what an SDK sends as `code.*` attributes: where
 * they are known they tell statements apart better than the text does.
 */
const layout = /^\S+ +([A-Z]+) +(\S+#\d+)? *TraceID: \S* +SpanID: \S* +(.*)$/s

function readLog(row: Row, miners: ServicePatternMiners): RawLog {
  const service = serviceOf(row.pod)
  const body = row.body ?? ''
  const [, level, site, message] = layout.exec(body) ?? []
  const { id, template } = miners.observe(service, message ?? body)
  return {
    spanId: row.span_id ?? '',
    service,
    id,
    template,
    site: site ?? '',
    error: level === 'ERROR' || level === 'FATAL',
  }
}

/** Ids of patterns that merged while reading become one. */
function settle(parts: Raw[], miners: ServicePatternMiners): Telemetry {
  const logs = parts.flatMap((p) => p.logs)
  return {
    spans: parts.flatMap((p) => p.spans),
    logs: logs.map((log): LogRow => {
      const id = miners.of(log.service)?.resolve(log.id) ?? log.id
      return {
        spanId: log.spanId,
        service: log.service,
        statement: log.site === '' ? id : log.site,
        error: log.error,
        text: log.template,
      }
    }),
  }
}

function resourceSeries(quiet: string, folder: string, fromMs: number): ResourceSeries[] {
  const history = records(join(quiet, 'metrics.csv.gz'))
  const rows = records(join(folder, 'metrics.csv.gz'))
  const services = new Set(rows.map((row) => serviceOf(row.pod)).filter((s) => s !== ''))
  const time = (row: Row) => Date.parse(`${(row.time ?? '').replace(' ', 'T')}Z`)
  const all: ResourceSeries[] = []
  for (const service of services) {
    for (const { column, ...kind } of resources) {
      const values = (from: Row[]) =>
        from.filter((row) => serviceOf(row.pod) === service).flatMap((row) => numberOf(row[column]) ?? [])
      const justBefore = values(rows.filter((row) => time(row) < fromMs))
      const now = values(rows.filter((row) => time(row) >= fromMs))
      all.push({ ...kind, service, history: values(history), justBefore, now })
    }
  }
  return all
}
