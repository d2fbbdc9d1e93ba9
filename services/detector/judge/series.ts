import { median } from 'simple-statistics'
import { excessAt, levelFor, pOfExcess, type Watch } from './calibrate.ts'
import { judgeFew } from './few.ts'
import { PRIORS, scoreOf } from './kinds.ts'
import { noData } from './nodata.ts'
import { type Band, bandsFor, type Columns, columnsOf, shiftOf } from './placebo.ts'
import { type Scale, scaleOf } from './scale.ts'
import type { Judgement, Kind, SeriesInput, Values } from './types.ts'
import { LENGTHS, lengthUpTo, type Side, summarise } from './windows.ts'

/** Judges `current` against `baseline`. The same as `prepareSeries(input)(input.current, …)`. */
export function judgeSeries(input: SeriesInput): Judgement {
  return prepareSeries(input)(input.current, input.concurrent, input.seasonal)
}

export type SeriesJudge = (current: Values, concurrent?: Values, seasonal?: readonly Values[]) => Judgement

/** A window is compared with at least this many times its length of history; fewer windows than that have no range worth the name. */
const MIN_WINDOWS = 3
/** Lengths at which a change that began after the deploy is looked for, and by how many margins further out it must lie: it has many more chances. */
const LATE_LENGTHS = [6, 12, 24, 48]
const LATE_PENALTY = 1
/** What others show is allowed for, and its size is the unit beyond it: no two versions feel a shared incident alike. */
const UNSURE = 1
/** An effect that just reaches the limit is found in half of the worlds; one placebo range more makes it 75-95 % (simulated). */
const SAFELY = 1
/** In margins: a window that only equals the highest of the baseline, as all windows of a constant series do, is no finding at any level. */
const ROUNDING = 1e-9
/** Share of the effect floor that a window must move by. Of a series that hardly ever moves, a thousandth would be certain. */
const PRACTICAL = 0.5
const DAY_S = 86_400

type Look = {
  side: Side
  w: number
  z: number
  stat: number
  band: Band
  shift: number
  p: number
  watch: Watch
  others: number
}
type Context = {
  seen: readonly number[]
  longest: number
  concurrent: Values | undefined
  seasonal: readonly Values[] | undefined
}
type Series = {
  kind: Kind
  /** Buckets of the baseline that have a value. */
  history: number
  /** All buckets of the baseline, where it is read by the time of day: the current ones go on from there. */
  end: number
  scale: Scale
  alpha: number
  /** Noise of a current value in units of a baseline value's: averages of fewer requests vary more, by the square root. */
  noise: number
  bands: (w: number, side: Side) => Band[]
}

/** Does the work that depends on the baseline alone once, when first needed; the returned function is asked again after every bucket. */
export function prepareSeries(input: Omit<SeriesInput, 'current'>): SeriesJudge {
  const day = input.stepS > 0 ? Math.round(DAY_S / input.stepS) : 0
  const manyDays = day > 0 && input.baseline.length >= 2 * day
  const known = present(input.baseline)
  const baseline = manyDays ? input.baseline : known
  const scale = scaleOf(input.kind, known)
  // The bands are kept, they are small; the columns that they are made from are not.
  const made = new Map<string, Band[]>()
  const bandsFrom =
    (columns: Columns) =>
    (w: number, side: Side): Band[] => {
      const key = `${side}${w}`
      const found = made.get(key) ?? bandsFor(columns, w, side, scale, manyDays ? day : 0)
      made.set(key, found)
      return found
    }
  const series: Omit<Series, 'bands'> = {
    kind: input.kind,
    history: known.length,
    end: baseline.length,
    scale,
    alpha: levelFor(input.sensitivity, input.siblings),
    noise: Math.sqrt(Math.max(1, input.thinner ?? 1)),
  }
  return (current, concurrent = input.concurrent, seasonal = input.seasonal) => {
    const seen = input.kind === 'throughput' ? current.map((v) => v ?? 0) : present(current)
    if (seen.length === 0 && current.length >= LENGTHS[0]!) return vanished(known.length, current.length)
    const bands = bandsFrom(columnsOf(baseline, scale))
    const longest = longestWith(bands, Math.min(seen.length, Math.floor(known.length / MIN_WINDOWS)))
    if (longest === 0)
      return judgeFew({
        kind: input.kind,
        baseline: known,
        current: seen,
        concurrent: present(concurrent ?? []),
        alpha: series.alpha,
      })
    return judgeWindows({ ...series, bands }, { seen, longest, concurrent, seasonal })
  }
}

/** The longest length up to `n` that the history has windows of; 0 if none. */
function longestWith(bands: Series['bands'], n: number): number {
  let w = lengthUpTo(n)
  while (w > 0 && bands(w, 'high').length === 0) w = lengthUpTo(w - 1)
  return w
}

const present = (values: Values): number[] => values.filter((v): v is number => v !== null && Number.isFinite(v))

