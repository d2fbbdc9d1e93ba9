import { describe, expect, it } from 'vitest'
import { binomialNull, smallestRise } from '../../../services/detector/judge/binomial.ts'
import { judgeCounts } from '../../../services/detector/judge/index.ts'
import { randomFrom } from '../../eval/generate/random.ts'
import { betaBinomialTail } from './reference.ts'
import { flat } from './worlds.ts'

const LEVEL = 0.2 * 0.035
const one = (bad: number, total: number) => [{ bad, total }]

describe('three errors in 200 requests after none in 2,000', () => {
  const judged = () => judgeCounts({ baseline: flat(20, 0, 100), current: one(3, 200) })
  const p = 2 * betaBinomialTail(3, 200, 0.5, 2000.5)
  it('have the exact chance, and the numbers that go with it', () => {
    const j = judged()
    expect(j.pValue).toBeCloseTo(p, 9)
    expect(j).toMatchObject({
      observed: 0.015,
      expected: 0.5 / 2001,
      effect: 0.015 - 0.5 / 2001,
      n: { baseline: 2000, current: 200 },
    })
    expect(j.score).toBeCloseTo(Math.log(p) / (Math.log(p) + Math.log(LEVEL)), 6)
  })
  it('lie beyond the band, which ends at the failures that would have been one too few for a finding', () => {
    const j = judged()
    expect(j.lower).toBe(0)
    expect(j.upper).toBeCloseTo(2 / 200, 12)
    expect(j.expected + j.power.smallestEffect!).toBeGreaterThan(j.observed)
    expect(j.power.needs).toBeNull()
  })
  it('are explained', () => {
    const j = judged()
    expect(j.reason).toBe(
      `3 of 200 requests failed (1.50 %), expected 0.0250 %: more than chance can explain (p ${p.toPrecision(2)}, limit 0.0070)`,
    )
  })
  it('are no finding where many signals share the level', () => {
    expect(judgeCounts({ baseline: flat(20, 0, 100), current: one(3, 200), siblings: 50 }).judgement).not.toBe('high')
  })
})

describe('what is large enough to matter', () => {
  const judged = (before: [number, number], now: [number, number]) =>
    judgeCounts({ baseline: flat(20, ...before), current: one(...now) })
  it('is three failures at least', () => {
    expect(judged([0, 1e4], [2, 100]).judgement).toBe('pass')
    expect(judged([0, 1e4], [3, 100]).judgement).toBe('high')
  })
  it('is two tenths of a point at least', () => {
    expect(judged([0, 1e5], [19, 1e4])).toMatchObject({
      judgement: 'pass',
      reason: expect.stringContaining('certain, but too small to matter'),
    })
    expect(judged([0, 1e5], [21, 1e4]).judgement).toBe('high')
  })
  it('is a fifth more at least, or a fifth less', () => {
    expect(judged([1e4, 1e5], [1190, 1e4]).judgement).toBe('pass')
    expect(judged([1e4, 1e5], [1210, 1e4]).judgement).toBe('high')
    expect(judged([1e4, 1e5], [840, 1e4]).judgement).toBe('pass')
    expect(judged([1e4, 1e5], [830, 1e4])).toMatchObject({ judgement: 'low', worse: false })
  })
})

describe('the smallest effect', () => {
  it('is what the prediction shows at the level, looks paid for, or at the caller’s where that is finer', () => {
    const [baseline, current] = [flat(20, 1, 100), flat(4, 1, 100)]
    const nul = binomialNull(baseline, 4)
    const stated = (certain?: number) => judgeCounts({ baseline, current, certain }).power.smallestEffect
    expect(stated()).toBe(smallestRise(nul, 400, LEVEL / 3))
    expect(stated(1e-4)).toBe(smallestRise(nul, 400, 1e-4 / 3))
    expect(stated(0.5)).toBe(stated())
  })
  it('is no part of the score of a pass, which is that of its p', () => {
    const j = judgeCounts({ baseline: flat(20, 2, 100), current: one(4, 100) })
    expect(j.judgement).toBe('pass')
    expect(j.score).toBeCloseTo(Math.log(j.pValue) / (Math.log(j.pValue) + Math.log(LEVEL)), 9)
    expect(judgeCounts({ baseline: flat(20, 0, 1e5), current: one(19, 1e4) }).score).toBe(0.499)
  })

  const of = (baseline: { bad: number; total: number }[], total: number) =>
    judgeCounts({ baseline, current: one(Math.round((total * baseline[0]!.bad) / baseline[0]!.total), total) }).power
      .smallestEffect!
  it('is never below what would matter', () => {
    expect(of(flat(20, 0, 1e5), 1e6)).toBe(0.002)
    expect(of(flat(20, 1e5, 1e6), 1e6)).toBeCloseTo(0.2 * 0.1, 4)
  })
  it('reaches beyond the bursts of the baseline by as much as they lie above its middle', () => {
    const bursts = [...flat(30, 1, 100), ...flat(3, 40, 100), ...flat(27, 1, 100)]
    expect(of(bursts, 1e5)).toBeCloseTo(2 * 0.4 - 0.01 - (57 + 120 + 0.5) / 6001, 9)
  })
  it('is none, with a band of all there is, where nothing could be seen', () => {
    const j = judgeCounts({ baseline: flat(20, 1, 100), current: one(0, 2) })
    expect(j).toMatchObject({ judgement: 'nodata', worse: false, lower: 0, upper: 1, power: { smallestEffect: null } })
  })
})

