import type { Window } from '../window/window.ts'
import { type Frame, indexOf } from './frame.ts'

/** The same hours of an earlier day, with some before them: the window holds each minute `backMin` minutes earlier. */
export type Day = { window: Window; backMin: number }

/** Requests that an earlier day must have on both sides to be asked; the same as the old version beside the new one (decide/frame.ts). */
export const LEAST_REQUESTS = 30
/** A day that changed by half as much is taken for the same cycle: days differ, and only what is left beyond it would be the deploy's. */
const ALIKE = 0.5

/** One frame for each earlier day that is known: the same minutes of that day against those before them, all builds. */
export const earlierFrames = (frame: Frame): Frame[] =>
  frame.earlier.map(({ window, backMin }) => {
    const offset = frame.window.fromMinute - backMin - window.fromMinute
    const start = frame.start + offset
    return {
      ...frame,
      window,
      index: indexOf(window, null),
      build: null,
      start,
      from: frame.from + offset,
      end: frame.end + offset,
      baseline: Array.from({ length: Math.max(0, start) }, (_, i) => i),
      concurrent: false,
      earlier: [],
    }
  })

/**
 * Why a change is not held against the deploy: every earlier day that has data changed as much in these minutes. `changeOn` gives a day's change in the
 * unit of `change`, null where it says nothing: a day without data is missing, it is no zero. Null where no day is known, or one stayed as it was.
 */
export function sameHours(frame: Frame, change: number, changeOn: (day: Frame) => number | null): string | null {
  const days = earlierFrames(frame)
    .map(changeOn)
    .filter((c) => c !== null)
  if (days.length === 0 || days.some((c) => c / change < ALIKE)) return null
  return `so it did in the same hours of ${days.length === 1 ? 'an earlier day' : `${days.length} earlier days`}`
}
