import { describe, expect, it } from 'vitest'
import { judgeFew } from '../../../services/detector/judge/few.ts'

const ALPHA = 0.035
/** Twelve values whose mean is `level` and whose logarithms lie `apart` to either side of it, in turn. */
const around = (level: number, apart: number, n = 12) =>
  Array.from({ length: n }, (_, i) => level * Math.exp(i % 2 === 0 ? apart : -apart))
const latency = (baseline: readonly number[], current: readonly number[], concurrent: readonly number[] = []) =>
  judgeFew({ kind: 'latency', baseline, current, concurrent, alpha: ALPHA })

describe('few points', () => {
  // On plain numbers (a metric below zero), with a usual size of 2: means 0 and 4, each with 12 values of +-2 around it, so their sample
  // deviation is 2 sqrt(12/11); in units of 2 that is sqrt(12/11). A quarter of the points counts: 3 each, df 6 - 2 = 4.
  const plus = (level: number) => Array.from({ length: 12 }, (_, i) => level + (i % 2 === 0 ? 2 : -2))
  const t = 2 / (Math.sqrt(12 / 11) * Math.sqrt(2 / 3))
  const p = 1 - (t / Math.sqrt(4 + t * t)) * (1 + 2 / (4 + t * t))
  const metric = (level: number) =>
    judgeFew({ kind: 'metric', baseline: plus(0), current: plus(level), concurrent: [], alpha: ALPHA })

  it('have the chance of Student’s t with a quarter of them', () => {
    expect(metric(4).pValue).toBeCloseTo(p, 8)
    expect(metric(4)).toMatchObject({
      observed: 4,
      expected: 0,
      effect: 4,
      effectUnit: 'absolute',
      method: 'few-points',
    })
    expect(metric(4)).toMatchObject({ judgement: 'nodata', worse: false, n: { baseline: 12, current: 12 } })
  })
  it('are a finding to the side on which they are certain', () => {
    expect(metric(20)).toMatchObject({ judgement: 'high', worse: true })
    expect(metric(-20)).toMatchObject({ judgement: 'low', worse: false })
    expect(metric(20).score).toBeGreaterThan(0.5)
    expect(metric(4).score).toBeCloseTo(Math.log(p) / (Math.log(p) + Math.log(ALPHA)), 6)
  })
  it('state three standard errors as what would have been seen, as band and as power', () => {
    const reach = 3 * 2 * Math.sqrt(12 / 11) * Math.sqrt(2 / 3)
    expect(metric(4).lower).toBeCloseTo(-reach, 9)
    expect(metric(4).upper).toBeCloseTo(reach, 9)
    expect(metric(4).power.smallestEffect).toBeCloseTo(reach, 9)
    expect(metric(4).power.needs).toBe('a baseline of at least 9 buckets')
  })
  it('are explained', () => {
    expect(metric(4).reason).toBe(
      `only 12 buckets to compare with and 12 since: means 0.000 and 4.000, p ${p.toPrecision(2)}, not enough to tell`,
    )
    expect(metric(20).reason).toMatch(
      /^only 12 buckets to compare with and 12 since: means 0\.000 and 20\.00, p [\de.-]+$/,
    )
  })
})

describe('what is large enough', () => {
  it('is a fifth of a latency', () => {
    expect(latency(around(100, 0.001), around(119, 0.001)).judgement).toBe('nodata')
    expect(latency(around(100, 0.001), around(121.5, 0.001))).toMatchObject({ judgement: 'high', worse: true })
    expect(latency(around(100, 0.001), around(82, 0.001)).judgement).toBe('low')
    expect(latency(around(100, 0.001), around(85, 0.001)).judgement).toBe('nodata')
  })
  it('is two points of availability', () => {
    const success = (now: number) =>
      judgeFew({
        kind: 'success',
        baseline: Array(12).fill(0.99),
        current: Array(12).fill(now),
        concurrent: [],
        alpha: ALPHA,
      })
    expect(success(0.975)).toMatchObject({
      judgement: 'nodata',
      worse: false,
      power: { smallestEffect: expect.closeTo(0.02, 12) },
    })
    expect(success(0.965)).toMatchObject({ judgement: 'low', worse: true })
  })
  it('is stated as the smallest effect where the points hardly vary', () => {
    const j = latency(Array(12).fill(100), Array(12).fill(100))
    expect(j.power.smallestEffect).toBeCloseTo(0.2, 9)
    expect(j.pValue).toBe(1)
  })
})