function judgeWindows(series: Series, context: Context): Judgement {
  const looks = (['high', 'low'] as const).map((side) => furthest(series, context, side))
  const [high, low] = [looks[0]!, looks[1]!]
  return conclude(series, high.p <= low.p ? high : low, context.seen.length)
}

/** The window since the deploy, and at a higher bar the most recent ones, whichever lies furthest out. */
function furthest(series: Series, context: Context, side: Side): Look {
  const { longest } = context
  let best: Look | undefined
  for (const w of [longest, ...LATE_LENGTHS.filter((l) => l * 2 <= longest)]) {
    const look = lookAt(series, context, side, w, w < longest ? LATE_PENALTY : 0)
    if (!best || look.p < best.p) best = look
  }
  return best!
}

function lookAt(series: Series, { seen, concurrent, seasonal }: Context, side: Side, w: number, penalty: number): Look {
  const { scale, history, end } = series
  const turn = side === 'high' ? 1 : -1
  const summary = summarise(Float64Array.from(seen.slice(-w)).sort(), side)
  const bands = series.bands(w, side)
  const band = bands[0]!
  const start = end + seen.length - w
  const others = othersShift(w, turn, band.middle + shiftOf(band, start), scale, concurrent, seasonal)
  let z = Number.POSITIVE_INFINITY
  for (const b of bands) {
    const stat = turn * scale.to(summary[b.statistic]!) - shiftOf(b, start) - others
    const beyond = stat - b.middle - series.noise * (b.highest - b.middle)
    z = Math.min(z, beyond / (series.noise * b.margin + UNSURE * others))
  }
  const watch = { history, watched: seen.length, windows: history / w }
  const stat = turn * scale.to(summary[band.statistic]!)
  return {
    side,
    w,
    z: z - penalty,
    stat,
    band,
    shift: shiftOf(band, start),
    p: pOfExcess(z - penalty, watch),
    watch,
    others,
  }
}

/**
 * How far the old version (same minutes) or the same hours of earlier days lie beyond what is expected, on the side that is tested: that much of a
 * shift is not the deploy's. A move to the other side is not held against the deploy.
 */
function othersShift(
  w: number,
  turn: number,
  expected: number,
  scale: Scale,
  concurrent?: Values,
  seasonal?: readonly Values[],
): number {
  const shifts: number[] = []
  for (const other of [...(concurrent ? [concurrent] : []), ...(seasonal ?? [])]) {
    const part = present(other.slice(-w))
    if (part.length >= Math.max(2, w / 2)) shifts.push(turn * scale.to(median(part)) - expected)
  }
  return shifts.length === 0 ? 0 : Math.max(0, median(shifts))
}

const short = (v: number): string => String(Number(v.toPrecision(4)))

function conclude(series: Series, look: Look, seen: number): Judgement {
  const { scale, alpha, kind } = series
  const { band, side } = look
  const turn = side === 'high' ? 1 : -1
  const middle = band.middle + look.shift + look.others
  const isLarge = look.z > ROUNDING && Math.abs(look.stat - middle) >= PRACTICAL * scale.floor
  const judgement = look.p <= alpha && isLarge ? side : 'pass'
  const reach =
    series.noise * (band.highest - band.middle + band.margin * excessAt(alpha, look.watch)) +
    UNSURE * look.others * excessAt(alpha, look.watch)
  const [observed, expected] = [scale.back(turn * look.stat), scale.back(turn * middle)]
  const edges = [scale.back(turn * (middle + reach)), scale.back(turn * (middle - reach))] as const
  const allowed = `windows of ${look.w} buckets without a deploy reach ${short(edges[0])}`
  const others = look.others > 0 ? '; what the old version or earlier days show in these hours is allowed for' : ''
  return {
    judgement,
    worse: judgement === PRIORS[kind].worse,
    reason: `${short(observed)} over the last ${look.w} buckets, expected ${short(expected)}; ${allowed}, p ${look.p.toPrecision(2)}${others}`,
    observed,
    expected,
    lower: Math.min(...edges),
    upper: Math.max(...edges),
    effect: scale.effect(turn * (look.stat - middle)),
    effectUnit: scale.effectUnit,
    pValue: look.p,
    score: judgement === 'pass' ? Math.min(0.499, scoreOf(look.p, alpha)) : scoreOf(look.p, alpha),
    n: { baseline: series.history, current: seen },
    power: {
      smallestEffect: Math.abs(scale.effect(turn * (reach + SAFELY * series.noise * (band.highest - band.middle)))),
      needs: null,
    },
    method: 'placebo',
  }
}

/** The series has stopped: no number to judge, but not nothing to say. */
const vanished = (baseline: number, waited: number): Judgement =>
  noData({
    reason: `no value in ${waited} buckets since the deploy, ${baseline} before it`,
    n: { baseline, current: 0 },
    needs: 'one value',
    method: baseline > 0 ? 'vanished' : 'no-data',
  })
