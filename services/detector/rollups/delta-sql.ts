import { MINUTES, points, STALE } from './metric-points.ts'

/** Part of a point's length that may lie before the end of the one before it: clocks are read twice. */
const TOLERANCE = 0.1

/**
 * Deltas, each once: SQL of rows with what `points` gives, `value_<i>` per column, `repeats_` and `violations_`. In the order of
 * their times, a point with the start and the time of the one before is a repeat; one that begins before the end of the last one kept
 * overlaps it and is left out (OTLP's data model, "Overlap"). A start that is unset or never moves says nothing about overlap.
 */
export function deltas(o: { table: string; columns: readonly string[]; where: string }): string {
  const { columns } = o
  const values = columns.map((c, i) => `toFloat64(${c}) AS column_${i}`).join(', ')
  const inner = points({ ...o, wide: true, where: `NOT ${STALE} AND ${o.where}`, more: values })
  const overlaps = (start: string, time: string, end: string, lastStart: string) =>
    `${start} > 0 AND ${start} != ${lastStart} AND ${start} + intDiv(${time} - ${start}, ${1 / TOLERANCE}) < ${end}`
  // Of each stream: (start, time) in nanoseconds in order of time. Most have no overlap and need no look at each point.
  const streams = `SELECT stream AS of_stream, arraySort(p -> (p.2, p.1), groupUniqArray((toUnixTimestamp64Nano(StartTimeUnix), toUnixTimestamp64Nano(TimeUnix)))) AS all_,
    if(arrayExists((p, before) -> before.2 > 0 AND ${overlaps('p.1', 'p.2', 'before.2', 'before.1')}, all_, arrayPopBack(arrayPushFront(all_, (toInt64(0), toInt64(0))))), all_, []) AS doubtful,
    arrayFold((last, p) -> if(last.1.2 > 0 AND ${overlaps('p.1', 'p.2', 'last.1.2', 'last.1.1')}, (last.1, arrayPushBack(last.2, p)), (p, last.2)),
      doubtful, ((toInt64(0), toInt64(0)), CAST([], 'Array(Tuple(Int64, Int64))'))).2 AS left_out
    FROM (${inner}) GROUP BY stream`
  return `SELECT *, of_.left_out AS left_, has(left_, (toUnixTimestamp64Nano(StartTimeUnix), toUnixTimestamp64Nano(TimeUnix))) AS is_overlap,
    row_number() OVER (PARTITION BY stream, StartTimeUnix, TimeUnix ORDER BY ${columns.map((_, i) => `column_${i}`).join(', ')}) > 1 AS is_repeat,
    ${columns.map((_, i) => `if(is_repeat OR is_overlap, nan, column_${i}) AS value_${i}`).join(', ')},
    is_repeat AS repeats_, is_overlap AND NOT is_repeat AS violations_, 0 AS resets_
    FROM (${inner}) AS points_of_all LEFT JOIN (${streams}) AS of_ ON stream = of_.of_stream WHERE ${MINUTES}`
}
