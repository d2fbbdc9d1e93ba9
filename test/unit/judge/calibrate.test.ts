import { describe, expect, it } from 'vitest'
import { excessAt, levelFor, pOfExcess } from '../../../services/detector/judge/calibrate.ts'
import { scoreOf } from '../../../services/detector/judge/kinds.ts'

/** Windows in the history, so many that they say all. */
const MANY = 1e12
const watch = (history: number, watched: number, windows = MANY) => ({ history, watched, windows })

describe('p of an excess', () => {
  it('just at the highest placebo is the chance of a record: watched / (history + watched)', () => {
    expect(pOfExcess(0, watch(60, 60))).toBeCloseTo(1 / 2, 12)
    expect(pOfExcess(0, watch(240, 60))).toBeCloseTo(1 / 5, 12)
  })
  it('counts at least 24 looks, and a history of 1440 buckets at most', () => {
    expect(pOfExcess(0, watch(72, 1))).toBe(pOfExcess(0, watch(72, 24)))
    expect(pOfExcess(0, watch(72, 1))).toBeCloseTo(1 / 4, 12)
    expect(pOfExcess(0, watch(72, 25))).toBeGreaterThan(1 / 4)
    expect(pOfExcess(0, watch(10_000, 60))).toBeCloseTo(60 / 1500, 12)
  })
  it('falls by e^6 per margin, more slowly where the history holds few windows', () => {
    expect(pOfExcess(1, watch(60, 60))).toBeCloseTo(Math.exp(-6) / 2, 12)
    expect(pOfExcess(1, watch(60, 60, 3))).toBeCloseTo(Math.exp(-4) / 2, 12)
    expect(pOfExcess(1, watch(60, 60, 1))).toBeCloseTo(Math.exp(-0.6) / 2, 12)
  })
  it('is never above 1, however far inside', () => expect(pOfExcess(-50, watch(60, 60))).toBe(1))
})

describe('the excess at a level', () => {
  it('is the one whose p is that level', () => {
    for (const windows of [3, 8, MANY])
      for (const alpha of [0.1, 0.01, 1e-4])
        expect(pOfExcess(excessAt(alpha, watch(240, 60, windows)), watch(240, 60, windows))).toBeCloseTo(alpha, 12)
  })
  it('is never inside what the baseline has shown', () => expect(excessAt(0.5, watch(240, 60))).toBe(0))
})

describe('the level of one stream', () => {
  it('is that of the deploy, shared among those judged together', () => {
    expect(levelFor(undefined, undefined)).toBe(0.035)
    expect(levelFor('normal', 7)).toBeCloseTo(0.005, 12)
    expect(levelFor('normal', 0)).toBe(0.035)
  })
  it('is finer where more false alarms are accepted', () => {
    expect([levelFor('low', 1), levelFor('high', 1)]).toEqual([0.009, 0.14])
  })
})

describe('a score', () => {
  it('is one half just at the level, 0 where p is 1, and higher the smaller p', () => {
    expect(scoreOf(0.035, 0.035)).toBe(0.5)
    expect(scoreOf(1, 0.035)).toBeCloseTo(0, 12)
    expect(scoreOf(0.035 ** 3, 0.035)).toBeCloseTo(0.75, 12)
  })
  it('is below 1 and still a number where p is 0', () => {
    expect(scoreOf(0, 0.035)).toBeGreaterThan(0.99)
    expect(scoreOf(0, 0.035)).toBeLessThan(1)
    expect(scoreOf(1e-200, 0.035)).toBeLessThan(scoreOf(0, 0.035))
  })
})
