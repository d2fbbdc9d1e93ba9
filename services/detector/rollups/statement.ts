import { minutesWithin } from '../../../shared/store/within.ts'

/**
 * One rollup table, recomputed inside the engine for some minutes. `sql` takes `from_ms`, `to_ms` (a span that holds the
 * minutes), `minutes` (epoch seconds) and `computed_ms`.
 */
export type Statement = {
  table: string
  /** All key columns, minute first. */
  key: readonly string[]
  /** Value columns, the first one positive in every real row; all zero for keys that a later computation no longer has. */
  values: readonly string[]
  sql: string
  /** Which rows of the table are this statement's, where another writes to it too. */
  own?: string
  /** Asks for one row of the source in the minutes: where there is none the statement, which is dear to plan, is not run. */
  needs?: string
}

/** Rows of rollups from `from_s` to `to_s`. */
export const WRITTEN = minutesWithin('toDateTime({from_s:UInt32})', 'toDateTime({to_s:UInt32})')

/** Writes zeros over what an earlier computation left of keys that the one of `computed_ms` does not have. */
export const clearing = ({ table, key, values, own }: Statement): string =>
  `INSERT INTO ${table} (${key.join(', ')}, ${values.join(', ')}, computed_at)
SELECT ${key.join(', ')}, ${values.map((v) => (v.startsWith('bucket_') ? `[] AS ${v}_` : '0')).join(', ')}, fromUnixTimestamp64Milli({computed_ms:Int64})
FROM ${table} FINAL WHERE ${WRITTEN} AND toUnixTimestamp(minute) IN {minutes:Array(UInt32)}
AND computed_at < fromUnixTimestamp64Milli({computed_ms:Int64}) AND ${values[0]} > 0${own === undefined ? '' : ` AND ${own}`}`
