import type { Finding } from '../../../shared/model/verdict.ts'
import { likeOf } from '../../../shared/patterns/like.ts'
import { FITS } from '../../../shared/store/contains.ts'
import { templateOf } from '../../../shared/store/log-patterns.ts'
import type { Params, Store } from '../../../shared/store/store.ts'
import { SEVERITY } from '../rollups/log-sql.ts'
import { ATTRIBUTES, type Evidence, EXEMPLARS, LEAST_BAD, LEAST_DIFFERENCE, OF_ONE_REQUEST, SAMPLES } from './limits.ts'

/** Spans and log records in which the rule of a finding masked something. */
export const MASKED = "has(splitByChar(',', toString(Redacted)), {dimension:String})"

/** Lines of findings that are no pattern. */
const BAD: Partial<Record<Finding['signal'], string>> = {
  log_error_rate: `(${SEVERITY}) IN ('error', 'fatal')`,
  secret_new: MASKED,
}

/** Traces in which the lines of a finding were written, and the attributes of those lines that others have not. */
export async function logEvidence(
  store: Store,
  of: { service: string; where: string; params: Params },
  finding: Finding,
): Promise<Evidence> {
  const bad = BAD[finding.signal] ?? FITS
  const like = finding.signal in BAD ? '' : likeOf((await templateOf(store, finding.dimension, of.service)) ?? '')
  const params = { ...of.params, like }
  const traces = await store.rows<{ TraceId: string }>(
    `SELECT TraceId FROM otel_logs WHERE ${of.where} AND ${bad} AND TraceId != '' ORDER BY Timestamp, TraceId LIMIT 1 BY TraceId LIMIT ${EXEMPLARS}`,
    params,
  )
  const attributes = await store.rows<Finding['top_attributes'][number]>(
    `SELECT key, value, countIf(bad) / any(all_bad) AS bad_share, count() / any(all_lines) AS all_share FROM (
       SELECT *, sum(bad) OVER () AS all_bad, count() OVER () AS all_lines FROM (
         SELECT toUInt8(${bad}) AS bad, arrayConcat(CAST(LogAttributes, 'Array(Tuple(String, String))'), [('instance', Instance)]) AS pairs
         FROM otel_logs WHERE ${of.where} ORDER BY Timestamp DESC, TraceId, SpanId, Body LIMIT ${SAMPLES}
       )
     ) ARRAY JOIN pairs.1 AS key, pairs.2 AS value WHERE length(value) BETWEEN 1 AND 120 AND NOT match(key, '^(${OF_ONE_REQUEST}|plumbline\\\\..*)$')
     GROUP BY key, value HAVING countIf(bad) >= ${LEAST_BAD} AND bad_share - all_share >= ${LEAST_DIFFERENCE}
     ORDER BY bad_share - all_share DESC, key, value LIMIT ${ATTRIBUTES}`,
    params,
  )
  return { exemplar_trace_ids: traces.map((t) => t.TraceId), top_attributes: attributes }
}
