import { describe, expect, it } from 'vitest'
import { countAbove, cutAt, pool, quantileAt, totalOf } from '../../../services/detector/judge/histogram.ts'

const h = (cells: Record<number, number>) => new Map(Object.entries(cells).map(([i, n]) => [Number(i), n]))

describe('pooled histograms', () => {
  it('add up index by index, below zero too, and leave empty indices out', () => {
    expect(pool([h({ 3: 2, 5: 1 }), h({ 3: 4, [-2]: 1 })])).toEqual(h({ [-2]: 1, 3: 6, 5: 1 }))
    expect(pool([h({ 3: 2 }), h({ 3: 5 })])).toEqual(h({ 3: 7 }))
    expect(pool([h({ 3: 0 })])).toEqual(new Map())
  })
  it('of nothing are nothing', () => {
    expect(pool([])).toEqual(new Map())
    expect(pool([new Map(), h({ 1: 1 })])).toEqual(h({ 1: 1 }))
  })
  it('leave their parts as they were', () => {
    const part = h({ 1: 1 })
    pool([part, part])
    expect(part).toEqual(h({ 1: 1 }))
  })
})

describe('requests of a histogram', () => {
  it('are counted in all, and above a cut that is not part of it', () => {
    const some = h({ 1: 5, 2: 3, 4: 2 })
    expect(totalOf(some)).toBe(10)
    expect([0, 1, 2, 4].map((cut) => countAbove(some, cut))).toEqual([10, 5, 2, 0].map((bad) => ({ bad, total: 10 })))
  })
  it('are none in an empty one', () => {
    expect(totalOf(new Map())).toBe(0)
    expect(countAbove(new Map(), 0)).toEqual({ bad: 0, total: 0 })
  })
})

describe('the cut', () => {
  it('is the bound nearest to the share asked for, in whatever order the indices came', () => {
    const shuffled = new Map([
      [7, 10],
      [-1, 50],
      [4, 40],
    ])
    expect([0.1, 0.5, 0.69, 0.71, 0.9, 0.94, 0.96].map((q) => cutAt(shuffled, q))).toEqual([-1, -1, -1, 4, 4, 4, 7])
  })
  it('is the lower of two that are as near', () => {
    expect(cutAt(h({ 0: 1, 1: 2, 2: 1 }), 0.5)).toBe(0)
  })
  it('of an empty one is index 0', () => {
    expect(cutAt(new Map(), 0.5)).toBe(0)
  })
})

describe('a quantile', () => {
  // Scale 1: index i holds (2^(i/2), 2^((i+1)/2)].
  it('is interpolated on the logarithm within its bucket', () => {
    const two = new Map([
      [2, 1],
      [0, 1],
    ])
    expect(quantileAt(two, 0, 1)).toBe(1)
    expect(quantileAt(two, 0.25, 1)).toBeCloseTo(2 ** 0.25, 12)
    expect(quantileAt(two, 0.5, 1)).toBeCloseTo(2 ** 0.5, 12)
    expect(quantileAt(two, 0.75, 1)).toBeCloseTo(2 ** 1.25, 12)
    expect(quantileAt(two, 1, 1)).toBeCloseTo(2 ** 1.5, 12)
    expect(quantileAt(h({ 0: 4 }), 0.5, 0)).toBeCloseTo(2 ** 0.5, 12)
  })
  it('passes over buckets that are empty', () => {
    expect(quantileAt(h({ 0: 0, 3: 2, 9: 0 }), 0, 0)).toBe(8)
    expect(quantileAt(h({ 0: 0, 3: 2, 9: 0 }), 1, 0)).toBe(16)
  })
  it('past the end is the last bound, and 0 where there is nothing', () => {
    expect(quantileAt(h({ 3: 2 }), 1.5, 0)).toBe(16)
    expect(quantileAt(h({ 3: 2 }), 1.5, 1)).toBe(4)
    expect(quantileAt(new Map(), 0.5, 3)).toBe(0)
  })
})
