import { sameBuild } from '../../../shared/state/deploy-merge.ts'

/**
 * What a series counts. `key` is the route, the edge's far side, the exception type, the severity, the pattern, the metric; of calls, route
 * and far side; of what was masked, rule and place; of attributes, 'span' or 'log' and the key, empty for all that were looked at.
 */
export type Cell = 'route' | 'edge' | 'exception' | 'log' | 'pattern' | 'metric' | 'call' | 'redaction' | 'attribute'
/** Between route and far side in the key of a call. */
export const CALLS = ' → '
/** Attribute keys of one build and minute that are kept, the most frequent. */
export const ATTRIBUTE_KEYS = 200
export type Build = { version: string; commit: string }

/** One key of one build of one service, a slot a minute; metrics of one name but another kind or unit stand apart. */
export type Series = Build & {
  cell: Cell
  key: string
  /** Metrics: gauge, counter or histogram; patterns: the severity; what was masked: the rule; attributes: the library that sets it, with its version. */
  kind: string
  unit: string
  /** Log patterns: the template; what was masked: the route of the span, '' for a log record; attributes: the only route that has it, '' where several do. */
  label: string
  /** Log patterns: the epoch minute in which it was first seen, by any build, as far back as anything is kept; 0 where unknown. */
  firstMinute: number
  total: Float64Array
  bad: Float64Array
  /** Milliseconds for spans, the metric's own unit for metrics. */
  sum: Float64Array
  histograms: (ReadonlyMap<number, number> | undefined)[]
}

/** Rollups of one service in one environment over a span of minutes. */
export type Window = {
  service: string
  environment: string
  fromMinute: number
  /** Exclusive. */
  toMinute: number
  /** Before this minute there are counts, but no histograms. */
  histogramsFrom: number
  series: Map<string, Series>
}

/** As read: [minute, total, bad, sum, bucket_index, bucket_count]. */
export type CellRow = [number, number, number, number, number[]?, number[]?]
export type SeriesRow = Build & {
  service: string
  environment: string
  key: string
  kind?: string
  unit?: string
  label?: string
  first_minute?: number
  cells: CellRow[]
}

/** Series of one service kept in a window; the busiest come first from the engine. */
const MAX_SERIES = 1500

export const emptyWindow = (
  of: { service: string; environment: string },
  fromMinute: number,
  toMinute: number,
  histogramsFrom = fromMinute,
): Window => ({
  service: of.service,
  environment: of.environment,
  fromMinute,
  toMinute,
  histogramsFrom,
  series: new Map(),
})

/** Forgets some minutes, before they are read again. */
export function clearMinutes(window: Window, minutes: Iterable<number>): void {
  const slots = [...minutes].map((m) => m - window.fromMinute).filter((s) => s >= 0)
  for (const series of window.series.values()) {
    for (const s of slots) {
      series.total[s] = 0
      series.bad[s] = 0
      series.sum[s] = 0
      series.histograms[s] = undefined
    }
  }
}

/** Puts rows of one kind into the window; minutes outside it are left out. */
export function addRows(window: Window, cell: Cell, rows: Iterable<SeriesRow>): void {
  const length = window.toMinute - window.fromMinute
  for (const row of rows) {
    const id = `${cell}\n${row.version}\n${row.commit}\n${row.key}${cell === 'metric' ? `\n${row.kind}\n${row.unit}` : ''}`
    let series = window.series.get(id)
    if (!series) {
      if (window.series.size >= MAX_SERIES) continue
      series = {
        cell,
        key: row.key,
        version: row.version,
        commit: row.commit,
        kind: row.kind ?? '',
        unit: row.unit ?? '',
        label: row.label ?? '',
        firstMinute: 0,
        total: new Float64Array(length),
        bad: new Float64Array(length),
        sum: new Float64Array(length),
        histograms: [],
      }
      window.series.set(id, series)
    }
    series.label = labelOf(series, row)
    series.firstMinute = row.first_minute ?? series.firstMinute
    for (const [minute, total, bad, sum, index, count] of row.cells) {
      const s = minute - window.fromMinute
      if (s < 0 || s >= length) continue
      series.total[s] = total
      series.bad[s] = bad
      series.sum[s] = sum
      if (index && count && index.length > 0) series.histograms[s] = new Map(index.map((i, k) => [i, count[k] ?? 0]))
    }
  }
}

/** What was read last knows best; of an attribute all minutes must name the same route. */
const labelOf = (series: Series, row: SeriesRow): string =>
  series.cell === 'attribute' && series.label !== row.label ? '' : (row.label ?? series.label)

/** Bytes of a map of a dozen buckets, and of a number in an array, as Node 20 keeps them. */
const HISTOGRAM_BYTES = 500
const NUMBER_BYTES = 8

/** How many bytes a window holds, roughly. */
export function sizeOf(window: Window): number {
  let size = 0
  for (const s of window.series.values()) {
    size += 3 * NUMBER_BYTES * s.total.length
    for (const h of s.histograms) if (h) size += HISTOGRAM_BYTES
  }
  return size
}

export const seriesOf = (window: Window, cell: Cell): Series[] =>
  [...window.series.values()].filter((s) => s.cell === cell)

export const isBuild = (s: Build, build: Build): boolean =>
  sameBuild(s, build) || (s.version === build.version && s.commit === build.commit)

/** Keys of the series, busiest first. */
export function keysOf(series: readonly Series[]): string[] {
  const sums = new Map<string, number>()
  for (const s of series) sums.set(s.key, (sums.get(s.key) ?? 0) + s.total.reduce((a, b) => a + b, 0))
  return [...sums].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).map(([key]) => key)
}
