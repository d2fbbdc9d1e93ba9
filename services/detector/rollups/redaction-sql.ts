import { REDACTION_RULES } from '../../../shared/model/redaction.ts'
import type { Statement } from './statement.ts'

/** Places of one rule that are kept of a service and minute: the busiest. */
const MAX_PLACES = 50
/** What a client names otherwise in that attribute is no rule. */
const RULES = Object.keys(REDACTION_RULES)
  .map((rule) => `'${rule}'`)
  .join(', ')
const KEY = 'minute, service, environment, version, commit'
const RANGE =
  'Timestamp >= fromUnixTimestamp64Milli({from_ms:Int64}) AND Timestamp < fromUnixTimestamp64Milli({to_ms:Int64}) AND toUnixTimestamp(toStartOfMinute(Timestamp)) IN {minutes:Array(UInt32)}'

/** Items of one signal in which redaction masked something, by rule and place. Most services have none. */
export const redactions = (signal: 'traces' | 'logs', place: string): Statement => {
  const source = `otel_${signal} WHERE ${RANGE} AND Redacted != ''`
  return {
    table: 'rollup_redactions',
    key: ['minute', 'service', 'environment', 'version', 'commit', 'signal', 'rule', 'place'],
    values: ['count'],
    own: `signal = '${signal}'`,
    needs: `SELECT 1 FROM ${source} LIMIT 1`,
    sql: `INSERT INTO rollup_redactions (${KEY}, signal, rule, place, count, computed_at)
SELECT toStartOfMinute(Timestamp) AS minute, ServiceName AS service, Environment AS environment, Version AS version, Commit AS commit, '${signal}' AS signal, arrayJoin(splitByChar(',', toString(Redacted))) AS rule, ${place} AS place, count() AS n, fromUnixTimestamp64Milli({computed_ms:Int64})
FROM ${source} GROUP BY ${KEY}, rule, place HAVING rule IN (${RULES}) ORDER BY n DESC LIMIT ${MAX_PLACES} BY minute, service, environment, rule`,
  }
}
