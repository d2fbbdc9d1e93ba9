import { studentTail } from '../judge/student.ts'
import type { ValueAt } from './metric-trigger.ts'

/** A climb is looked for in the levels of half hours: of the last seven hours, and of the last four, oldest first. */
export const BLOCK_MINUTES = 30
const LENGTHS = [14, 8]
/** Values that a half hour must hold: one every five minutes or so. */
const LEAST_VALUES = 5
/** Steps from one average of a random walk to the next are correlated by a quarter, which makes their mean this much less certain. */
const NEIGHBOURS = Math.sqrt(1.5)
/** What a warm-up leaves for its second half is less than this share of what its first half climbed. */
const GOES_ON = 0.6
/** Of the hours before the climb: at least a day must be known … */
const LEAST_BEFORE = 48
/** … and the climb must end above all of it by this share of its own height: what came back to where it was is no leak. */
const ABOVE = 0.5

/**
 * What is asked of a line: by how much it must climb in all (0.3: to 1.3 times), and of how many random walks one may, at one half hour. At 1e-4 none of
 * 150 days of random walks is found, at 1e-3 three; at either none in 1,379 days of real series.
 */
export type Asked = { floor: number; maxP: number }

/** Minutes from … to (exclusive), the levels of its first and of its last half hour, and the chance of such a drift in a random walk. */
export type Climb = { from: number; to: number; first: number; last: number; pValue: number; blocks: number }

/**
 * Whether the half hours up to `minute` climb all the way. A level that wanders climbs as well, now and then:
 * the mean step from one half hour to the next is held against the spread of the steps, as of a random walk (Student's t), so that the longer
 * a series remembers the more it must climb. Asked where a half hour ends only. Pure.
 */
export function climbAt(valueAt: ValueAt, minute: number, asked: Asked): Climb | null {
  const to = minute + 1
  if (to % BLOCK_MINUTES !== 0) return null
  const blocks: number[] = []
  for (let end = to; blocks.length < LENGTHS[0]!; end -= BLOCK_MINUTES) {
    const level = levelOf(valueAt, end - BLOCK_MINUTES)
    if (level === null || !(level > 0)) break
    // Whatever lies higher than the end ends the climb; most lines leave here, after one or two half hours.
    if (blocks.length > 0 && level > blocks.at(-1)! && level >= blocks[0]!) break
    blocks.push(level)
  }
  blocks.reverse()
  for (const n of LENGTHS) {
    const part = n <= blocks.length ? blocks.slice(-n) : null
    const pValue = part ? driftOf(part, asked.floor) : null
    if (part && pValue !== null && pValue <= asked.maxP)
      return { from: to - n * BLOCK_MINUTES, to, first: part[0]!, last: part.at(-1)!, pValue, blocks: n }
  }
  return null
}

/** Levels of all half hours from … to (epoch minutes, whole half hours) that hold enough values. Pure. */
export function levelsOf(valueAt: ValueAt, from: number, to: number): number[] {
  const levels: number[] = []
  for (let at = from; at < to; at += BLOCK_MINUTES) {
    const level = levelOf(valueAt, at)
    if (level !== null) levels.push(level)
  }
  return levels
}

/** Mean of the middle half of the values: steadier than the median, and as deaf to a few that stand out. */
function levelOf(valueAt: ValueAt, from: number): number | null {
  const values: number[] = []
  for (let m = from; m < from + BLOCK_MINUTES; m++) {
    const v = valueAt(m)
    if (v !== undefined && Number.isFinite(v)) values.push(v)
  }
  if (values.length < LEAST_VALUES) return null
  const cut = values.length >> 2
  const middle = Float64Array.from(values)
    .sort()
    .subarray(cut, values.length - cut)
  return middle.reduce((sum, v) => sum + v, 0) / middle.length
}

/** p of the drift, both lengths allowed for; null where it is small or levels off. */
function driftOf(blocks: readonly number[], floor: number): number | null {
  const [first, middle, last] = [blocks[0]!, blocks[blocks.length >> 1]!, blocks.at(-1)!]
  if (last < (1 + floor) * first || last - middle < GOES_ON * (middle - first)) return null
  const steps = blocks.slice(1).map((v, i) => Math.log(v / blocks[i]!))
  const mean = steps.reduce((sum, s) => sum + s, 0) / steps.length
  const variance = steps.reduce((sum, s) => sum + (s - mean) ** 2, 0) / (steps.length - 1)
  const error = NEIGHBOURS * Math.sqrt(Math.max(variance, 1e-12) / steps.length)
  return Math.min(1, LENGTHS.length * studentTail(mean / error, steps.length - 1))
}

/** Whether a climb ends above everything that the half hours before it showed. False where less than a day of them is known. Pure. */
export function isNewHeight(climb: Pick<Climb, 'first' | 'last'>, before: readonly number[]): boolean {
  if (before.length < LEAST_BEFORE) return false
  return climb.last >= Math.max(...before) + ABOVE * (climb.last - climb.first)
}
