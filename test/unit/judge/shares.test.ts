import { describe, expect, it } from 'vitest'
import { binomialNull, looksFactor, pHigh } from '../../../services/detector/judge/binomial.ts'
import { exonerate, penaltyOf, strongest, totalsOf } from '../../../services/detector/judge/shares.ts'
import { betaBinomialTail } from './reference.ts'
import { flat } from './worlds.ts'

describe('the window that differs most', () => {
  it('has the two-sided chance of its prediction', () => {
    const up = strongest(flat(20, 1, 100), [{ bad: 6, total: 100 }])
    expect(up).toMatchObject({ w: 1, bad: 6, total: 100, high: true })
    expect(up.p).toBeCloseTo(2 * betaBinomialTail(6, 100, 20.5, 1980.5), 9)
    const down = strongest(flat(20, 10, 100), [{ bad: 1, total: 100 }])
    expect(down.high).toBe(false)
    expect(down.p).toBeCloseTo(2 * (1 - betaBinomialTail(2, 100, 200.5, 1800.5)), 9)
  })
  it('pays for the looks so far and the windows tried', () => {
    const ten = strongest(
      flat(40, 1, 100),
      flat(10, 1, 100).map((c, i) => (i === 0 ? { bad: 9, total: 100 } : c)),
    )
    const nul = binomialNull(flat(40, 1, 100), 10)
    expect(ten.w).toBe(10)
    expect(ten.p).toBeCloseTo(2 * pHigh(nul, 18, 1000) * penaltyOf(10), 9)
  })
  it.each([
    [5, 30, 5],
    [15, 30, 15],
    [30, 30, 30],
    [5, 9, 9],
  ])('is the last %d of %d minutes where the fault began there (%d)', (bad, looks, w) => {
    const look = strongest(flat(60, 1, 100), [...flat(looks - bad, 1, 100), ...flat(bad, 6, 100)])
    expect(look).toMatchObject({ w, total: 100 * w })
  })
  it('holds requests, where the recent windows have none', () => {
    expect(strongest(flat(20, 1, 100), [...flat(5, 1, 100), ...flat(10, 0, 0)])).toMatchObject({
      w: 15,
      bad: 5,
      total: 500,
    })
  })
  it('is never more than certain chance', () => {
    expect(strongest(flat(20, 10, 100), flat(30, 10, 100)).p).toBe(1)
  })
})

describe('a share that comes in bursts', () => {
  const baseline = [...flat(30, 1, 100), ...flat(3, 40, 100), ...flat(27, 1, 100)]
  it('is no finding inside what its own windows reached, at the chance of a record', () => {
    const inside = strongest(baseline, [{ bad: 40, total: 100 }])
    expect(inside.p).toBeGreaterThanOrEqual(0.2 * (24 / (60 + 24)) - 1e-12)
  })
  // A tenth of a margin beyond the highest: from 40 % by a tenth of 39 points and the floor of 0.2; with 60 windows the slope is 6 * (1 - 1/60).
  it('is one beyond them, the further the surer', () => {
    const beyond = strongest(baseline, [{ bad: 4392, total: 10_000 }])
    expect(beyond.p).toBeCloseTo(0.2 * (24 / 84) * Math.exp(-0.6 * (1 - 1 / 60)), 6)
    expect(strongest(baseline, [{ bad: 900, total: 1000 }]).p).toBeLessThan(beyond.p)
  })
  it('that falls is held against the lowest of them', () => {
    const down = strongest([...flat(30, 50, 100), ...flat(3, 90, 100), ...flat(27, 50, 100)], [{ bad: 0, total: 1000 }])
    expect(down.high).toBe(false)
    expect(down.p).toBeLessThan(1e-6)
    const same = strongest(
      [...flat(30, 50, 100), ...flat(3, 10, 100), ...flat(27, 50, 100)],
      [{ bad: 100, total: 1000 }],
    )
    expect(same.high).toBe(false)
    expect(same.p).toBeGreaterThanOrEqual(0.2 * (24 / 84) - 1e-12)
  })
})

describe('the old version beside it', () => {
  const before = strongest(flat(60, 1, 100), flat(10, 10, 100))
  it('takes a change away that it shows too, with its own prediction', () => {
    const look = exonerate(before, flat(10, 10, 100), 10)
    expect(look.p).toBe(1)
    expect(look.nul.rate).toBeCloseTo(100.5 / 1001, 12)
  })
  it('leaves a change that it does not show, with the prediction from before', () => {
    const look = exonerate(before, flat(10, 0, 10_000), 10)
    expect(look).toEqual({ ...before, p: before.p })
  })
  it('weakens a change by as much as its own requests can tell, looks paid for', () => {
    const few = flat(10, 0, 3)
    const p = 2 * pHigh(binomialNull(few, 10), 100, 1000) * looksFactor(10)
    expect(p).toBeGreaterThan(before.p)
    expect(exonerate(before, few, 10).p).toBeCloseTo(p, 12)
  })
  it('is asked in the same minutes only, and about the same side', () => {
    const late = { ...before, w: 5 }
    expect(exonerate(late, [...flat(5, 10, 100), ...flat(5, 0, 10_000)], 10).p).toBe(before.p)
    const fell = strongest(flat(60, 10, 100), flat(10, 1, 100))
    expect(exonerate(fell, flat(10, 1, 100), 10).p).toBe(1)
    expect(exonerate(fell, flat(10, 10, 100), 10).p).toBeLessThan(1e-6)
  })
  it('says nothing where it is not there or has no requests', () => {
    expect(exonerate(before, undefined, 10)).toBe(before)
    expect(exonerate(before, flat(10, 0, 0), 10)).toBe(before)
  })
})

describe('totals', () => {
  it('are the sums', () => {
    expect(
      totalsOf([
        { bad: 1, total: 5 },
        { bad: 2, total: 7 },
      ]),
    ).toEqual({ bad: 3, total: 12 })
    expect(totalsOf([])).toEqual({ bad: 0, total: 0 })
  })
})
