import type { Finding } from '../../../shared/model/verdict.ts'
import type { Store } from '../../../shared/store/store.ts'
import { betweenMs } from '../../../shared/store/within.ts'
import { ATTRIBUTES, type Evidence, EXEMPLARS, LEAST_BAD, LEAST_DIFFERENCE, OF_ONE_REQUEST, SAMPLES } from './limits.ts'
import { logEvidence, MASKED } from './logs.ts'

/** What a failure sets itself explains nothing, and what differs in every request neither. */
const NOT_TOLD = `^(http\\.(response\\.)?status_code|error|error\\..*|exception\\..*|otel\\.status.*|rpc\\.grpc\\.status_code|rpc\\.response.*|url\\..*|http\\.url|http\\.target|client\\..*|network\\..*|net\\..*|thread\\..*|process\\..*|service\\.(version|name)|plumbline\\..*|telemetry\\..*|${OF_ONE_REQUEST})$`

export type Subject = { service: string; environment: string; build: { version: string; commit: string } | null }

/** Looks up requests that show a finding, and what they have in common. Empty for findings that no span shows. */
export async function evidenceFor(store: Store, of: Subject, finding: Finding): Promise<Evidence> {
  const ofLogs = LOG_SIGNALS.has(finding.signal)
  const filter = filterOf(finding)
  if (!filter && !ofLogs) return { exemplar_trace_ids: [], top_attributes: [] }
  const params = {
    service: of.service,
    environment: of.environment,
    version: of.build?.version ?? '',
    commit: of.build?.commit ?? '',
    dimension: finding.dimension,
    upper_ns: Math.round(finding.upper * 1e6),
    from_ms: Date.parse(finding.window.current.from),
    to_ms: Date.parse(finding.window.current.to),
  }
  const within = `ServiceName = {service:String} AND Environment = {environment:String} AND ${betweenMs()}${of.build ? ' AND Version = {version:String} AND Commit = {commit:String}' : ''}`
  const ofLines = { service: of.service, where: within, params }
  if (!filter) return logEvidence(store, ofLines, finding)
  const where = `${within} AND ${filter.all}`
  const traces = await store.rows<{ TraceId: string }>(
    `SELECT TraceId FROM otel_traces WHERE ${where} AND ${filter.bad} AND TraceId != '' ORDER BY ${filter.order}, Timestamp, TraceId LIMIT ${EXEMPLARS}`,
    params,
  )
  const attributes = await store.rows<Finding['top_attributes'][number]>(
    `SELECT key, value, countIf(bad) / any(all_bad) AS bad_share, count() / any(all_spans) AS all_share FROM (
       SELECT *, sum(bad) OVER () AS all_bad, count() OVER () AS all_spans FROM (
         SELECT toUInt8(${filter.bad}) AS bad, arrayConcat(CAST(SpanAttributes, 'Array(Tuple(String, String))'), CAST(ResourceAttributes, 'Array(Tuple(String, String))'), [('instance', Instance)]) AS pairs
         FROM otel_traces WHERE ${where} ORDER BY Timestamp DESC, TraceId, SpanId LIMIT ${SAMPLES}
       )
     ) ARRAY JOIN pairs.1 AS key, pairs.2 AS value
     WHERE NOT match(key, '${NOT_TOLD.replaceAll('\\', '\\\\')}') AND length(value) BETWEEN 1 AND 120
     GROUP BY key, value HAVING countIf(bad) >= ${LEAST_BAD} AND bad_share - all_share >= ${LEAST_DIFFERENCE}
     ORDER BY bad_share - all_share DESC, key, value LIMIT ${ATTRIBUTES}`,
    params,
  )
  if (traces.length === 0 && finding.signal === 'secret_new') return logEvidence(store, ofLines, finding)
  return { exemplar_trace_ids: [...new Set(traces.map((t) => t.TraceId))], top_attributes: attributes }
}

const LOG_SIGNALS = new Set<Finding['signal']>(['log_error_rate', 'log_pattern_new', 'log_pattern_rate'])

type Filter = { all: string; bad: string; order: string }

const ROUTE = "if(Route = '', SpanName, Route) = {dimension:String}"
/** The dimension of an attribute of spans is this and the key. */
const SPAN = 'span '
const HAS_KEY = `mapContains(SpanAttributes, substring({dimension:String}, ${SPAN.length + 1}))`
const CALLS = "SpanKind IN ('Client', 'Producer') AND Peer = {dimension:String}"

function filterOf(f: Finding): Filter | null {
  const route = f.dimension === '(all)' ? 'IsEntry = 1' : `IsEntry = 1 AND ${ROUTE}`
  switch (f.signal) {
    case 'error_ratio':
      return { all: route, bad: 'Failed != 0', order: 'HttpStatus DESC' }
    case 'latency':
      return { all: route, bad: 'Duration > {upper_ns:UInt64}', order: 'Duration DESC' }
    case 'route_new':
      return { all: route, bad: '1', order: 'Timestamp' }
    case 'dependency_error_ratio':
      return { all: CALLS, bad: 'Failed != 0', order: 'Timestamp' }
    case 'dependency_latency':
      return { all: CALLS, bad: 'Duration > {upper_ns:UInt64}', order: 'Duration DESC' }
    case 'dependency_new':
      return { all: CALLS, bad: '1', order: 'Timestamp' }
    case 'exception_new':
    case 'exception_rate':
      return { all: '1', bad: 'ExceptionType = {dimension:String}', order: 'Timestamp' }
    case 'attribute_new':
      return f.dimension.startsWith(SPAN) ? { all: 'IsEntry = 1', bad: HAS_KEY, order: 'Timestamp' } : null
    case 'secret_new':
      return { all: '1', bad: MASKED, order: 'Timestamp' }
    default:
      return null
  }
}
