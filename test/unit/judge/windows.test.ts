import { describe, expect, it } from 'vitest'
import { eachWindow, LENGTHS, lengthUpTo, STATISTICS, summarise } from '../../../services/detector/judge/windows.ts'

const named = (values: readonly number[], side: 'high' | 'low') =>
  Object.fromEntries(summarise(Float64Array.from(values).sort(), side).map((v, i) => [STATISTICS[i]!, v]))

describe('the summaries of a window', () => {
  // 0 … 8 are left of 0 … 9 for the high side, 1 … 9 for the low one.
  const ten = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
  it('leave out the most extreme value of the side that is tested', () => {
    expect(named(ten, 'high')).toEqual({ median: 4, q25: 2, q75: 6, mean: 4, q10: 0.8, q90: 7.2, midmean: 4 })
    expect(named(ten, 'low')).toEqual({ median: 5, q25: 3, q75: 7, mean: 5, q10: 1.8, q90: 8.2, midmean: 5 })
  })
  it('are not moved by how far out that one lies', () => {
    expect(named([...ten.slice(0, 9), 1e6], 'high')).toEqual(named(ten, 'high'))
  })
  // 1, 1, 1, 1, 2, 3, 12, 99 without the last: the quarter at either end is one value, so the midmean is (1+1+1+2+3) / 5.
  it('are each what their name says', () => {
    expect(named([1, 1, 1, 1, 2, 3, 12, 99], 'high')).toEqual({
      median: 1,
      q25: 1,
      q75: 2.5,
      mean: 3,
      q10: 1,
      q90: expect.closeTo(6.6, 12),
      midmean: 1.6,
    })
  })
  it('of one value are that value', () => {
    expect(summarise(Float64Array.of(4, 9), 'high')).toEqual(Array(STATISTICS.length).fill(4))
  })
  it('of the shortest window are those of two values', () => {
    expect(named([1, 3, 50], 'high')).toMatchObject({ median: 2, q25: 1.5, q75: 2.5, mean: 2, midmean: 2 })
  })
})

describe('the windows of a series', () => {
  const windows = (values: readonly number[], w: number) => {
    const seen: [number, number[]][] = []
    eachWindow(values, w, (start, sorted) => seen.push([start, [...sorted]]))
    return seen
  }
  it('are all runs of that length, sorted, with their start', () => {
    const values = [3, 1, 2, 2, 9, 0, 5, 5, 5, 1]
    for (const w of [1, 2, 3, 5, 10])
      expect(windows(values, w)).toEqual(
        Array.from({ length: 11 - w }, (_, i) => [i, values.slice(i, i + w).sort((a, b) => a - b)]),
      )
  })
  it('are none of a series that is shorter', () => expect(windows([1, 2], 3)).toEqual([]))
})

describe('the length of a window', () => {
  it('is the longest that fits, none below three', () => {
    expect([0, 2, 3, 7, 8, 23, 24, 59, 60, 500].map(lengthUpTo)).toEqual([0, 0, 3, 6, 8, 20, 24, 48, 60, 60])
  })
  it('is never more than a third above the one before', () => {
    for (let i = 1; i < LENGTHS.length; i++) expect(LENGTHS[i]! / LENGTHS[i - 1]!).toBeLessThan(1.34)
  })
})
