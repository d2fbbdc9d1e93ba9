import { describe, expect, it } from 'vitest'
import { looksFactor } from '../../../services/detector/judge/binomial.ts'
import { upperTail } from '../../../services/detector/judge/exact.ts'
import { judgeCounts } from '../../../services/detector/judge/index.ts'
import { penaltyOf } from '../../../services/detector/judge/shares.ts'
import { firstLook, flat, randomFrom, requests } from './worlds.ts'

describe('sparse errors after a clean baseline', () => {
  it('finds 3 errors in 200 requests after none in 2,000', () => {
    const j = judgeCounts({ baseline: flat(20, 0, 100), current: [{ bad: 3, total: 200 }] })
    expect(j).toMatchObject({ judgement: 'high', worse: true, method: 'count-exact', effectUnit: 'absolute' })
    expect(j.reason).toContain('3 of 200 requests failed')
  })

  it('passes 3 errors in 20,000 requests after none in 20,000', () => {
    expect(judgeCounts({ baseline: flat(20, 0, 1000), current: [{ bad: 3, total: 20_000 }] }).judgement).toBe('pass')
  })

  it('cannot tell from one error in 12 requests, and says how many more it takes', () => {
    const j = judgeCounts({ baseline: flat(20, 0, 100), current: [{ bad: 1, total: 12 }] })
    expect(j.judgement).toBe('nodata')
    expect(j.power.needs).toMatch(/^about \d+ more requests$/)
    expect(j.reason).toContain('too few requests')
  })

  it('finds 12 errors in 12 requests', () => {
    expect(judgeCounts({ baseline: flat(20, 0, 100), current: [{ bad: 12, total: 12 }] }).judgement).toBe('high')
  })

  it('never decides on one or two errors, however clean the baseline', () => {
    const j = judgeCounts({ baseline: flat(1000, 0, 1000), current: [{ bad: 2, total: 100 }] })
    expect(j.judgement).not.toBe('high')
  })
})

describe('a share that moves', () => {
  /**  errors        deploy
   *   4 %                ┌────
   *   1 %  ──────────────┘        found within 10 minutes at 100 requests a minute
   */
  it('is found in nearly every world where it rises by three points', () => {
    let found = 0
    for (let seed = 1; seed <= 40; seed++) {
      const r = randomFrom(seed)
      const baseline = requests(r, 60, 100, 0.01)
      if (firstLook(requests(r, 10, 100, 0.04), (current) => judgeCounts({ baseline, current }).worse) !== null) found++
    }
    expect(found).toBeGreaterThanOrEqual(37)
  })

  it('is found where it begins an hour after the deploy', () => {
    const j = judgeCounts({ baseline: flat(120, 1, 100), current: [...flat(60, 1, 100), ...flat(5, 10, 100)] })
    expect(j).toMatchObject({ judgement: 'high', observed: 0.1 })
  })

  it('is low where errors go away', () => {
    expect(judgeCounts({ baseline: flat(60, 10, 100), current: flat(10, 0, 100) })).toMatchObject({
      judgement: 'low',
      worse: false,
    })
  })
})

describe('a share that does not move', () => {
  /**   │    │      │     bursts of errors now and then, before and after
   *   ─┴────┴──────┴──
   */
  it('passes bursts that the baseline has too, and says that they were allowed for', () => {
    const bursts = (n: number) => Array.from({ length: n }, (_, i) => ({ bad: i % 20 === 10 ? 15 : 0, total: 100 }))
    const j = judgeCounts({ baseline: bursts(240), current: bursts(12) })
    expect(j).toMatchObject({ judgement: 'pass', method: 'count-overdispersed' })
  })

  it('passes a rise that the old version has in the same minutes', () => {
    const j = judgeCounts({ baseline: flat(60, 1, 100), current: flat(10, 10, 100), concurrent: flat(10, 10, 100) })
    expect(j.judgement).toBe('pass')
    expect(j.reason).toContain('old version')
  })

  it('finds the rise where the old version beside it has none', () => {
    expect(
      judgeCounts({ baseline: flat(60, 1, 100), current: flat(10, 10, 100), concurrent: flat(10, 1, 100) }).judgement,
    ).toBe('high')
  })

  it('passes a certain change that is too small to matter', () => {
    const j = judgeCounts({ baseline: flat(60, 1000, 100_000), current: flat(60, 1100, 100_000) })
    expect(j.judgement).toBe('pass')
    expect(j.reason).toContain('too small')
  })

  it('passes where traffic doubles and the share stays', () => {
    expect(judgeCounts({ baseline: flat(60, 2, 100), current: flat(10, 4, 200) }).judgement).toBe('pass')
  })
})

