import { describe, expect, it } from 'vitest'
import { binomialNull, smallestRise } from '../../../services/detector/judge/binomial.ts'
import { pool, quantileAt } from '../../../services/detector/judge/histogram.ts'
import { judgeDistribution } from '../../../services/detector/judge/index.ts'
import { penaltyOf } from '../../../services/detector/judge/shares.ts'
import { betaBinomialTail } from './reference.ts'

/**
 * Scale 1: an index is a factor of the square root of two. Of every 100 requests 50 are in (1, 1.41], 40 in (4, 5.66], 9 in (16, 22.6] and one in
 * (64, 90.5], so that the cuts at the median, p90 and p99 fall on bounds: half, a tenth, a hundredth lie beyond them.
 */
const SCALE = 1
const hundred = (body: number, shoulder: number, tail: number, last: number) =>
  new Map([
    [12, last],
    [0, body],
    [8, tail],
    [4, shoulder],
  ])
const usual = () => hundred(50, 40, 9, 1)
const minutes = (n: number, of = usual) => Array.from({ length: n }, of)
const judge = (current: ReadonlyMap<number, number>[], more: object = {}) =>
  judgeDistribution({ scale: SCALE, baseline: minutes(40), current, ...more })

describe('requests beyond the cuts', () => {
  const slow = () => hundred(20, 70, 9, 1)
  it('have the exact chance of the cut that differs most, times the three that are tried', () => {
    const j = judge([slow()])
    expect(j.pValue).toBeCloseTo(3 * 2 * betaBinomialTail(80, 100, 2000.5, 2000.5), 8)
    expect(j).toMatchObject({
      judgement: 'high',
      worse: true,
      n: { baseline: 4000, current: 100 },
      method: 'distribution',
      effectUnit: 'ratio',
    })
    expect(j.score).toBeGreaterThan(0.5)
  })
  // The median was at the end of its bucket, 2^0.5; of the slower minute it is 30 of 70 into (4, 5.66].
  it('have the quantiles of both sides, interpolated', () => {
    const j = judge([slow()])
    expect(j.expected).toBeCloseTo(2 ** 0.5, 9)
    expect(j.observed).toBeCloseTo(2 ** ((4 + 30 / 70) / 2), 9)
    expect(j.effect).toBeCloseTo(j.observed / j.expected - 1, 9)
    expect(j.upper - j.expected).toBeCloseTo(j.expected * j.power.smallestEffect!, 9)
    expect(j.lower).toBeCloseTo(Math.max(0, 2 * j.expected - j.upper), 9)
  })
  it('are said in words, with the quantile, the shares and the limit', () => {
    expect(judge([slow()]).reason).toMatch(
      /^p50 4\.64, expected 1\.41: 80\.0 % of 100 requests beyond it, expected 50\.0 %; more than its own windows vary \(p [\de.-]+, limit 0\.0070\)$/,
    )
    expect(judge(minutes(10)).reason).toMatch(/; within what the baseline allows \(p 1\.0, limit 0\.0070\)$/)
  })
  it('are low where there are fewer', () => {
    expect(judge([hundred(85, 5, 9, 1)])).toMatchObject({ judgement: 'low', worse: false })
  })
  it('may be of the shoulder or the tail alone', () => {
    expect(judge(minutes(5, () => hundred(50, 20, 29, 1))).reason).toMatch(/^p90 /)
    expect(judge(minutes(5, () => hundred(50, 40, 0, 10))).reason).toMatch(/^p99 /)
  })
  it('are no finding where many signals share the level', () => {
    expect(judge([hundred(32, 58, 9, 1)], {}).judgement).toBe('high')
    expect(judge([hundred(32, 58, 9, 1)], { siblings: 100 }).judgement).toBe('pass')
  })
})

