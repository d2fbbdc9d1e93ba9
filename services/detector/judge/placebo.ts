import type { Scale } from './scale.ts'
import { eachWindow, type Side, STATISTICS, summarise } from './windows.ts'

/** What one summary of a window of this length may be, had nothing been deployed. All in judged units, turned so that "worse" is up. */
export type Band = {
  statistic: number
  /** Middle and highest of all placebo windows in the series' own history. */
  middle: number
  highest: number
  /** Reach beyond `highest` in which nothing is believed, at strictness 1. */
  margin: number
}

/**
 * Buckets just before the deploy from which the level may be predicted, beside the level of the whole baseline: half an hour and two hours of
 * five-minute buckets. A series that wanders is predicted from the recent past, one that returns to its mean is not.
 */
const RECENT = [6, 24]
/** Below this regression slope the recent past says too little, and the plain level is kept. */
const MIN_SLOPE = 0.3
/** The two steadiest summaries must agree: two different views of one window rarely err together (tuned on dev: 3 % false alerts give the power that one alone has at 5 %). */
const AGREE = 2

type Option = Band & { needs: number }

/**
 * Placebo deploys: every window of `w` buckets of the baseline, each also as its distance from what the buckets before it predict.
 * Per summary the predictor with the smallest reach is kept; of the summaries, the two with the smallest reach.
 */
export function bandsFor(values: readonly number[], w: number, side: Side, scale: Scale): Band[] {
  const turn = side === 'high' ? 1 : -1
  const windows = summaries(values, w, side, scale, turn)
  const recent = RECENT.filter((m) => values.length >= 2 * m + w).map((m) => ({
    m,
    rows: summaries(values, m, side, scale, turn),
  }))
  const options = STATISTICS.map((_, s) => {
    const column = windows.map((row) => row[s]!)
    let best = option(s, column, 0, scale)
    for (const r of recent) {
      const past = r.rows.map((row) => row[s]!)
      const predicted = regress(past, column, r.m)
      if (!predicted) continue
      const found = option(s, predicted.residuals, predicted.now, scale)
      if (found.needs < best.needs) best = found
    }
    return best
  })
  return options.sort((a, b) => a.needs - b.needs).slice(0, AGREE)
}

function summaries(values: readonly number[], w: number, side: Side, scale: Scale, turn: number): number[][] {
  const rows: number[][] = []
  eachWindow(values, w, (_, sorted) => rows.push(summarise(sorted, side).map((v) => turn * scale.to(v))))
  return rows
}

/** Least squares of each window on the `m` buckets before it; null where the slope is small. `now` is the prediction's moving part at the deploy. */
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
function option(statistic: number, placebo: readonly number[], shift: number, scale: Scale): Option {
  const sorted = Float64Array.from(placebo).sort()
  const middle = sorted[sorted.length >> 1]!
  const highest = sorted[sorted.length - 1]!
  const margin = highest - middle + scale.floor
  return { statistic, middle: middle + shift, highest: highest + shift, margin, needs: highest - middle + margin / 2 }
}
