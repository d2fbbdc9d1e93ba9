import { LONGEST_RECORD } from './calibrate.ts'
import type { Scale } from './scale.ts'
import { eachWindow, type Side, STATISTICS, summarise } from './windows.ts'

/** What one summary of a window of this length may be, had nothing been deployed. In judged units, turned so that "high" is up. */
export type Band = {
  statistic: number
  /** Middle and highest of all placebo windows in the series' own history. */
  middle: number
  highest: number
  /** One unit of excess beyond `highest`. */
  margin: number
  /** Set where the band lies around the same hours of earlier days: the summaries of all windows, by start. */
  daily: { column: readonly number[]; day: number } | null
}

/**
 * Buckets just before the deploy from which the level may be predicted, beside the level of the whole baseline: half an hour and two hours of
 * five-minute buckets. A series that wanders is predicted from the recent past, one that returns to its mean is not.
 */
const RECENT = [6, 24]
/** Below this regression slope the recent past says too little, and the plain level is kept. */
const MIN_SLOPE = 0.3
/** The two steadiest summaries must agree: on dev that gives at 4 % false alerts the power that one alone has at 5 %; three are no better. */
const AGREE = 2
/** Earlier days averaged at most. */
const MAX_DAYS = 7

type Option = Band & { needs: number }

/** All windows of one length of one series: a column per summary, in order of their first bucket. Kept, for several bands need them. */
export type Columns = (w: number, side: Side) => number[][]

/** Summaries of every window of `values`, in judged units, turned so that the tested side is up. */
export function columnsOf(values: readonly number[], scale: Scale): Columns {
  const known = new Map<string, number[][]>()
  return (w, side) => {
    const key = `${side}${w}`
    const found = known.get(key)
    if (found) return found
    const turn = side === 'high' ? 1 : -1
    const columns: number[][] = STATISTICS.map(() => [])
    eachWindow(values, w, (_, sorted) => {
      const summary = summarise(sorted, side)
      for (let s = 0; s < columns.length; s++) columns[s]!.push(turn * scale.to(summary[s]!))
    })
    known.set(key, columns)
    return columns
  }
}

/**
 * Placebo deploys: every window of `w` buckets of the baseline, each also as its distance from what the buckets before it, or the same hours of earlier
 * days, predict. Per summary the predictor with the smallest reach is kept; of the summaries, the two with the smallest reach.
 * `day`: buckets per day where earlier days may be looked up, else 0.
 */
export function bandsFor(columns: Columns, w: number, side: Side, scale: Scale, day: number): Band[] {
  const options = columns(w, side).map((column, s) => {
    const found = [option(s, column, 0, scale, w)]
    for (const m of RECENT) {
      const past = columns(m, side)[s]!
      const predicted = column.length > 2 * m ? regress(past, column, m) : null
      if (predicted) found.push(option(s, predicted.residuals, predicted.now, scale, w))
    }
    if (day > 0 && column.length > day) {
      const residuals = column.slice(day).map((v, i) => v - sameHours(column, i + day, day))
      found.push({ ...option(s, residuals, 0, scale, w), daily: { column, day } })
    }
    return found.reduce((a, b) => (b.needs < a.needs ? b : a))
  })
  return options.sort((a, b) => a.needs - b.needs).slice(0, AGREE)
}

/** How far the band moves for a window that starts at bucket `start` (counted from the first of the baseline). */
export function shiftOf(band: Band, start: number): number {
  return band.daily ? sameHours(band.daily.column, start, band.daily.day) : 0
}

/** Mean of the windows that began at the same time on earlier days. */
function sameHours(column: readonly number[], start: number, day: number): number {
  let total = 0
  let n = 0
  for (let i = start - day; i >= 0 && n < MAX_DAYS; i -= day) {
    if (i >= column.length) continue
    total += column[i]!
    n++
  }
  return n > 0 ? total / n : 0
}

/** Least squares of each window on the `m` buckets before it; null where the slope is small. `now`: the moving part of the prediction at the deploy. */
function regress(
  past: readonly number[],
  column: readonly number[],
  m: number,
): { residuals: number[]; now: number } | null {
  const n = column.length - m
  let mx = 0
  let my = 0
  for (let i = 0; i < n; i++) {
    mx += past[i]! / n
    my += column[i + m]! / n
  }
  let sxy = 0
  let sxx = 0
  for (let i = 0; i < n; i++) {
    sxy += (past[i]! - mx) * (column[i + m]! - my)
    sxx += (past[i]! - mx) ** 2
  }
  const slope = sxx > 0 ? Math.min(1, sxy / sxx) : 0
  if (slope < MIN_SLOPE) return null
  const residuals: number[] = []
  for (let i = 0; i < n; i++) residuals.push(column[i + m]! - slope * past[i]!)
  return { residuals, now: slope * past.at(-1)! }
}

/** `needs`: how far above its middle a window must lie to be seen; the smaller, the steadier the summary. */
function option(statistic: number, placebo: readonly number[], shift: number, scale: Scale, w: number): Option {
  const sorted = Float64Array.from(placebo).sort()
  const spare = Math.max(0, Math.floor(placebo.length / LONGEST_RECORD) - 1) * w
  const middle = sorted[sorted.length >> 1]!
  const highest = sorted[sorted.length - 1 - spare]!
  const margin = highest - middle + scale.floor
  const needs = highest - middle + margin / 2
  return { statistic, middle: middle + shift, highest: highest + shift, margin, daily: null, needs }
}
