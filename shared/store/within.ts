/**
 * Conditions that rows lie in a span of time, for tables sorted by a coarse time before the service. The engine reads no coarse key off a
 * condition on the time itself where that stands in the key too: without the second half of each condition it looks at every part of the
 * day. `from` (inclusive) and `to` (exclusive) are SQL expressions.
 */

/** Raw rows, sorted by `toStartOfMinute`; `from` and `to` of type DateTime or DateTime64. */
export const rawWithin = (column: 'Timestamp' | 'TimeUnix', from: string, to: string): string =>
  `${column} >= ${from} AND ${column} < ${to} AND toStartOfMinute(${column}) BETWEEN toStartOfMinute(${from}) AND toStartOfMinute(${to})`

/** Rows of rollups, sorted by `toStartOfHour`; `from` and `to` of type DateTime. */
export const minutesWithin = (from: string, to: string, column = 'minute'): string =>
  `${column} >= ${from} AND ${column} < ${to} AND toStartOfHour(${column}) BETWEEN toStartOfHour(${from}) AND toStartOfHour(${to})`

/** Raw rows between the parameters `from_ms` and `to_ms` (Int64, epoch milliseconds). */
export const betweenMs = (column: 'Timestamp' | 'TimeUnix' = 'Timestamp'): string =>
  rawWithin(column, 'fromUnixTimestamp64Milli({from_ms:Int64})', 'fromUnixTimestamp64Milli({to_ms:Int64})')

/** Rows of rollups between the parameters `from_s` and `to_s` (Int64, epoch seconds). */
export const BETWEEN_S = minutesWithin('fromUnixTimestamp({from_s:Int64})', 'fromUnixTimestamp({to_s:Int64})')
