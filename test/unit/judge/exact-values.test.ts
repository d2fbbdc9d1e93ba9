import { describe, expect, it } from 'vitest'
import {
  betaBinomialAtLeast,
  betaBinomialAtMost,
  logBetaBinomial,
  upperTail,
} from '../../../services/detector/judge/exact.ts'
import { incompleteBeta, studentTail } from '../../../services/detector/judge/student.ts'
import { betaBinomialAt, betaBinomialTail } from './reference.ts'

const near = (value: number, exact: number, relative = 1e-7) =>
  expect(Math.abs(value / exact - 1)).toBeLessThan(relative)

describe('beta-binomial chances', () => {
  const cases = [
    [2, 2, 3],
    [10, 8, 2],
    [12, 0.5, 200.5],
    [40, 3, 3],
    [200, 0.5, 2000.5],
    [200, 30, 1],
  ] as const
  it.each(cases)('of n %d, a %d, b %d are those of the definition, at every count and on both sides', (n, a, b) => {
    for (let k = 0; k <= n; k += Math.ceil(n / 12)) {
      const tail = betaBinomialTail(k, n, a, b)
      near(Math.exp(logBetaBinomial(k, n, a, b)), betaBinomialAt(k, n, a, b))
      expect(betaBinomialAtLeast(k, n, a, b)).toBeCloseTo(tail, 9)
      if (tail < 0.5) near(betaBinomialAtLeast(k, n, a, b), tail)
      expect(betaBinomialAtMost(k - 1, n, a, b)).toBeCloseTo(1 - tail, 9)
    }
  })

  it('are the fractions worked out by hand for two requests', () => {
    expect(betaBinomialAtLeast(1, 2, 2, 3)).toBeCloseTo(0.6, 9)
    expect(betaBinomialAtLeast(2, 2, 2, 3)).toBeCloseTo(0.2, 9)
    expect(betaBinomialAtMost(0, 2, 2, 3)).toBeCloseTo(0.4, 9)
    expect([betaBinomialAtMost(2, 2, 2, 3), betaBinomialAtMost(-1, 2, 2, 3)]).toEqual([1, 0])
  })

  it('are never outside 0 to 1, where rounding of a nearly certain sum would take them', () => {
    for (let k = 0; k <= 60; k++) {
      const p = betaBinomialAtLeast(k, 60, 50, 1.5)
      expect(p).toBeGreaterThanOrEqual(0)
      expect(p).toBeLessThanOrEqual(1)
    }
  })

  // Mean 10,000; variance n p q (a + b + n) / (a + b + 1) = 5,000 * 20,400 / 401, so 504.347 to one standard deviation.
  it('are normal where both sides expect more than 5,000, with half a count of continuity', () => {
    near(betaBinomialAtLeast(11_000, 20_000, 200, 200), upperTail(999.5 / 504.3451), 1e-4)
    expect(betaBinomialAtLeast(10_001, 20_000, 200, 200)).toBeLessThan(0.5)
    expect(betaBinomialAtLeast(10_000, 20_000, 200, 200)).toBeGreaterThan(0.5)
  })

  // With b = 1: P(X = n) = a / (a + n), in closed form; a normal form would be far off, for only 20 failures are expected.
  it('are summed where one side expects few, however many requests there are', () => {
    near(betaBinomialAtLeast(20_000, 20_000, 999, 1), 999 / 20_999)
    near(betaBinomialAtMost(0, 20_000, 1, 999), 999 / 20_999)
    near(betaBinomialAtLeast(10_000, 10_000, 2, 1), 2 / 10_002)
  })
})

describe('the tail of the normal', () => {
  it.each([
    [-3, 0.998650102],
    [-1, 0.841344746],
    [0, 0.5],
    [1.644854, 0.05],
    [3, 1.349898e-3],
    [3.9, 4.8096e-5],
  ])('is the tabulated one at %d', (z, p) => expect(upperTail(z)).toBeCloseTo(p, 6))

  it.each([
    [4, 3.167124183e-5],
    [4.5, 3.397673125e-6],
    [5, 2.866515719e-7],
    [8, 6.220960574e-16],
  ])('keeps its relative accuracy far out, at %d', (z, p) => near(upperTail(z), p, 1e-4))
})

describe('the tail of Student', () => {
  const closed: Record<number, (t: number) => number> = {
    1: (t) => 0.5 - Math.atan(t) / Math.PI,
    2: (t) => 0.5 * (1 - t / Math.sqrt(2 + t * t)),
    3: (t) => 0.5 - (t / Math.sqrt(3) / (1 + (t * t) / 3) + Math.atan(t / Math.sqrt(3))) / Math.PI,
    4: (t) => 0.5 - 0.5 * (t / Math.sqrt(4 + t * t)) * (1 + 2 / (4 + t * t)),
  }
  it.each([1, 2, 3, 4])('has its closed form for %d degrees of freedom', (df) => {
    for (const t of [0.1, 0.7, 1, 2.5, 10, 40]) {
      near(studentTail(t, df), closed[df]!(t), 1e-5)
      expect(studentTail(-t, df)).toBeCloseTo(1 - closed[df]!(t), 9)
    }
    expect(studentTail(0, df)).toBe(0.5)
  })

  it('is that of the normal where there are many', () => near(studentTail(1.959964, 1e6), 0.025, 1e-4))
})

describe('the incomplete beta function', () => {
  it('has its closed forms where one parameter is whole and small', () => {
    for (const x of [0.05, 0.2, 0.5, 0.8, 0.99]) {
      near(incompleteBeta(3.5, 1, x), x ** 3.5)
      near(incompleteBeta(1, 2.5, x), 1 - (1 - x) ** 2.5)
      near(incompleteBeta(2, 3, x), 6 * x ** 2 - 8 * x ** 3 + 3 * x ** 4)
      near(incompleteBeta(1, 1, x), x)
    }
  })
  it('is 0 and 1 at and beyond its ends', () => {
    expect([-1, 0, 1, 2].map((x) => incompleteBeta(2, 3, x))).toEqual([0, 0, 1, 1])
  })
  it('is symmetric', () => {
    for (const x of [0.1, 0.4, 0.6, 0.9])
      expect(incompleteBeta(0.5, 7, x) + incompleteBeta(7, 0.5, 1 - x)).toBeCloseTo(1, 10)
  })
})
