import { describe, expect, it } from 'vitest'
import {
  betaBinomialAtLeast,
  betaBinomialAtMost,
  logBetaBinomial,
  upperTail,
} from '../../../services/detector/judge/exact.ts'
import { incompleteBeta, studentTail } from '../../../services/detector/judge/student.ts'
import { fitTail, surprise, valueAt } from '../../../services/detector/judge/tail.ts'
import { randomFrom } from './worlds.ts'

describe('beta-binomial', () => {
  it('is uniform for a = b = 1', () => {
    for (let k = 0; k <= 10; k++) expect(Math.exp(logBetaBinomial(k, 10, 1, 1))).toBeCloseTo(1 / 11, 8)
  })
  it('has tails that add up', () => {
    for (const k of [0, 1, 5, 40, 99, 100])
      expect(betaBinomialAtLeast(k, 100, 2, 30) + betaBinomialAtMost(k - 1, 100, 2, 30)).toBeCloseTo(1, 8)
  })
  it('is binomial where the concentration is huge', () => {
    // P(X >= 3), binomial(10, 0.1) = 0.0701908
    expect(betaBinomialAtLeast(3, 10, 1e8, 9e8)).toBeCloseTo(0.0701908, 5)
  })
  it('meets its normal form where the sum would be long', () => {
    const long = betaBinomialAtLeast(10_300, 20_000, 1e6, 1e6)
    expect(long).toBeGreaterThan(0)
    expect(long).toBeLessThan(1e-4)
    expect(betaBinomialAtLeast(21, 20, 1, 1)).toBe(0)
    expect(betaBinomialAtLeast(0, 20, 1, 1)).toBe(1)
  })
})

describe('tails', () => {
  it('of the normal and of Student are the tabulated ones', () => {
    expect(upperTail(1.959964)).toBeCloseTo(0.025, 5)
    expect(upperTail(6) / 9.8659e-10).toBeCloseTo(1, 3)
    expect(studentTail(2.228139, 10)).toBeCloseTo(0.025, 5)
    expect(studentTail(-2.228139, 10)).toBeCloseTo(0.975, 5)
    expect(studentTail(12.7062, 1)).toBeCloseTo(0.025, 5)
  })
  it('of the beta are exact at their ends and in the middle', () => {
    expect([incompleteBeta(2, 3, 0), incompleteBeta(2, 3, 1)]).toEqual([0, 1])
    expect(incompleteBeta(2, 2, 0.5)).toBeCloseTo(0.5, 10)
  })
  it('fitted to a series do not give one in a thousand more often than that', () => {
    const r = randomFrom(3)
    const tail = fitTail(Float64Array.from({ length: 4000 }, () => r.normal()).sort())
    let beyond = 0
    for (let i = 0; i < 20_000; i++) if (surprise(tail, r.normal()) >= 3) beyond++
    expect(beyond).toBeGreaterThan(0)
    expect(beyond).toBeLessThan(30)
    expect(surprise(tail, valueAt(tail, 3))).toBeCloseTo(3, 6)
    expect(surprise(tail, 0)).toBe(0)
  })
})
