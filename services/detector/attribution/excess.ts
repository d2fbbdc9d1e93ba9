import { median, quantile } from 'simple-statistics'

/** One node's traffic over time, all of one length and step. `null` where nothing was reported. */
export type NodeSeries = {
  /** Mean latency in any one unit, or the share of failed requests (0…1). */
  value: readonly (number | null)[]
  requests: readonly (number | null)[]
}

/** How much more of it there was than usual: latency × requests (time spent), or failed requests. */
export type Excess = {
  /** Of the whole window; negative if there was less. */
  total: number
  /** What one request usually costs: the median latency, or the usual share of failures. */
  usual: number
  /** The same per request in the window. */
  observed: number
  requests: number
  /** Per step of the window, and what all but 5 % of the stretches of history this long stayed below. */
  perStep: number
  perStepBefore: number
  /** Stretches of history looked at. */
  placebos: number
  /** Steps of the window above all but 5 % of the steps of history, as a share of those with data. */
  raisedShare: number
}

export type Measure = 'latency' | 'errors'

/** Past this many stretches more of them say nothing new. */
const maxPlacebos = 500
/**
 * "Unusual" is what one stretch, or one step, in twenty shows: minutes of the history that were already wrong, up to a
 * twentieth of it, do not hide the next ones.
 */
const unusualQuantile = 0.95
/** A stretch of history is never longer than this share of it, so that there are several. */
const longestPlacebo = 1 / 4

/** Compares the window with the history of the same node. Null if either of them has no data. */
export function excessOf(history: NodeSeries, window: NodeSeries, measure: Measure): Excess | null {
  const before = points(history)
  const now = points(window)
  if (before.length === 0 || now.length === 0) return null
  const usual = measure === 'latency' ? median(before.map((p) => p.value)) : share(before)
  const stepsBefore = perStep(history, usual)
  const steps = perStep(window, usual)
  const requests = sum(now.map((p) => p.requests))
  const total = sum(steps)
  const longest = Math.floor(stepsBefore.length * longestPlacebo)
  const placebos = stretches(stepsBefore, Math.max(1, Math.min(steps.length, longest)))
  const ceiling = Math.max(0, quantile(stepsBefore, unusualQuantile))
  return {
    total,
    usual,
    observed: sum(now.map((p) => p.value * p.requests)) / requests,
    requests,
    perStep: total / steps.length,
    perStepBefore: Math.max(0, quantile(placebos, unusualQuantile)),
    placebos: placebos.length,
    raisedShare: steps.filter((x) => x > ceiling).length / now.length,
  }
}

type Point = { value: number; requests: number }

function points(series: NodeSeries): Point[] {
  const found: Point[] = []
  for (let i = 0; i < series.value.length; i++) {
    const value = series.value[i]
    const requests = series.requests[i]
    if (value != null && Number.isFinite(value) && requests != null && requests > 0) found.push({ value, requests })
  }
  return found
}

/** Excess of each step; 0 where nothing was reported. */
function perStep(series: NodeSeries, usual: number): number[] {
  return series.value.map((value, i) => {
    const requests = series.requests[i]
    return value != null && Number.isFinite(value) && requests != null && requests > 0 ? (value - usual) * requests : 0
  })
}

/** Mean of each stretch of `length` steps, at most about `maxPlacebos` of them. */
function stretches(steps: readonly number[], length: number): number[] {
  const stride = Math.max(1, Math.floor((steps.length - length) / maxPlacebos))
  const means: number[] = []
  let running = sum(steps.slice(0, length))
  for (let from = 0; from + length <= steps.length; from++) {
    if (from % stride === 0) means.push(running / length)
    running += (steps[from + length] ?? 0) - steps[from]!
  }
  return means
}

const share = (before: Point[]): number =>
  sum(before.map((p) => p.value * p.requests)) / sum(before.map((p) => p.requests))
const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0)
