import { describe, expect, it } from 'vitest'
import {
  type BinomialNull,
  binomialNull,
  looksFactor,
  pHigh,
  pLow,
  smallestRise,
} from '../../../services/detector/judge/binomial.ts'
import { betaBinomialTail } from './reference.ts'
import { flat } from './worlds.ts'

/** `n` buckets of 100 requests, of which 0 and 20 fail in turn: in pairs they are alike, one by one far from it. */
const inTurn = (n: number) => Array.from({ length: n }, (_, i) => ({ bad: i % 2 === 0 ? 0 : 20, total: 100 }))
/** Chi square is 16 times 10^2 / (100 * 0.1 * 0.9); over 15 degrees of freedom, less one, a request's share of it. */
const RHO = ((16 * 100) / 9 / 15 - 1) / 99

describe('what a baseline predicts', () => {
  it('is its share with half an error in each class, as uncertain as so many requests leave it', () => {
    expect(binomialNull(flat(10, 1, 100), 5)).toEqual({
      rate: 10.5 / 1001,
      requests: 1000,
      concentration: 1001,
      rho: 0,
      placebo: null,
    })
  })
  it.each([0, 100])('is steady where %d of every 100 fail', (bad) => {
    expect(binomialNull(flat(20, bad, 100), 3)).toMatchObject({ concentration: 2001, rho: 0, placebo: null })
  })
  it('is half, and says nearly nothing, where there was no request', () => {
    expect(binomialNull([], 3)).toMatchObject({ rate: 0.5, requests: 0, concentration: 1 })
    expect(binomialNull(flat(9, 0, 0), 3)).toMatchObject({ rate: 0.5, concentration: 1, placebo: null })
  })
})

describe('bursts of a baseline', () => {
  it('are the correlation that explains the spread between its buckets', () => {
    const nul = binomialNull(inTurn(16), 1)
    expect(nul.rho).toBeCloseTo(RHO, 12)
    expect(nul.concentration).toBeCloseTo(1 / (1 / 1601 + RHO * (1 + 1 / 16)), 9)
  })
  it('are less in longer windows, where they even out: by what is measured, held back by what is not', () => {
    expect(binomialNull(inTurn(16), 2).rho).toBeCloseTo(0.7 * RHO, 12)
    expect(binomialNull(inTurn(16), 4).rho).toBeCloseTo(0.7 * RHO * Math.sqrt(2 / 4), 12)
    expect(binomialNull(inTurn(16), 8).rho).toBeCloseTo(0.7 * RHO * Math.sqrt(2 / 8), 12)
  })
  it('are seen in longer windows too, where they come in runs', () => {
    const runs = Array.from({ length: 32 }, (_, i) => ({ bad: i % 8 < 4 ? 0 : 20, total: 100 }))
    // Blocks of four: eight, each 40 from the 40 expected of 400; chi square 8 * 1600 / 36 over 7.
    expect(binomialNull(runs, 4).rho).toBeGreaterThanOrEqual(((8 * 1600) / 36 / 7 - 1) / 399)
  })
  it('count the newest blocks, and none without requests', () => {
    const idle = [...flat(3, 0, 0), ...inTurn(16).flatMap((c) => [c, { bad: 0, total: 0 }])]
    expect(binomialNull(idle, 1).rho).toBeCloseTo(RHO, 12)
    expect(binomialNull([{ bad: 90, total: 100 }, ...flat(16, 1, 100)], 2).rho).toBeGreaterThan(0)
  })
  it('are not believed of fewer than eight blocks', () => {
    expect(binomialNull(inTurn(7), 1)).toMatchObject({ rho: 0, placebo: null })
    expect(binomialNull(inTurn(8), 1).rho).toBeGreaterThan(0)
  })
  it('within what chance does are no bursts: the shares of windows are not held against it', () => {
    const close = Array.from({ length: 16 }, (_, i) => ({ bad: i % 2 === 0 ? 8 : 12, total: 100 }))
    expect(binomialNull(close, 1)).toMatchObject({ rho: 0, placebo: null })
  })
  // Ten of a hundred, give or take 5.5: phi is 16 * 30.25 / 9 / 15 = 3.59, and its excess 7 of its standard errors; 4.2: 0.88 / 0.37.
  it('are certain beyond three standard errors of the dispersion index', () => {
    const apart = (by: number) =>
      Array.from({ length: 16 }, (_, i) => ({ bad: 100 + (i % 2 === 0 ? by : -by), total: 1000 }))
    expect(binomialNull(apart(13), 1).rho).toBeGreaterThan(0)
    expect(binomialNull(apart(13), 1).placebo).toBeNull()
    expect(binomialNull(apart(15), 1).placebo).not.toBeNull()
  })
})