describe('a look at a distribution', () => {
  const slow = () => hundred(20, 70, 9, 1)
  it('is at the last minutes where the fault began late, with their quantiles', () => {
    const late = judge([...minutes(10), ...minutes(5, slow)])
    expect(late.judgement).toBe('high')
    expect(late.observed).toBeCloseTo(2 ** ((4 + 30 / 70) / 2), 9)
  })
  it('scores by its p, one half at the level and below it where nothing is found', () => {
    const score = (p: number) => Math.log(p) / (Math.log(p) + Math.log(0.007))
    const [found, quiet] = [judge([slow()]), judge([hundred(42, 48, 9, 1)])]
    expect(found.score).toBeCloseTo(score(found.pValue), 9)
    expect(quiet.judgement).toBe('pass')
    expect(quiet.score).toBeCloseTo(score(quiet.pValue), 9)
  })
  it('that passes says that the baseline allows it, also beside an old version that says nothing', () => {
    expect(judge([hundred(42, 48, 9, 1)], { concurrent: minutes(1) }).reason).toContain(
      '; within what the baseline allows (p',
    )
  })
})

describe('what is not held against the deploy', () => {
  it('is a handful of requests beyond the tail: five at least', () => {
    const many = minutes(40, () => hundred(500, 400, 99, 1))
    const now = (last: number) =>
      judgeDistribution({ scale: SCALE, baseline: many, current: [hundred(50, 40, 10 - last, last)] })
    expect(now(4).judgement).not.toBe('high')
    expect(now(6).judgement).toBe('high')
  })
  it('is what fades: the newer half shows less than half of it', () => {
    const start = [...minutes(3, () => hundred(20, 70, 9, 1)), ...minutes(3)]
    expect(judge(start)).toMatchObject({ judgement: 'pass', worse: false })
    expect(judge(start).reason).toContain('; it fades, as after a start (p')
    const lasts = [...minutes(3, () => hundred(20, 70, 9, 1)), ...minutes(3, () => hundred(38, 52, 9, 1))]
    expect(judge(lasts).judgement).toBe('high')
    const idle = [...minutes(3, () => hundred(20, 70, 9, 1)), ...minutes(3, () => new Map())]
    expect(judge(idle).judgement).toBe('high')
  })
  // Three in ten move from the very end of a bucket to just past it: at this width a sixteenth slower.
  it('is less than a tenth, however certain', () => {
    const fine = (from: number) =>
      minutes(
        20,
        () =>
          new Map([
            [from, 700],
            [from + 1, 300],
          ]),
      )
    const now = minutes(
      5,
      () =>
        new Map([
          [100, 480],
          [101, 520],
        ]),
    )
    const j = judgeDistribution({ scale: 5, baseline: fine(100), current: now })
    expect(j.judgement).toBe('pass')
    expect(j.reason).toContain('; certain, but too small to matter (p')
    const back = judgeDistribution({
      scale: 5,
      baseline: now.flatMap((h) => [h, h, h, h]),
      current: fine(100).slice(0, 5),
    })
    expect(back.judgement).toBe('pass')
    expect(back.reason).toContain('too small to matter')
  })
  it('is what the old version shows in the same minutes', () => {
    const slow = minutes(5, () => hundred(20, 70, 9, 1))
    const j = judge(slow, { concurrent: slow })
    expect(j.judgement).toBe('pass')
    expect(j.reason).toContain('; the old version shows it in the same minutes (p')
    expect(judge(slow, { concurrent: minutes(5) }).judgement).toBe('high')
  })
})

describe('what else explains a difference', () => {
  const slower = minutes(5, () => hundred(20, 70, 9, 1))
  it('moves the cut: beyond the bucket that it lies in nothing differs, within it nothing is taken away', () => {
    // 4.4 is 2^(4.3/2): the cut moves by four indices, past (4, 5.66], and beyond it no more are slow than before.
    expect(judge(slower, { explained: 4.4 }).judgement).not.toBe('high')
    expect(judge(slower, { explained: 2 })).toEqual(judge(slower))
    expect(judge(slower, { explained: 1 })).toEqual(judge(slower))
    expect(judge(slower, { explained: 0.5 })).toEqual(judge(slower))
  })
  // 80 of 100 are slower than the median was, 70 even slower than four times that: still more than half.
  it('leaves the weaker of the two looks where more is slow than it explains', () => {
    const j = judge([hundred(20, 10, 69, 1)], { explained: 4 })
    expect(j.pValue).toBeCloseTo(6 * betaBinomialTail(70, 100, 2000.5, 2000.5), 9)
    expect(j.judgement).toBe('high')
  })
  it('is asked of what is faster where requests are fewer', () => {
    const faster = minutes(5, () => hundred(85, 5, 9, 1))
    expect(judge(faster).judgement).toBe('low')
    expect(judge(faster, { explained: 2 })).toEqual(judge(faster))
    expect(judge(faster, { explained: 0.5 }).judgement).not.toBe('low')
  })
})