describe('too few requests', () => {
  const baseline = flat(20, 0, 100)
  const judged = () => judgeCounts({ baseline, current: one(1, 12) })
  it('need as many more as would show ten points, to a quarter', () => {
    const j = judged()
    const more = Number(/about (\d+) more/.exec(j.power.needs!)![1])
    expect(judgeCounts({ baseline, current: one(0, 12 + more) }).judgement).toBe('pass')
    expect(judgeCounts({ baseline, current: one(0, Math.floor((12 + more) / 1.25) - 1) }).judgement).toBe('nodata')
  })
  it('are said to be, and score below the line', () => {
    const j = judged()
    expect(j.reason).toMatch(
      /^1 of 12 requests failed \(8\.33 %\), expected 0\.0250 %: too few requests to tell \(p .*, limit 0\.0070\)$/,
    )
    expect(j.score).toBeLessThan(0.5)
  })
  it('need nothing that could be said where the baseline itself is too thin', () => {
    expect(judgeCounts({ baseline: one(0, 3), current: one(0, 3) })).toMatchObject({
      judgement: 'nodata',
      power: { needs: null },
    })
  })
  it('are not what bursts are: those say nothing, and no more requests would mend them', () => {
    const bursts = [...flat(30, 1, 100), ...flat(3, 80, 100), ...flat(27, 1, 100)]
    expect(judgeCounts({ baseline: bursts, current: one(10, 1000) })).toMatchObject({
      judgement: 'pass',
      power: { needs: null },
    })
  })
})

describe('the words of a pass', () => {
  const said = (more: object) => judgeCounts({ baseline: flat(60, 1, 100), current: one(1, 100), ...more }).reason
  it('are that the baseline allows it', () => expect(said({})).toContain('1 of 100 requests failed (1.00 %)'))
  it('are within what the baseline allows, where nothing moved', () => {
    expect(said({ current: flat(10, 1, 100) })).toContain(': within what the baseline allows (p 1.0, limit 0.0070)')
  })
  it('are the old version’s, where it shows the same', () => {
    expect(said({ current: flat(10, 10, 100), concurrent: flat(10, 10, 100) })).toContain(
      ': the old version shows it in the same minutes (p 1.0, limit 0.0070)',
    )
  })
})

describe('no requests', () => {
  it('since the deploy is a stop, before it nothing to compare with; neither states a number', () => {
    const rest = {
      worse: false,
      observed: 0,
      expected: 0,
      lower: 0,
      upper: 1,
      effect: 0,
      pValue: 1,
      score: 0,
      power: { smallestEffect: null, needs: 'requests' },
    }
    expect(judgeCounts({ baseline: flat(2, 0, 10), current: flat(2, 0, 0) })).toMatchObject({
      ...rest,
      method: 'vanished',
      reason: 'no request since the deploy',
      n: { baseline: 20, current: 0 },
    })
    expect(judgeCounts({ baseline: [], current: flat(2, 0, 10) })).toMatchObject({
      ...rest,
      method: 'no-data',
      reason: 'no request before the deploy',
    })
    expect(judgeCounts({ baseline: [], current: [] })).toMatchObject({
      method: 'no-data',
      reason: 'no request before the deploy',
    })
  })
})

it('bursts that a finding lies beyond are named in its reason', () => {
  const bursts = [...flat(30, 1, 100), ...flat(3, 10, 100), ...flat(27, 1, 100)]
  const j = judgeCounts({ baseline: bursts, current: flat(5, 70, 100) })
  expect(j).toMatchObject({ judgement: 'high', method: 'count-overdispersed' })
  expect(j.reason).toContain('more than chance and the usual bursts can explain')
})

describe('the band of a judgement', () => {
  it('is left exactly by what is found, steady or in bursts, whichever window shows it', () => {
    const r = randomFrom(7)
    const seen = { high: 0, low: 0, inside: 0 }
    for (let world = 0; world < 400; world++) {
      const share = 0.3 * r.uniform() ** 3
      const burst = world % 3 === 0 ? 0.8 : 0
      const drawn = (n: number, factor: number) =>
        Array.from({ length: n }, () => {
          const total = 20 + Math.floor(180 * r.uniform())
          const p = Math.min(1, share * factor * Math.exp(burst * r.normal()))
          return { bad: Math.min(total, r.poisson(total * p)), total }
        })
      const baseline = drawn(60, 1)
      const looks = 1 + Math.floor(40 * r.uniform())
      const changed = [0.2, 1, 1, 2, 4][world % 5]!
      const since = Math.floor(looks * r.uniform())
      const j = judgeCounts({ baseline, current: [...drawn(since, 1), ...drawn(looks - since, changed)] })
      if (j.judgement === 'high') expect(j.observed, `${world}`).toBeGreaterThan(j.upper)
      else expect(j.observed, `${world}`).toBeLessThanOrEqual(j.upper + 1e-12)
      if (j.judgement === 'low') expect(j.observed, `${world}`).toBeLessThan(j.lower)
      else expect(j.observed, `${world}`).toBeGreaterThanOrEqual(j.lower - 1e-12)
      seen[j.judgement === 'high' || j.judgement === 'low' ? j.judgement : 'inside'] += 1
    }
    expect(Math.min(seen.high, seen.low, seen.inside), JSON.stringify(seen)).toBeGreaterThan(20)
  })
})
