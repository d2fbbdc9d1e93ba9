import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { judgeCounts, judgeSeries, prepareSeries } from '../../../services/detector/judge/index.ts'
import { runs } from '../../support/property.ts'
import { randomFrom, steady } from './worlds.ts'

const seeds = fc.integer({ min: 1, max: 1_000_000 })
const some = runs(25)
const world = (seed: number, factor: number) => ({
  baseline: steady(randomFrom(seed), 120, 100, 0.1),
  current: steady(randomFrom(seed + 1), 12, 100 * factor, 0.1),
})

describe('a judgement of a series', () => {
  it('does not depend on the unit', () => {
    fc.assert(
      fc.property(seeds, fc.constantFrom(0.001, 7, 1e6), (seed, unit) => {
        const { baseline, current } = world(seed, 1.2)
        const j = (k: number) =>
          judgeSeries({
            kind: 'latency',
            stepS: 60,
            baseline: baseline.map((v) => k * v),
            current: current.map((v) => k * v),
          })
        expect(j(unit).judgement).toBe(j(1).judgement)
        expect(j(unit).pValue).toBeCloseTo(j(1).pValue, 6)
      }),
      some,
    )
  })

  it('is as suspicious or more the larger the shift', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const { baseline, current } = world(seed, 1)
        const judge = prepareSeries({ kind: 'latency', stepS: 60, baseline })
        const scores = [1.1, 1.3, 1.6, 2.5].map((f) => judge(current.map((v) => f * v)).score)
        expect(scores).toEqual([...scores].sort((a, b) => a - b))
      }),
      some,
    )
  })

  it('does not change what was said before when more buckets come: each look sees only what has passed', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const { baseline, current } = world(seed, 1.3)
        const judge = prepareSeries({ kind: 'latency', stepS: 60, baseline })
        const early = judge(current.slice(0, 6))
        judge(current)
        expect(judge(current.slice(0, 6))).toEqual(early)
        expect(judgeSeries({ kind: 'latency', stepS: 60, baseline, current: current.slice(0, 6) })).toEqual(early)
      }),
      some,
    )
  })

  it('does not depend on the order within its window', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const { baseline, current } = world(seed, 1.3)
        const judge = prepareSeries({ kind: 'latency', stepS: 60, baseline })
        expect(judge([...current].reverse()).pValue).toBeCloseTo(judge(current).pValue, 12)
      }),
      some,
    )
  })

  it('keeps its inputs as they were, and its numbers in range', () => {
    fc.assert(
      fc.property(
        fc.array(fc.option(fc.double({ min: 0, max: 1e9, noNaN: true })), { maxLength: 80 }),
        fc.array(fc.option(fc.double({ min: 0, max: 1e9, noNaN: true })), { maxLength: 20 }),
        (b, c) => {
          const j = judgeSeries({ kind: 'metric', stepS: 60, baseline: Object.freeze(b), current: Object.freeze(c) })
          expect(j.pValue).toBeGreaterThanOrEqual(0)
          expect(j.pValue).toBeLessThanOrEqual(1)
          expect(j.score).toBeGreaterThanOrEqual(0)
          expect(j.score).toBeLessThanOrEqual(1)
          expect(j.lower).toBeLessThanOrEqual(j.upper)
          for (const v of [j.observed, j.expected, j.lower, j.upper, j.effect]) expect(Number.isFinite(v)).toBe(true)
        },
      ),
      runs(100),
    )
  })
})

describe('a judgement of counts', () => {
  const count = fc.tuple(fc.nat(50), fc.nat(500)).map(([bad, good]) => ({ bad, total: bad + good }))
  it('does not depend on the order of the baseline buckets where they are alike, nor on empty ones', () => {
    fc.assert(
      fc.property(fc.nat(20), fc.nat(60), (before, now) => {
        const baseline = Array.from({ length: 30 }, () => ({ bad: before, total: 100 }))
        const current = [{ bad: now, total: 100 }]
        const empty = { bad: 0, total: 0 }
        expect(judgeCounts({ baseline: [empty, ...baseline], current }).judgement).toBe(
          judgeCounts({ baseline, current }).judgement,
        )
      }),
      some,
    )
  })

  it('is as suspicious or more the more requests fail', () => {
    fc.assert(
      fc.property(fc.nat(10), (before) => {
        const baseline = Array.from({ length: 60 }, () => ({ bad: before, total: 200 }))
        const p = [before + 2, before + 20, before + 60, before + 120].map(
          (bad) => judgeCounts({ baseline, current: [{ bad, total: 200 }] }).pValue,
        )
        expect(p).toEqual([...p].sort((a, b) => b - a))
      }),
      some,
    )
  })

  it('has its numbers in range for any counts', () => {
    fc.assert(
      fc.property(fc.array(count, { maxLength: 40 }), fc.array(count, { maxLength: 20 }), (baseline, current) => {
        const j = judgeCounts({ baseline, current })
        expect(j.pValue).toBeGreaterThanOrEqual(0)
        expect(j.pValue).toBeLessThanOrEqual(1)
        expect(j.lower).toBeLessThanOrEqual(j.upper)
        for (const v of [j.observed, j.expected, j.effect, j.score]) expect(Number.isFinite(v)).toBe(true)
      }),
      runs(100),
    )
  })
})