describe('the spread', () => {
  it('is that of the wilder side, and half a floor at least', () => {
    const [wild, calm] = [around(100, 0.5), around(200, 0.01)]
    expect(latency(wild, calm).pValue).toBeGreaterThan(latency(around(100, 0.01), calm).pValue * 100)
    expect(latency(around(200, 0.01), around(100, 0.5)).pValue).toBeCloseTo(latency(wild, calm).pValue, 1)
    // Equal values: a difference of log(1.3) over 0.025 sqrt(2/3), four degrees of freedom.
    const t = (Math.log(131) - Math.log(101)) / (0.025 * Math.sqrt(2 / 3))
    expect(latency(Array(12).fill(100), Array(12).fill(130)).pValue).toBeCloseTo(
      1 - (t / Math.sqrt(4 + t * t)) * (1 + 2 / (4 + t * t)),
      9,
    )
  })
  it('of three points on each side has one degree of freedom, and each side counts as one point', () => {
    const t = (Math.log(1001) - Math.log(101)) / (0.025 * Math.sqrt(2))
    expect(latency([100, 100, 100], [1000, 1000, 1000]).pValue).toBeCloseTo(1 - (2 * Math.atan(t)) / Math.PI, 8)
  })
})

describe('the old version beside it', () => {
  const [low, high] = [around(100, 0.02), around(200, 0.02)]
  it('must differ too: the smaller difference counts, with the larger p', () => {
    const both = latency(low, high, around(150, 0.3))
    expect(both.effect).toBeCloseTo(1 / 3, 2)
    expect(both.pValue).toBeGreaterThan(latency(low, high).pValue)
    expect(latency(low, high, high)).toMatchObject({ judgement: 'nodata' })
    expect(latency(low, high, low).judgement).toBe('high')
  })
  it('on the other side of it leaves nothing to tell', () => {
    expect(latency(low, around(140, 0.02), high)).toMatchObject({ judgement: 'nodata', pValue: 1 })
  })
  it('alone is enough where nothing was before, and is what is counted', () => {
    expect(latency([], high, low)).toMatchObject({ judgement: 'high', n: { baseline: 12, current: 12 } })
    expect(latency([100, 100], high, low)).toMatchObject({ judgement: 'high', n: { baseline: 12 } })
  })
  it('with two values is not asked', () => {
    expect(latency(low, high, [200, 200])).toMatchObject({ judgement: 'high', n: { baseline: 12 } })
  })
})

describe('too few points', () => {
  const nothing = {
    judgement: 'nodata',
    worse: false,
    observed: 0,
    expected: 0,
    lower: 0,
    upper: 0,
    effect: 0,
    pValue: 1,
    score: 0,
    method: 'no-data',
    effectUnit: 'ratio',
  }
  it('since the deploy are named, with how many more it takes', () => {
    expect(latency(around(100, 0.1), [500, 500])).toMatchObject({
      ...nothing,
      reason: 'only 2 buckets since the deploy, 3 are needed',
      n: { baseline: 12, current: 2 },
      power: { smallestEffect: null, needs: '1 more buckets' },
    })
    expect(latency([], [])).toMatchObject({ power: { needs: '3 more buckets' } })
  })
  it('before it are named too', () => {
    expect(latency([100, 100], around(100, 0.1))).toMatchObject({
      ...nothing,
      reason: 'only 2 buckets before the deploy',
      n: { baseline: 2, current: 12 },
      power: { smallestEffect: null, needs: '7 more buckets before the deploy' },
    })
  })
  it('before it are named where just three came since', () => {
    expect(latency([100, 100], [1, 2, 3]).reason).toBe('only 2 buckets before the deploy')
  })
  it('are three on each side no more', () => {
    expect(latency([100, 100, 100], [1000, 1000, 1000]).method).toBe('few-points')
  })
})
