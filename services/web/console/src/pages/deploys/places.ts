/** Where the marks and the hours of a lane stand, so that none lies on another. Pure. */

/** `left` in percent of the lane; `level` 0 hangs highest; `labelled` where the version has room beside the mark. */
export type Place = { left: number; level: number; labelled: boolean }

/** Of a lane of 500 pixels, the narrowest that is drawn: a mark of 20 with its gap, a version of eight characters. */
const markPercent = 4.5
const labelPercent = 14
const maxLevels = 4

/** Marks at `lefts`, in ascending order: each on the highest level that is free there; past four levels they overlap. */
export function placesOf(lefts: number[]): Place[] {
  const ends: number[] = []
  const levels = lefts.map((left) => {
    const free = ends.findIndex((end) => end <= left)
    const level = free >= 0 ? free : Math.min(ends.length, maxLevels - 1)
    ends[level] = left + markPercent
    return level
  })
  return lefts.map((left, index) => {
    const level = levels[index]!
    const covered = lefts.some((other, at) => at > index && other - left < labelPercent && levels[at]! >= level)
    return { left, level, labelled: !covered }
  })
}

const minuteMs = 60_000
const stepsMs = [1, 5, 10, 15, 30, 60, 120, 180, 240, 360, 720, 1440, 2880, 5760, 10_080].map((each) => each * minuteMs)

/** Whole hours, or what is as round, at most seven in [fromMs, toMs]; `offsetMs` is what local time is ahead of UTC. */
export function ticksOf(fromMs: number, toMs: number, offsetMs: number): number[] {
  const stepMs = stepsMs.find((step) => (toMs - fromMs) / step <= 7) ?? stepsMs.at(-1)!
  const firstMs = Math.ceil((fromMs + offsetMs) / stepMs) * stepMs - offsetMs
  const ticks: number[] = []
  for (let timeMs = firstMs; timeMs <= toMs && ticks.length < 7; timeMs += stepMs) ticks.push(timeMs)
  return ticks
}
