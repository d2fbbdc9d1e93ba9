import { type Frame, partsOf } from './frame.ts'
import { bestSplit, CLEAR_GAIN, countGains } from './onset.ts'

/**
 * The slot from which on the new build has its share of the requests, so that none of its instances is younger; the first judged one where that share
 * did not clearly grow (all at once, a canary, no builds told apart). A canary that is promoted has young instances again.
 */
export function rolledOut(frame: Frame): number {
  if (!frame.build) return frame.from
  const { before, mine } = partsOf(frame, 'route', null)
  const line = Array.from({ length: Math.max(0, frame.end - frame.from) }, (_, i) => {
    const requests = (of: typeof mine) => of.reduce((n, s) => n + (s.total[frame.from + i] ?? 0), 0)
    return { bad: requests(mine), total: requests(before) }
  })
  const { at, gain } = bestSplit(countGains(line))
  return gain >= CLEAR_GAIN && shareOf(line.slice(at)) > shareOf(line.slice(0, at)) ? frame.from + at : frame.from
}

const shareOf = (line: readonly { bad: number; total: number }[]): number =>
  line.reduce((n, c) => n + c.bad, 0) / line.reduce((n, c) => n + c.total, 0)
