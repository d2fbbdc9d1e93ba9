import { fitTail, surprise, type Tail, valueAt } from './tail.ts'
import type { Rolling, RollingPoint, RollingSnapshot } from './types.ts'

const DAY_S = 86_400
/** Earlier days, and earlier weeks, at the same time of which the series is looked up. */
const DAYS = 14
const WEEKS = 4
/** Buckets kept at most: four weeks of five-minute buckets. A finer series keeps fewer days. */
const KEEP = 8_192
/** Past values of each view that make its tail: two weeks of five-minute buckets; and how many there must be at least. */
const PAST = 4_000
const LEAST_PAST = 100
/** Tails are fitted anew after this many buckets (two hours at five minutes): they move slowly and sorting is the cost. */
const REFIT = 24
/** Buckets of the short, the medium and the long view: a quarter of an hour, one hour, four hours of five-minute buckets. */
const [SHORT, MEDIUM, LONG] = [3, 12, 48]
/** Sum of the views' surprise at which the score is one half: the best threshold on NAB's dev half (standard profile). */
const HALF_SCORE = 6.8
/** A new height within this many buckets must exceed the last by this factor to be an onset: ten hours of five-minute buckets. */
const HOLD = 120
const HIGHER = 1.2
/** Band: where the short view alone would be this surprising (one in a thousand). */
const BAND_LEVEL = 3

/** Values beyond this count as this: their squares are no numbers any more, and one of them would stay in the tails for two weeks. */
const MOST = 1e150

/**
 * What is looked at, summed: distance from the same time of earlier days (short and medium view), from the same time of earlier weeks, and the spread.
 * On NAB's dev half the sum of these four beats each alone and their maximum.
 */
const VIEWS = 4
type View = { past: number[]; up: Tail | null; down: Tail | null }
type State = { values: (number | null)[]; views: View[]; heights: number[]; seen: number; middle: number }

/** A detector of anomalies without a deploy: each bucket against what the series itself has shown, at the same time of earlier days too. */
export function createRolling(opts: { stepS: number; from?: RollingSnapshot | undefined }): Rolling {
  const day = opts.stepS > 0 ? Math.max(1, Math.round(DAY_S / opts.stepS)) : 0
  const state: State = opts.from
    ? structuredCopy(opts.from.state as State)
    : {
        values: [],
        views: Array.from({ length: VIEWS }, () => ({ past: [], up: null, down: null })),
        heights: [],
        seen: 0,
        middle: 0,
      }
  return {
    push: (value) => push(state, value, day),
    snapshot: () => ({ version: 1, stepS: opts.stepS, state: structuredCopy(state) }),
  }
}

const structuredCopy = (state: State): State => JSON.parse(JSON.stringify(state)) as State

function push(state: State, value: number | null, day: number): RollingPoint {
  state.values.push(value !== null && Number.isFinite(value) ? Math.max(-MOST, Math.min(MOST, value)) : null)
  if (state.values.length > KEEP) state.values.shift()
  if (state.seen++ % REFIT === 0) refit(state)
  if (value === null || !Number.isFinite(value))
    return { score: 0, onset: 0, expected: state.middle, lower: state.middle, upper: state.middle }
  const expected = usual(state.values, SHORT, day, DAYS) ?? state.middle
  const seen = look(state, day)
  let height = 0
  state.views.forEach((view, i) => {
    const v = seen[i]
    if (v === null || v === undefined) return
    if (view.up && view.down) height += Math.max(surprise(view.up, v), surprise(view.down, -v))
    view.past.push(v)
    if (view.past.length > PAST) view.past.shift()
  })
  const highest = Math.max(0, ...state.heights)
  state.heights.push(height)
  if (state.heights.length > HOLD) state.heights.shift()
  const score = height / (height + HALF_SCORE)
  const { up, down } = state.views[0]!
  return {
    score,
    onset: height > HIGHER * highest ? score : 0,
    expected,
    lower: down ? expected - valueAt(down, BAND_LEVEL) : Number.NEGATIVE_INFINITY,
    upper: up ? expected + valueAt(up, BAND_LEVEL) : Number.POSITIVE_INFINITY,
  }
}

/** The four views at the newest bucket; null where there is no past of that kind yet. */
function look(state: State, day: number): (number | null)[] {
  const { values } = state
  const [short, medium] = [meanOf(values, SHORT, 0), meanOf(values, MEDIUM, 0)]
  const minus = (a: number | null, b: number | null) => (a === null || b === null ? null : a - b)
  const level = day === 0 ? state.middle : null
  return [
    minus(short, usual(values, SHORT, day, DAYS) ?? level),
    minus(medium, usual(values, MEDIUM, day, DAYS) ?? level),
    minus(medium, usualWeek(values, day)),
    spreadOf(values, state.middle),
  ]
}

/** Mean of the `w` buckets that end `back` buckets before the newest one; null if none has a value. */
function meanOf(values: readonly (number | null)[], w: number, back: number): number | null {
  let [total, n] = [0, 0]
  const end = values.length - back
  for (let i = Math.max(0, end - w); i < end; i++) {
    const v = values[i]
    if (v === null || v === undefined) continue
    total += v
    n++
  }
  return n > 0 ? total / n : null
}

/** Median of the same view at this time on earlier days; null on the first day, or where there are no days. */
function usual(values: readonly (number | null)[], w: number, day: number, days: number): number | null {
  const past: number[] = []
  for (let j = 1; day > 0 && j <= days && j * day < values.length; j++) {
    const m = meanOf(values, w, j * day)
    if (m !== null) past.push(m)
  }
  if (past.length === 0) return null
  past.sort((a, b) => a - b)
  const half = past.length >> 1
  return past.length % 2 === 1 ? past[half]! : (past[half - 1]! + past[half]!) / 2
}

function usualWeek(values: readonly (number | null)[], day: number): number | null {
  let [total, n] = [0, 0]
  for (let j = 1; day > 0 && j <= WEEKS && 7 * j * day < values.length; j++) {
    const m = meanOf(values, MEDIUM, 7 * j * day)
    if (m === null) continue
    total += m
    n++
  }
  return n > 0 ? total / n : null
}

/** Logarithm of the standard deviation over the long view; a thousandth of the level is the least that counts. */
function spreadOf(values: readonly (number | null)[], middle: number): number | null {
  const part = values.slice(-LONG).filter((v): v is number => v !== null)
  if (part.length === 0) return null
  const mean = part.reduce((a, b) => a + b, 0) / part.length
  const variance = part.reduce((a, b) => a + (b - mean) ** 2, 0) / part.length
  return Math.log(Math.sqrt(variance) + 1e-3 * Math.abs(middle) + 1e-9)
}

function refit(state: State): void {
  const known = state.values.filter((v): v is number => v !== null)
  if (known.length > 0) state.middle = Float64Array.from(known.slice(-PAST)).sort()[Math.min(known.length, PAST) >> 1]!
  for (const view of state.views) {
    if (view.past.length < LEAST_PAST) continue
    const sorted = Float64Array.from(view.past).sort()
    view.up = fitTail(sorted)
    view.down = fitTail(sorted.map((v) => -v).reverse())
  }
}
