import { median } from 'simple-statistics'
import { prepareSeries } from './series.ts'
import type { Judgement, Values } from './types.ts'

/** Builds looked at past the one that is judged, and builds before it at most and at least. */
const AFTER = 12
const BEFORE = 60
const LEAST_BEFORE = 18
/** A change must hold for this many builds when the series ends before twelve are there. */
const LEAST_AFTER = 8
/**
 * p of one build. Neighbouring builds share most of their window, so this gives 0.003 false changes per 100 builds on the unchanged series of deploy-shift
 * (dev), and on generated ones whose noise is not even (drift, memory, outliers in runs) up to 0.03; 0.02 are allowed.
 */
const LEVEL = 0.0002

export type Change = { at: number; judgement: Judgement }

/** Lasting level changes of a series of one number per build, oldest first: the index of the first build of each new level. */
export function findChanges(series: Values): Change[] {
  const known = series.flatMap((v, at) => (v === null ? [] : [{ v, at }]))
  const values = known.map((k) => k.v)
  const changes: Change[] = []
  let from = 0
  for (let i = LEAST_BEFORE; i + LEAST_AFTER <= values.length; i++) {
    const before = values.slice(Math.max(from, i - BEFORE), i)
    const after = values.slice(i, i + AFTER)
    if (!worthALook(before, after)) continue
    const judgement = prepareSeries({ kind: 'bench', stepS: 0, baseline: before })(after)
    if (judgement.judgement === 'pass' || judgement.pValue > LEVEL || !lasts(after, judgement)) continue
    const at = firstOfLevel(values, Math.max(from, i - BEFORE), i, Math.min(values.length, i + AFTER))
    changes.push({ at: known[at]!.at, judgement })
    from = at
    i = at + LEAST_BEFORE - 1
  }
  return changes
}

/** In each half of the builds looked at, most lie nearer to the new level than to the old: a run of odd builds, taken back at once, is no new level. */
function lasts(after: readonly number[], { observed, expected }: Judgement): boolean {
  const half = Math.floor(after.length / 2)
  const isNew = (v: number): boolean => (v - expected) / (observed - expected) >= 0.5
  const isMost = (part: readonly number[]): boolean => part.filter(isNew).length > part.length / 2
  return isMost(after.slice(0, half)) && isMost(after.slice(-half))
}

/** Cheap and generous: medians apart by more than the usual distance between neighbours. */
function worthALook(before: readonly number[], after: readonly number[]): boolean {
  const recent = before.slice(-2 * AFTER)
  const step = median(recent.slice(1).map((v, i) => Math.abs(v - recent[i]!)))
  return Math.abs(median([...after]) - median(recent)) > step
}

/** Where the two levels part best: the split with the least sum of absolute distances from the medians of its two sides. */
function firstOfLevel(values: readonly number[], start: number, found: number, end: number): number {
  const loss = (part: readonly number[]): number => {
    const m = median([...part])
    return part.reduce((s, v) => s + Math.abs(v - m), 0)
  }
  let best = found
  let least = Number.POSITIVE_INFINITY
  for (let split = Math.max(start + 3, found - 3); split <= Math.min(end - 3, found + AFTER - 3); split++) {
    const total = loss(values.slice(start, split)) + loss(values.slice(split, end))
    if (total < least) [best, least] = [split, total]
  }
  return best
}