describe('the shares of the baseline’s own windows', () => {
  const burst = [...flat(10, 2, 100), ...flat(2, 50, 100), ...flat(12, 2, 100)]
  it('are the highest, the middle and the lowest of all of that length', () => {
    expect(binomialNull(burst, 1).placebo).toEqual({ highest: 0.5, middle: 0.02, lowest: 0.02 })
    expect(binomialNull(burst, 2).placebo).toEqual({ highest: 0.5, middle: 0.02, lowest: 0.02 })
    expect(binomialNull([...flat(2, 50, 100), ...flat(22, 2, 100)], 2).placebo?.highest).toBe(0.5)
    expect(binomialNull(burst, 4).placebo?.highest).toBeCloseTo(104 / 400, 12)
    expect(binomialNull(inTurn(16), 1).placebo).toEqual({ highest: 0.2, middle: 0.2, lowest: 0 })
    expect(binomialNull(inTurn(16), 2).placebo).toEqual({ highest: 0.1, middle: 0.1, lowest: 0.1 })
  })
  it('are of a third of the baseline at most', () => {
    expect(binomialNull(burst, 60).placebo?.highest).toBeCloseTo((100 + 6 * 2) / 800, 12)
  })
  it('leave out windows without requests', () => {
    const gaps = burst.flatMap((c) => [c, { bad: 0, total: 0 }])
    expect(binomialNull(gaps, 1).placebo).toEqual({ highest: 0.5, middle: 0.02, lowest: 0.02 })
  })
})

describe('chances under a prediction', () => {
  const nul: BinomialNull = { rate: 0.1, requests: 100, concentration: 50, rho: 0, placebo: null }
  it('are those of the beta-binomial with its mean and concentration', () => {
    expect(pHigh(nul, 9, 40)).toBeCloseTo(betaBinomialTail(9, 40, 5, 45), 9)
    expect(pLow(nul, 1, 40)).toBeCloseTo(1 - betaBinomialTail(2, 40, 5, 45), 9)
  })
})

describe('the price of looking', () => {
  it('is one more per doubling, and none for the first look', () => {
    expect([0, 1, 2, 4, 64].map(looksFactor)).toEqual([1, 1, 2, 3, 7])
  })
})

describe('the smallest rise', () => {
  const nul: BinomialNull = { rate: 0.02, requests: 1000, concentration: 400, rho: 0, placebo: null }
  const chanceOf = (k: number, n: number, rate: number) => betaBinomialTail(k, n, rate * 400, (1 - rate) * 400)
  /** The fewest failures, three at least, whose two-sided chance is at the level. */
  const critical = (n: number, alpha: number) => {
    for (let k = 3; k <= n; k++) if (2 * chanceOf(k, n, 0.02) <= alpha) return k
    return null
  }
  it.each([
    [30, 0.01, 0.8],
    [100, 0.01, 0.8],
    [100, 1e-4, 0.8],
    [100, 0.5, 0.8],
    [200, 0.01, 0.5],
  ])('of %d requests at level %d is the one found with chance %d', (n, alpha, power) => {
    const rise = smallestRise(nul, n, alpha, power)!
    expect(chanceOf(critical(n, alpha)!, n, 0.02 + rise)).toBeCloseTo(power, 3)
    expect(chanceOf(critical(n, alpha)!, n, 0.02 + rise)).toBeGreaterThanOrEqual(power)
  })
  it('is held at a power of 0.8 where nothing is said', () => {
    expect(smallestRise(nul, 100, 0.01)).toBe(smallestRise(nul, 100, 0.01, 0.8))
  })
  it('is none where even all failing would prove nothing', () => {
    expect(smallestRise(nul, 2, 0.5)).toBeNull()
    expect(smallestRise(nul, 3, 2 * chanceOf(3, 3, 0.02) * 0.99)).toBeNull()
    expect(smallestRise(nul, 3, 2 * chanceOf(3, 3, 0.02) * 1.01)).toBeGreaterThan(0.8)
  })
})
