import { describe, expect, it } from 'vitest'
import { fitTail, surprise, valueAt } from '../../../services/detector/judge/tail.ts'

const upTo = (n: number) => Float64Array.from({ length: n + 1 }, (_, i) => i)
/** -log10 of the share beyond `from`, 3 %. */
const AT_FROM = -Math.log10(0.03)

describe('a fitted tail', () => {
  it('begins at the 97th of a hundred steps; a past without far excesses is given a seventh of the way from its median', () => {
    const tail = fitTail(upTo(100))
    expect(tail.from).toBeCloseTo(97, 9)
    expect(tail.scale).toBeCloseTo(0.15 * (97 - 50), 9)
    expect(tail.shape).toBe(0)
  })

  // Excesses 1, 1, 10: mean 4, variance 34 - 16 = 18, shape (1 - 16/18) / 2, scale 4 (1 - shape) (Hosking & Wallis 1987).
  it('has the moments of its excesses', () => {
    const tail = fitTail(Float64Array.from([...Array(98).fill(0), 1, 1, 10]))
    expect(tail).toEqual({ from: 0, scale: expect.closeTo(34 / 9, 9), shape: expect.closeTo(1 / 18, 9) })
  })

  // Twelve values: the 97 % point lies 0.67 of the way from the 11th to the 12th, the median half way between 5 and 6.
  it('is interpolated between values', () => {
    const tail = fitTail(upTo(11))
    expect(tail.from).toBeCloseTo(10.67, 9)
    expect(tail.scale).toBeCloseTo(0.15 * (10.67 - 5.5), 9)
  })

  it('of a constant has a scale all the same, a ten-thousandth of its level', () => {
    expect(fitTail(new Float64Array(200).fill(-5))).toEqual({ from: -5, scale: expect.closeTo(5e-4, 9), shape: 0 })
    expect(fitTail(new Float64Array(200)).scale).toBeGreaterThan(0)
  })

  it('of a single value begins there', () => expect(fitTail(Float64Array.of(7))).toMatchObject({ from: 7, shape: 0 }))

  // Excesses of next to nothing 28 times and once of a billion: the square of their mean is a 28th of their variance.
  it('grows nearly as heavy as infinite variance, and no heavier', () => {
    const heavy = fitTail(Float64Array.from([...Array(971).fill(0), ...Array(28).fill(1e-9), 1e9]))
    expect(heavy.shape).toBeCloseTo(0.5 * (1 - 1 / 28), 9)
  })
})

describe('the surprise of a value', () => {
  const exponential = { from: 10, scale: 2, shape: 0 }
  const heavy = { from: 10, scale: 2, shape: 0.5 }
  it('is none up to where the tail begins, nor for what is no number', () => {
    expect([9, 10, Number.NaN].map((v) => surprise(exponential, v))).toEqual([0, 0, 0])
  })
  it('grows by one for each factor of ten in the chance', () => {
    expect(surprise(exponential, 12)).toBeCloseTo(AT_FROM + 1 / Math.LN10, 12)
    expect(surprise(exponential, 10 + 2 * 3 * Math.LN10)).toBeCloseTo(AT_FROM + 3, 12)
  })
  it('is that of the generalised Pareto where the tail is heavy', () => {
    expect(surprise(heavy, 14)).toBeCloseTo(AT_FROM + 2 * Math.log10(2), 12)
  })
  it('is undone by the value at that level', () => {
    for (const tail of [exponential, heavy])
      for (const level of [1.6, 3, 6]) expect(surprise(tail, valueAt(tail, level))).toBeCloseTo(level, 9)
    expect(valueAt(exponential, 1)).toBe(10)
    expect(valueAt(heavy, AT_FROM)).toBe(10)
  })
})