describe('no requests', () => {
  it('says that they stopped', () => {
    expect(judgeCounts({ baseline: flat(10, 0, 10), current: flat(5, 0, 0) })).toMatchObject({
      judgement: 'nodata',
      method: 'vanished',
    })
  })
  it('is nodata where nothing was before', () => {
    expect(judgeCounts({ baseline: [], current: flat(5, 1, 10) })).toMatchObject({
      judgement: 'nodata',
      method: 'no-data',
    })
  })
})

describe('the stated power', () => {
  it('shrinks as requests come in', () => {
    const at = (n: number) =>
      judgeCounts({ baseline: flat(60, 1, 100), current: flat(n, 1, 100) }).power.smallestEffect!
    expect(at(20)).toBeLessThan(at(5))
  })
})

describe('looks and windows', () => {
  it('cost nothing at the first look, an octave each later, and a quarter more where recent windows are tried', () => {
    expect(penaltyOf(1)).toBe(1)
    expect(penaltyOf(8)).toBe(4)
    expect(penaltyOf(16)).toBeCloseTo(5 / 0.8, 12)
  })

  it('cost a recent window its own octaves, once for every time that it is all new', () => {
    expect(penaltyOf(16, 5)).toBeCloseTo(((1 + Math.log2(5)) * (16 / 5)) / 0.2, 12)
    expect(penaltyOf(32, 5)).toBeCloseTo(((1 + Math.log2(5)) * (32 / 5)) / 0.1, 12)
    expect(penaltyOf(32, 15)).toBeCloseTo(((1 + Math.log2(15)) * (32 / 15)) / 0.1, 12)
  })

  it('alarm in few of the hours in which nothing happens, where octaves alone would in one of twenty', () => {
    const r = randomFrom(11)
    const hours = Array.from({ length: 4000 }, () => {
      let sum = 0
      return [0, ...Array.from({ length: 60 }, () => (sum += r.normal()))]
    })
    // Of a level of 5 % a recent window has a fifth at most: alarms in twice that are what these looks cost.
    const alarms = (w: number, penalty: (looks: number) => number) =>
      hours.filter((walk) =>
        walk.some((end, looks) => {
          if (looks < 2 * w) return false
          const z = Math.abs(end - walk[looks - w]!) / Math.sqrt(w)
          return 2 * upperTail(z) * penalty(looks) <= 0.05
        }),
      ).length / hours.length
    const octaves = (looks: number) => looksFactor(looks) * (looks < 30 ? 5 : 10)
    expect(alarms(5, (looks) => penaltyOf(looks, 5))).toBeLessThan(0.02)
    expect(alarms(15, (looks) => penaltyOf(looks, 15))).toBeLessThan(0.01)
    expect(alarms(5, octaves)).toBeGreaterThan(0.03)
  })

  it('share one level: the weights of the windows tried sum to one at every look', () => {
    for (const looks of [1, 9, 10, 29, 30, 60]) {
      const windows = [looks, ...[5, 15].filter((w) => 2 * w <= looks)]
      const sum = windows.reduce((s, w) => s + (looksFactor(w) * (looks / w)) / penaltyOf(looks, w), 0)
      expect(sum).toBeCloseTo(1, 12)
    }
  })

  it('state a larger smallest effect to a caller that acts on certainty only, and judge the same', () => {
    const of = (certain?: number) => judgeCounts({ baseline: flat(60, 1, 100), current: flat(10, 1, 100), certain })
    expect(of(1e-3).power.smallestEffect).toBeGreaterThan(of().power.smallestEffect!)
    expect(of(1).power).toEqual(of().power)
    expect({ ...of(1e-3), power: null, lower: 0, upper: 0 }).toEqual({ ...of(), power: null, lower: 0, upper: 0 })
  })
})
