import { LONGEST_RECORD } from './calibrate.ts'
import type { Scale } from './scale.ts'
import type { Values } from './types.ts'
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
/** Share of a window's buckets that may be without a value. */
const MAX_GAPS = 0.25
/** Earlier days averaged at most. */
const MAX_DAYS = 7

type Option = Band & { needs: number }

/** All windows of one length of one series: a column per summary, in order of their first bucket. Kept, for several bands need them. */
export type Columns = (w: number, side: Side) => number[][]

/**
 * Summaries of every window of `values`, in judged units, turned so that the tested side is up. A gap takes the value before it; a window with too
 * many of them has no summary (NaN), so that a history of some hours of each day is read like a whole one.
 */
export function columnsOf(values: Values, scale: Scale): Columns {
  const { held, gaps } = filled(values)
  const known = new Map<string, number[][]>()
  return (w, side) => {
    const key = `${side}${w}`
    const found = known.get(key)
    if (found) return found
    const turn = side === 'high' ? 1 : -1
    const columns: number[][] = STATISTICS.map(() => [])
    eachWindow(held, w, (start, sorted) => {
      const whole = gaps[start + w]! - gaps[start]! <= MAX_GAPS * w
      const summary = whole ? summarise(sorted, side) : null
      for (let s = 0; s < columns.length; s++) columns[s]!.push(summary ? turn * scale.to(summary[s]!) : Number.NaN)
    })
    known.set(key, columns)
    return columns
  }
}

/** `gaps[i]`: how many of the first `i` buckets have no value of their own. */
function filled(values: Values): { held: number[]; gaps: Uint32Array } {
  const gaps = new Uint32Array(values.length + 1)
  let last = values.find((v) => v !== null && Number.isFinite(v)) ?? 0
  const held = values.map((v, i) => {
    const isKnown = v !== null && Number.isFinite(v)
    gaps[i + 1] = gaps[i]! + (isKnown ? 0 : 1)
    if (isKnown) last = v
    return last
  })
  return { held, gaps }
}

/**
 * Placebo deploys: every window of `w` buckets of the baseline, each also as its distance from what the buckets before it, or the same hours of earlier
 * days, or both, predict. Per summary the predictor with the smallest reach is kept; of the summaries, the two with the smallest reach; none where
 * hardly a window is whole.
 * `day`: buckets per day where earlier days may be looked up, else 0.
 */
export function bandsFor(columns: Columns, w: number, side: Side, scale: Scale, day: number): Band[] {
  const options = columns(w, side).map((column, s) => {
    const found = [option(s, column, 0, scale, w)]
    const fromRecent = (of: readonly number[], past: (m: number) => readonly number[]) =>
      RECENT.flatMap((m) => {
        const predicted = of.length > 2 * m ? regress(past(m), of, m) : null
        return predicted ? [option(s, predicted.residuals, predicted.now, scale, w)] : []
      })
    found.push(...fromRecent(column, (m) => columns(m, side)[s]!))
    if (day > 0 && column.length > day) {
      const byHour = (of: readonly number[]) => of.slice(day).map((v, i) => v - sameHours(of, i + day, day))
      const today = byHour(column)
      const daily = [option(s, today, 0, scale, w), ...fromRecent(today, (m) => byHour(columns(m, side)[s]!))]
      found.push(...daily.map((o) => ({ ...o, daily: { column, day } })))
    }
    return found.reduce((a, b) => (b.needs < a.needs ? b : a))
  })
  return options
    .filter((o) => Number.isFinite(o.needs))
    .sort((a, b) => a.needs - b.needs)
    .slice(0, AGREE)
}

/**
 * How far the band moves for a window that starts at bucket `start` (counted from the first of the baseline). Hours that no earlier day has are read
 * like the last ones before them that one has.
 */
export function shiftOf(band: Band, start: number): number {
  if (!band.daily) return 0
  const { column, day } = band.daily
  let shift = sameHours(column, start, day)
  for (let s = start - 1; Number.isNaN(shift) && s > start - day; s--) shift = sameHours(column, s, day)
  return shift
}

/** Mean of the windows that began at the same time on earlier days. */
function sameHours(column: readonly number[], start: number, day: number): number {
  let total = 0
  let n = 0
  for (let i = start - day; i >= 0 && n < MAX_DAYS; i -= day) {
    if (i >= column.length || Number.isNaN(column[i])) continue
    total += column[i]!
    n++
  }
  return n > 0 ? total / n : Number.NaN
}

/** Least squares of each window on the `m` buckets before it; null where the slope is small. `now`: the moving part of the prediction at the deploy. */
function regress(
  past: readonly number[],
  column: readonly number[],
  m: number,
): { residuals: number[]; now: number } | null {
  const now = past.at(-1)!
  if (Number.isNaN(now)) return null
  const pairs = column.length - m
  let n = 0
  let mx = 0
  let my = 0
  for (let i = 0; i < pairs; i++) {
    if (Number.isNaN(past[i]! + column[i + m]!)) continue
    n++
    mx += past[i]!
    my += column[i + m]!
  }
  mx /= n
  my /= n
  let sxy = 0
  let sxx = 0
  for (let i = 0; i < pairs; i++) {
    const x = past[i]! - mx
    const y = column[i + m]! - my
    if (Number.isNaN(x + y)) continue
    sxy += x * y
    sxx += x * x
  }
  const slope = sxx > 0 ? Math.min(1, sxy / sxx) : 0
  if (slope < MIN_SLOPE) return null
  const residuals: number[] = []
  for (let i = 0; i < pairs; i++) residuals.push(column[i + m]! - slope * past[i]!)
  return { residuals, now: slope * now }
}

/** `needs`: how far above its middle a window must lie to be seen; the smaller, the steadier the summary. */
function option(statistic: number, placebo: readonly number[], shift: number, scale: Scale, w: number): Option {
  const sorted = Float64Array.from(placebo.filter((v) => !Number.isNaN(v))).sort()
  if (sorted.length < w)
    return { statistic, middle: shift, highest: shift, margin: 0, daily: null, needs: Number.POSITIVE_INFINITY }
  const spare = Math.max(0, Math.floor(sorted.length / LONGEST_RECORD) - 1) * w
  const middle = sorted[sorted.length >> 1]!
  const highest = sorted[sorted.length - 1 - spare]!
  const margin = highest - middle + scale.floor
  const needs = highest - middle + margin / 2
  return { statistic, middle: middle + shift, highest: highest + shift, margin, daily: null, needs }
}
