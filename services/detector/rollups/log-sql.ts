import { logAttributes } from './attribute-sql.ts'
import { redactions } from './redaction-sql.ts'
import type { Statement } from './statement.ts'

const BASE = ['minute', 'service', 'environment', 'version', 'commit']

const KEY = 'minute, service, environment, version, commit'
const SOURCE_KEY =
  'toStartOfMinute(Timestamp) AS minute, ServiceName AS service, Environment AS environment, Version AS version, Commit AS commit'
const RANGE =
  'Timestamp >= fromUnixTimestamp64Milli({from_ms:Int64}) AND Timestamp < fromUnixTimestamp64Milli({to_ms:Int64}) AND toUnixTimestamp(toStartOfMinute(Timestamp)) IN {minutes:Array(UInt32)}'
/** Ranges of OTLP's SeverityNumber; the text counts where no number was sent. */
export const SEVERITY = `multiIf(
  SeverityNumber BETWEEN 1 AND 4, 'trace', SeverityNumber BETWEEN 5 AND 8, 'debug', SeverityNumber BETWEEN 9 AND 12, 'info',
  SeverityNumber BETWEEN 13 AND 16, 'warn', SeverityNumber BETWEEN 17 AND 20, 'error', SeverityNumber >= 21, 'fatal',
  lower(SeverityText) IN ('warning', 'warn'), 'warn', lower(SeverityText) IN ('err', 'error'), 'error',
  lower(SeverityText) IN ('critical', 'crit', 'fatal', 'alert', 'emergency', 'panic'), 'fatal',
  lower(SeverityText) IN ('info', 'information', 'notice'), 'info', lower(SeverityText) IN ('debug', 'trace'), lower(SeverityText), '')`

export const logStatements: readonly Statement[] = [
  {
    table: 'rollup_logs',
    key: [...BASE, 'severity'],
    values: ['count'],
    sql: `INSERT INTO rollup_logs (${KEY}, severity, count, computed_at)
SELECT ${SOURCE_KEY}, ${SEVERITY} AS severity, count(), fromUnixTimestamp64Milli({computed_ms:Int64})
FROM otel_logs WHERE ${RANGE} GROUP BY ${KEY}, severity`,
  },
  redactions('logs', "''"),
  logAttributes,
]
