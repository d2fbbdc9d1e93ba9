import { LOOKBACK_MINUTES, MINUTES, points, STALE } from './metric-points.ts'

/** Points looked back at to tell two writers of one stream from a reset. */
const RECENT = 8
/** A total that falls and comes back to where it was is a second writer's: once may be a counter that grew fast after a reset. */
const RECOVERIES = 2

const BEFORE = 'ROWS BETWEEN 1 PRECEDING AND 1 PRECEDING'
const LAST = `ROWS BETWEEN ${RECENT} PRECEDING AND 1 PRECEDING`

/**
 * Totals that only grow, as increases: SQL of rows with what `points` gives, `value_<i>` per column (NaN: says nothing),
 * `resets_`, `violations_` and `repeats_`. `total` is the column that never falls but in a reset; `columns` grow with it.
 *
 * OTLP's data model, "Resets and gaps": points of one start time are one sequence, so that two processes in one stream with
 * starts of their own are each followed. The first of a sequence counts from its start where that is near and known, else it
 * adds nothing. A fall within a sequence is a reset that nobody told. A stale marker ends the sequence: what came between
 * it and the next point belongs to no minute. So does what came in a gap longer than the look back.
 */
export function increases(o: { table: string; total: string; columns: readonly string[]; where: string }): string {
  const { total, columns } = o
  const sequence = 'PARTITION BY stream, is_void, StartTimeUnix ORDER BY TimeUnix, total_'
  const inner = points({
    table: o.table,
    wide: true,
    where: o.where,
    more: `${STALE} AS is_stale, ${STALE} OR NOT isFinite(toFloat64(${total})) AS is_void, ${total} AS total_, ${columns.map((c, i) => `toFloat64(${c}) AS column_${i}`).join(', ')}`,
  })
  const followed = `SELECT *,
    any(StartTimeUnix) OVER in_stream AS before_start, any(is_stale) OVER in_stream AS was_stale,
    any(TimeUnix) OVER in_sequence AS previous_time, any(total_) OVER in_sequence AS previous_total, max(total_) OVER lately AS highest,
    ${columns.map((_, i) => `any(column_${i}) OVER in_sequence AS previous_${i}, argMax(column_${i}, total_) OVER lately AS highest_${i}`).join(', ')}
    FROM (${inner})
    WINDOW in_stream AS (PARTITION BY stream ORDER BY TimeUnix, StartTimeUnix ${BEFORE}), in_sequence AS (${sequence} ${BEFORE}), lately AS (${sequence} ${LAST})`
  const judged = `SELECT *, previous_total < highest AND total_ >= highest AS recovers,
    sum(recovers) OVER (${sequence} ROWS BETWEEN ${RECENT} PRECEDING AND CURRENT ROW) >= ${RECOVERIES} AS is_shared,
    toStartOfMinute(TimeUnix) - INTERVAL ${LOOKBACK_MINUTES} MINUTE AS oldest,
    previous_time >= oldest AS follows, previous_time = TimeUnix AS is_repeat, follows AND NOT is_shared AND total_ < previous_total AS is_reset,
    StartTimeUnix >= oldest AND StartTimeUnix < TimeUnix AS starts_near
    FROM (${followed})`
  const value = (i: number) => `multiIf(
    is_void OR is_repeat OR (follows AND was_stale), nan,
    is_shared, if(total_ > highest, column_${i} - highest_${i}, nan),
    is_reset, column_${i}, follows, column_${i} - previous_${i}, starts_near, column_${i}, nan) AS value_${i}`
  return `SELECT *, ${columns.map((_, i) => value(i)).join(', ')}, is_reset AND NOT is_void AND NOT was_stale AS resets_,
    NOT is_void AND ((is_shared AND recovers) OR before_start > StartTimeUnix AND toUnixTimestamp64Nano(StartTimeUnix) > 0) AS violations_,
    is_repeat AND NOT is_void AS repeats_
    FROM (${judged}) WHERE ${MINUTES}`
}