describe('the power of a distribution', () => {
  /** The rise beyond a cut that would be seen, as the factor by which the quantile there must move: from the cut's share to the cut's upper bound. */
  const seen = (looks: number, level: number) => {
    const before = pool(minutes(40))
    const cuts = [
      [0, 50],
      [4, 10],
      [8, 1],
    ] as const
    const effects = cuts.map(([cut, beyond]) => {
      const nul = binomialNull(
        minutes(40).map(() => ({ bad: beyond, total: 100 })),
        looks,
      )
      const rise = smallestRise(nul, 100 * looks, level / penaltyOf(looks), 0.75)!
      return 2 ** ((cut + 1) / 2) / quantileAt(before, 1 - nul.rate - rise, SCALE) - 1
    })
    return Math.max(0.1, Math.min(...effects))
  }
  it('is the least that any of the cuts would show, at a third of the level or the caller’s where that is finer', () => {
    for (const looks of [1, 4, 8]) {
      expect(judge(minutes(looks)).power.smallestEffect).toBeCloseTo(seen(looks, 0.007 / 3), 9)
      expect(judge(minutes(looks), { certain: 1e-6 }).power.smallestEffect).toBeCloseTo(seen(looks, 1e-6 / 3), 9)
    }
  })

  it('is stated in its quantile, a tenth at least, and grows with requests', () => {
    const effect = (n: number) => judge(minutes(n)).power.smallestEffect
    expect(effect(30)!).toBeLessThanOrEqual(effect(10)!)
    const fine = minutes(40, () => new Map(Array.from({ length: 64 }, (_, i) => [i, 100])))
    const j = judgeDistribution({ scale: 6, baseline: fine, current: fine })
    expect(j.power).toEqual({ smallestEffect: 0.1, needs: null })
    expect(j.judgement).toBe('pass')
  })
  it('is too little to say anything of some requests: three times as many are asked for, thirty at least', () => {
    const few = (n: number, siblings = 1) =>
      judge(
        [
          new Map([
            [0, n / 2],
            [4, n / 2],
          ]),
        ],
        { siblings },
      )
    expect(few(6)).toMatchObject({ judgement: 'nodata', worse: false, power: { needs: 'about 30 more requests' } })
    expect(few(14, 1000)).toMatchObject({ judgement: 'nodata', power: { needs: 'about 42 more requests' } })
    expect(few(6).reason).toMatch(/; too few requests to tell \(p 1\.0, limit 0\.0070\)$/)
    expect(few(6).score).toBeLessThan(0.5)
  })
})

describe('a distribution without requests', () => {
  const rest = {
    judgement: 'nodata',
    worse: false,
    observed: 0,
    expected: 0,
    lower: 0,
    upper: 0,
    effect: 0,
    effectUnit: 'ratio',
    pValue: 1,
    score: 0,
    power: { smallestEffect: null, needs: 'requests' },
  }
  it('since the deploy has stopped', () => {
    expect(judge([new Map()])).toMatchObject({
      ...rest,
      method: 'vanished',
      reason: 'no request since the deploy',
      n: { baseline: 4000, current: 0 },
    })
  })
  it('before it has nothing to be compared with', () => {
    expect(judge([usual()], { baseline: [] })).toMatchObject({
      ...rest,
      method: 'no-data',
      reason: 'no request before the deploy',
      n: { baseline: 0, current: 100 },
    })
    expect(judge([], { baseline: [] })).toMatchObject({ ...rest, method: 'no-data' })
  })
})
