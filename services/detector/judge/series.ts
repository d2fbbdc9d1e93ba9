import { median } from 'simple-statistics'
import { levelFor, pOfExcess } from './calibrate.ts'
import { PRIORS, scoreOf } from './kinds.ts'
import { type Band, bandsFor } from './placebo.ts'
import { type Scale, scaleOf } from './scale.ts'
import type { Judgement, SeriesInput, Values } from './types.ts'
import { lengthUpTo, type Side, summarise } from './windows.ts'

/** Judges `current` against `baseline`. The same as `prepareSeries(input)(input.current, …)`. */
export function judgeSeries(input: SeriesInput): Judgement {
  return prepareSeries(input)(input.current, input.concurrent, input.seasonal)
}

export type SeriesJudge = (current: Values, concurrent?: Values, seasonal?: readonly Values[]) => Judgement

/** A window is compared with at least this many times its length of history; fewer windows than that have no range worth the name. */
const MIN_BLOCKS = 3
/** Lengths at which a change that began after the deploy is looked for, and how much further out it must lie: it has many more chances. */
const LATE_LENGTHS = [6, 12, 24, 48]
const LATE_PENALTY = 1

type Look = { side: Side; w: number; z: number; stat: number; band: Band }

/** Does the work that depends on the baseline alone once, when first needed; the returned function is asked again after every bucket. */
export function prepareSeries(input: Omit<SeriesInput, 'current'>): SeriesJudge {
  const baseline = present(input.baseline)
  const scale = scaleOf(input.kind, baseline)
  const alpha = levelFor(input.sensitivity, input.siblings)
  const known = new Map<string, Band[]>()
  const bands = (w: number, side: Side): Band[] => {
    const key = `${side}${w}`
    const found = known.get(key) ?? bandsFor(baseline, w, side, scale)
    known.set(key, found)
    return found
  }
  return (current, concurrent = input.concurrent, seasonal = input.seasonal) => {
    const seen = present(current)
    const n = { baseline: baseline.length, current: seen.length }
    const longest = lengthUpTo(Math.min(seen.length, Math.floor(baseline.length / MIN_BLOCKS)))
    if (longest === 0) return tooFew(n)
    const looks = (['high', 'low'] as const).map((side) => {
      const explained = (w: number) => explainedShift(w, side, bands(w, side)[0]!, scale, concurrent, seasonal)
      return lookAt(seen, longest, side, scale, (w) => bands(w, side), explained)
    })
    const best = looks[0]!.z >= looks[1]!.z ? looks[0]! : looks[1]!
    return conclude(best, input.kind, scale, alpha, n)
  }
}

const present = (values: Values): number[] => values.filter((v): v is number => v !== null && Number.isFinite(v))

/** The window since the deploy, and at a higher bar the most recent ones, whichever lies furthest out. */
function lookAt(
  seen: readonly number[],
  longest: number,
  side: Side,
  scale: Scale,
  bands: (w: number) => Band[],
  explained: (w: number) => number,
): Look {
  let best: Look | undefined
  for (const w of [longest, ...LATE_LENGTHS.filter((l) => l * 2 <= longest)]) {
    const late = w < longest
    const sorted = Float64Array.from(seen.slice(-w)).sort()
    const summary = summarise(sorted, side)
    const turn = side === 'high' ? 1 : -1
    let z = Number.POSITIVE_INFINITY
    for (const band of bands(w)) {
      const stat = turn * scale.to(summary[band.statistic]!) - explained(w)
      z = Math.min(z, (stat - band.highest) / band.margin)
    }
    const first = bands(w)[0]!
    if (late) z -= LATE_PENALTY
    if (!best || z > best.z) best = { side, w, z, stat: turn * scale.to(summary[first.statistic]!), band: first }
  }
  return best!
}

/** How far the old version (same minutes) or the same hours of earlier days lie beyond the baseline: that much of a shift is not the deploy's. */
function explainedShift(
  w: number,
  side: Side,
  band: Band,
  scale: Scale,
  concurrent?: Values,
  seasonal?: readonly Values[],
): number {
  const turn = side === 'high' ? 1 : -1
  const shifts: number[] = []
  for (const other of [...(concurrent ? [concurrent] : []), ...(seasonal ?? [])]) {
    const part = present(other.slice(-w))
    if (part.length >= Math.max(2, w / 2)) shifts.push(turn * scale.to(median(part)) - band.middle)
  }
  return shifts.length === 0 ? 0 : Math.max(0, median(shifts))
}

function conclude(look: Look, kind: SeriesInput['kind'], scale: Scale, alpha: number, n: Judgement['n']): Judgement {
  const turn = look.side === 'high' ? 1 : -1
  const pValue = pOfExcess(look.z)
  const judgement = pValue <= alpha ? look.side : 'pass'
  const { band } = look
  const limit = band.highest + band.margin / 2
  const [observed, expected] = [scale.back(turn * look.stat), scale.back(turn * band.middle)]
  const edge = scale.back(turn * limit)
  const other = scale.back(turn * (2 * band.middle - limit))
  return {
    judgement,
    worse: judgement === PRIORS[kind].worse,
    reason: `${observed.toPrecision(4)} over ${look.w} buckets, expected ${expected.toPrecision(4)}; ${judgement === 'pass' ? 'within' : 'outside'} what windows of that length were before (limit ${edge.toPrecision(4)}, p ${pValue.toPrecision(2)})`,
    observed,
    expected,
    lower: Math.min(edge, other),
    upper: Math.max(edge, other),
    effect: scale.effect(turn * (look.stat - band.middle)),
    effectUnit: scale.effectUnit,
    pValue,
    score: scoreOf(pValue, alpha),
    n,
    power: { smallestEffect: Math.abs(scale.effect(turn * (limit - band.middle))), needs: null },
    method: 'placebo',
  }
}

function tooFew(n: Judgement['n']): Judgement {
  const reason =
    n.current < 3
      ? `only ${n.current} buckets since the deploy, 3 are needed`
      : `only ${n.baseline} buckets before the deploy, 9 are needed`
  return {
    judgement: 'nodata',
    worse: false,
    reason,
    observed: 0,
    expected: 0,
    lower: 0,
    upper: 0,
    effect: 0,
    effectUnit: 'ratio',
    pValue: 1,
    score: 0,
    n,
    power: { smallestEffect: null, needs: n.current < 3 ? `${3 - n.current} more buckets` : null },
    method: 'no-data',
  }
}
