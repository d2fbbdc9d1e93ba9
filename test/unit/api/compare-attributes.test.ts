import { describe, expect, it } from 'vitest'
import { attributesOf, intervalOf } from '../../../services/web/api/compare-attributes.ts'
import type { ValueCount } from '../../../shared/store/compare-attributes.ts'

const whole = (a: number, b: number, a_bad = 0, b_bad = 0): ValueCount => ({ key: '', value: '', a, b, a_bad, b_bad })
const count = (value: string, a: number, b: number, a_bad = 0, b_bad = 0): ValueCount => ({
  ...{ key: 'tier', value, a, b, a_bad, b_bad },
})

describe('attribute values of two sides', () => {
  it('are those that surely differ, the surest first, with counts, shares and an interval', () => {
    const rows = [whole(1000, 2000), count('same', 500, 1000), count('some', 300, 400), count('much', 600, 200)]
    const { all, looked_at } = attributesOf(rows, null)
    expect(looked_at).toEqual({ a: 1000, b: 2000 })
    expect(all.map((d) => d.value)).toEqual(['much', 'some'])
    expect(all[0]).toMatchObject({ a: 600, b: 200, a_share: 0.6, b_share: 0.1, difference: 0.5 })
    expect(all[0]!.lower).toBeGreaterThan(0.44)
    expect(all[0]!.upper).toBeLessThan(0.56)
  })

  it('come first by what is sure of their difference, not by its size', () => {
    const sides = whole(20, 20_000)
    const few = attributesOf([sides, count('large of few', 16, 2000), count('small', 9, 9000)], null).all
    expect(few.map((d) => d.value)).toEqual(['large of few'])
    const many = attributesOf([whole(10_000, 10_000), count('x', 5000, 4000), count('y', 1000, 1900)], null).all
    expect(many.map((d) => d.value)).toEqual(['x', 'y'])
  })

  it('are none where chance may have done it, where they are the same, and where a side has no requests', () => {
    expect(attributesOf([whole(30, 30), count('v', 12, 6)], null).all).toEqual([])
    expect(attributesOf([whole(9000, 9000), count('v', 4500, 4510)], null).all).toEqual([])
    expect(attributesOf([whole(0, 900), count('v', 0, 900)], null)).toMatchObject({ all: [], among_bad: [] })
    expect(attributesOf([], 12)).toMatchObject({ looked_at: { a: 0, b: 0 }, slow_ms: 12, all: [] })
  })

  it('of the bad requests are told apart from those of all', () => {
    const { all, among_bad } = attributesOf([whole(1000, 1000, 100, 100), count('v', 500, 500, 90, 10)], 250)
    expect(all).toEqual([])
    expect(among_bad).toMatchObject([{ value: 'v', a: 90, b: 10, difference: 0.8 }])
  })

  it('are twenty at most', () => {
    const rows = Array.from({ length: 60 }, (_, i) => count(`v${i}`, 900, 10))
    expect(attributesOf([whole(1000, 1000), ...rows], null).all).toHaveLength(20)
  })
})

describe('the interval of a difference of shares', () => {
  it('is that of Newcombe: 56 of 70 against 48 of 80, as published, but at 99.9 %', () => {
    // Method 10 at 95 % gives 0.0524 … 0.3339; a wider z must hold it, and stay around 0.2.
    const { lower, upper } = intervalOf(56, 70, 48, 80)
    expect(lower).toBeLessThan(0.0524)
    expect(upper).toBeGreaterThan(0.3339)
    expect(intervalOf(56, 70, 48, 80, 1.96).lower).toBeCloseTo(0.0524, 4)
    expect(intervalOf(56, 70, 48, 80, 1.96).upper).toBeCloseTo(0.3339, 4)
  })
  it('stays within −1 … 1, and is the same mirrored', () => {
    expect(intervalOf(10, 10, 0, 10).upper).toBe(1)
    const [x, y] = [intervalOf(30, 100, 5, 50), intervalOf(5, 50, 30, 100)]
    expect(x.lower).toBeCloseTo(-y.upper, 12)
  })
})
