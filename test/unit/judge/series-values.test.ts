import { describe, expect, it } from 'vitest'
import { excessAt, pOfExcess } from '../../../services/detector/judge/calibrate.ts'
import { judgeSeries, prepareSeries } from '../../../services/detector/judge/index.ts'
import { firstLook } from './worlds.ts'

/**
 * A metric below zero, so that plain numbers are judged, in units of its usual size, 10: 200 buckets of -10, but for two neighbours of 10.
 *
 *   10              ──
 *  -10  ────────────  ───────────|     windows of three without their highest: -10 -10, but for two of -10 10
 *
 * In tenths every summary has its middle at -1; the two steadiest reach highest to -0.8 (q10) and -0.5 (q25), so that with the floor of 0.05 their
 * margins are 0.25 and 0.55. On the low side nothing moves: the margin is the floor.
 */
const HISTORY = 200
const baseline = Array.from({ length: HISTORY }, (_, i) => (i === 90 || i === 91 ? 10 : -10))
const metric = (current: readonly (number | null)[], more: object = {}) =>
  judgeSeries({ kind: 'metric', stepS: 60, baseline, current, ...more })
const three = (v: number) => [v, v, v]
const watch = { history: HISTORY, watched: 3, windows: HISTORY / 3 }

describe('a window since the deploy', () => {
  it('that only does what the baseline does passes, with the p of a record', () => {
    const j = metric(three(-10))
    expect(j).toMatchObject({
      judgement: 'pass',
      worse: false,
      effectUnit: 'absolute',
      method: 'placebo',
      n: { baseline: 200, current: 3 },
    })
    expect(j.effect).toBeCloseTo(0, 12)
    expect(j.pValue).toBeCloseTo(24 / 224, 12)
    expect(j.score).toBeLessThan(0.5)
    expect(j.power.needs).toBeNull()
  })
  it('far above is high, and worse; far below low, and not', () => {
    expect(metric(three(40))).toMatchObject({ judgement: 'high', worse: true, observed: 40, expected: -10, effect: 50 })
    expect(metric(three(-40))).toMatchObject({ judgement: 'low', worse: false, observed: -40, effect: -30 })
    expect(metric(three(40)).score).toBeGreaterThan(0.5)
  })
  it('has the p of its excess over the baseline’s own windows, in margins of their range and the floor; both summaries must agree', () => {
    expect(metric(three(0)).pValue).toBeCloseTo(pOfExcess(0.5 / 0.55, watch), 12)
    expect(metric(three(2)).pValue).toBeCloseTo(pOfExcess(0.7 / 0.55, watch), 12)
    expect(metric(three(-12)).pValue).toBeCloseTo(pOfExcess(0.2 / 0.05, watch), 12)
  })
  it('is weighed against a wider range where it rests on fewer requests', () => {
    // Four times fewer: noise 2, so the highest lies twice as far from the middle, at 0, and the margin is 1.1.
    expect(metric(three(10), { thinner: 4 }).pValue).toBeCloseTo(pOfExcess(1 / 1.1, watch), 12)
    expect(metric(three(10), { thinner: 0.5 })).toEqual(metric(three(10)))
  })
  it('is no finding just where the baseline itself has been, however lax the level or long the history', () => {
    const j = metric(three(-10), { sensitivity: 'high' })
    expect(j.pValue).toBeLessThan(0.14)
    expect(j).toMatchObject({ judgement: 'pass', score: 0.499 })
    for (const kind of ['latency', 'throughput', 'metric'] as const)
      for (const v of [0, 0.1, 100])
        expect(judgeSeries({ kind, stepS: 60, baseline: Array(1440).fill(v), current: three(v) })).toMatchObject({
          judgement: 'pass',
          worse: false,
        })
  })
})

describe('what is stated beside it', () => {
  const reach = (alpha: number) => 10 * (0.2 + 0.25 * excessAt(alpha, watch))
  it('is the band that would just be found, around what is expected', () => {
    const j = metric(three(0))
    expect(j).toMatchObject({ judgement: 'high', observed: 0, expected: -10, effect: 10 })
    expect(j.upper).toBeCloseTo(-10 + reach(0.035), 9)
    expect(j.lower).toBeCloseTo(-10 - reach(0.035), 9)
  })
  it('is a smallest effect one range of the baseline beyond it', () => {
    expect(metric(three(0)).power.smallestEffect).toBeCloseTo(reach(0.035) + 2, 9)
    expect(metric(three(0), { thinner: 4 }).power.smallestEffect).toBeCloseTo(2 * (reach(0.035) + 2), 9)
  })
  it('grows with the signals that share the level', () => {
    const shared = metric(three(0), { siblings: 100 })
    expect(shared.power.smallestEffect).toBeCloseTo(reach(0.00035) + 2, 9)
    expect(shared.pValue).toBe(metric(three(0)).pValue)
    expect(shared.judgement).toBe('pass')
    expect(shared.score).toBeCloseTo(Math.log(shared.pValue) / (Math.log(shared.pValue) + Math.log(0.00035)), 9)
  })
  it('is said in words with its numbers', () => {
    const j = metric(three(0))
    expect(j.reason).toBe(
      `0 over the last 3 buckets, expected -10; windows of 3 buckets without a deploy reach ${Number(j.upper.toPrecision(4))}, p ${j.pValue.toPrecision(2)}`,
    )
    expect(metric(three(-40)).reason).toContain(`reach ${Number(metric(three(-40)).lower.toPrecision(4))}, p`)
  })
})

/** Half an hour around 100: a latency that takes 90, 100 and 110 in turn. */
const waves = (n: number, level = 100) => Array.from({ length: n }, (_, i) => level * [0.9, 1, 1.1][i % 3]!)
const latency = (current: readonly (number | null)[], more: object = {}) =>
  judgeSeries({ kind: 'latency', stepS: 60, baseline: waves(240), current, ...more })

describe('a look', () => {
  it('is at the longest window that fits since the deploy, and a third of the history', () => {
    expect(latency(waves(13)).reason).toContain('over the last 12 buckets')
    expect(latency(waves(60)).reason).toMatch(/over the last (60|6|12|24) buckets/)
    expect(judgeSeries({ kind: 'latency', stepS: 60, baseline: waves(20), current: waves(20, 300) }).reason).toContain(
      'over the last 6 buckets',
    )
    expect(
      judgeSeries({ kind: 'latency', stepS: 60, baseline: waves(20), current: [...waves(14, 300), ...waves(6)] })
        .judgement,
    ).toBe('pass')
  })
  it('is at a recent window where the fault began late, at a higher bar', () => {
    const late = latency([...waves(36), ...waves(12, 300)])
    expect(late).toMatchObject({ judgement: 'high' })
    expect(late.reason).toMatch(/over the last (12|6) buckets/)
    const whole = latency(waves(12, 300))
    expect(late.pValue).toBeGreaterThan(whole.pValue)
  })
  it('is at recent windows only where they are half of the longest at most', () => {
    expect(latency([...waves(5), ...waves(6, 150)]).reason).toContain('over the last 10 buckets')
    expect(latency([...waves(6), ...waves(6, 300)]).reason).toContain('over the last 6 buckets')
  })
  it('that finds nothing says the smaller p of both sides', () => {
    const up = latency(waves(12, 103))
    expect(up.observed).toBeGreaterThan(up.expected)
    const down = latency(waves(12, 97))
    expect(down.observed).toBeLessThan(down.expected)
  })
})

describe('what others show', () => {
  it('is allowed for: the old version, or the same hours of earlier days', () => {
    const rise = waves(12, 150)
    expect(latency(rise).judgement).toBe('high')
    for (const more of [{ concurrent: rise }, { seasonal: [rise] }]) {
      const j = latency(rise, more)
      expect(j.judgement).toBe('pass')
      expect(j.reason).toMatch(/; what the old version or earlier days show in these hours is allowed for$/)
      expect(j.expected).toBeGreaterThan(140)
    }
  })
  it('widens the band by its size, for no two feel an incident alike', () => {
    const j = latency(waves(12, 200), { concurrent: waves(12, 150) })
    const alone = latency(waves(12, 200))
    expect(j.power.smallestEffect).toBeGreaterThan(alone.power.smallestEffect!)
    expect(j.pValue).toBeGreaterThan(alone.pValue)
  })
  it('on the other side changes nothing', () => {
    const plain = latency(waves(12, 150))
    expect(latency(waves(12, 150), { concurrent: waves(12, 50) })).toEqual(plain)
    expect(latency(waves(12, 150), { concurrent: waves(12, 90), seasonal: [] })).toEqual(plain)
  })
  it('of several is the middle one', () => {
    const rise = waves(12, 150)
    expect(latency(rise, { seasonal: [rise, waves(12, 90), waves(12, 80)] }).judgement).toBe('high')
    expect(latency(rise, { seasonal: [rise, rise, waves(12, 80)] }).judgement).toBe('pass')
  })
  it('is asked only where half of its buckets are there, two at least', () => {
    const rise = waves(12, 150)
    const sparse = (known: number) => rise.map((v, i) => (i >= 12 - known ? v : null))
    expect(latency(rise, { concurrent: sparse(6) }).judgement).toBe('pass')
    expect(latency(rise, { concurrent: sparse(5) }).judgement).toBe('high')
    expect(latency(rise.slice(0, 3), { concurrent: [null, null, 150] }).reason).not.toContain('old version')
  })
  it('counts in the same minutes only', () => {
    expect(
      latency([...waves(48), ...waves(12, 300)], { concurrent: [...waves(48, 300), ...waves(12)] }).judgement,
    ).toBe('high')
  })
  it('may be told when it is prepared or when it is asked', () => {
    const rise = waves(12, 150)
    const input = { kind: 'latency' as const, stepS: 60, baseline: waves(240) }
    expect(prepareSeries({ ...input, concurrent: rise, seasonal: [rise] })(rise)).toEqual(
      prepareSeries(input)(rise, rise, [rise]),
    )
  })
})

describe('buckets without a value', () => {
  it('are none: of a latency nothing is known, of throughput that nothing came', () => {
    expect(latency([null, null])).toMatchObject({ judgement: 'nodata', method: 'no-data' })
    expect(latency([null, null, null])).toMatchObject({
      judgement: 'nodata',
      worse: false,
      method: 'vanished',
      reason: 'no value in 3 buckets since the deploy, 240 before it',
      observed: 0,
      expected: 0,
      lower: 0,
      upper: 0,
      effect: 0,
      effectUnit: 'ratio',
      pValue: 1,
      score: 0,
      n: { baseline: 240, current: 0 },
      power: { smallestEffect: null, needs: 'one value' },
    })
    expect(judgeSeries({ kind: 'latency', stepS: 60, baseline: [null], current: [null, null, null] })).toMatchObject({
      method: 'no-data',
    })
    expect(
      judgeSeries({ kind: 'throughput', stepS: 60, baseline: waves(240), current: [null, null, null] }),
    ).toMatchObject({ judgement: 'low', worse: true, observed: 0 })
  })
  it('of the baseline are left out: the same without them, in any clock', () => {
    const gaps = waves(240).flatMap((v) => [v, null, Number.NaN])
    expect(judgeSeries({ kind: 'latency', stepS: 60, baseline: gaps, current: waves(12, 150) })).toEqual(
      latency(waves(12, 150)),
    )
  })
})

/** Hourly buckets: 24 a day. Three days of a wave from 50 to 150, with a value of its own for each hour. */
const DAY = 24
const hourly = (from: number, n: number, factor = 1) =>
  Array.from({ length: n }, (_, i) => factor * (100 + 50 * Math.sin((2 * Math.PI * (from + i)) / DAY)))
const judgeHours = (base: readonly (number | null)[], stepS = 3600) =>
  prepareSeries({ kind: 'latency', stepS, baseline: base })

describe('a daily course', () => {
  /**   ╭╮  ╭╮  ╭╮     deploy before the morning rise
   *   ╯╰──╯╰──╯╰──│╱
   */
  it('is expected of the deploy’s hours too, at every look', () => {
    const judge = judgeHours(hourly(0, 7 * DAY))
    expect(firstLook(hourly(7 * DAY, 12), (seen) => judge(seen).judgement !== 'pass' && seen.length >= 3)).toBeNull()
    const j = judge(hourly(7 * DAY, 6))
    expect(j.expected).toBeCloseTo(j.observed, 6)
  })
  it('makes a rise of a quarter on top of it a finding', () => {
    expect(judgeHours(hourly(0, 7 * DAY))(hourly(7 * DAY, 6, 1.25))).toMatchObject({
      judgement: 'high',
      effect: expect.closeTo(0.25, 2),
    })
  })
  it('is known from two days on, and keeps its hours where buckets are missing', () => {
    const gaps = hourly(0, 7 * DAY).map((v, i) => (i === 51 || i === 100 ? null : v))
    expect(judgeHours(gaps)(hourly(7 * DAY, 6)).judgement).toBe('pass')
    expect(judgeHours([null, ...hourly(1, 7 * DAY - 1)])(hourly(7 * DAY, 6)).judgement).toBe('pass')
    const two = judgeHours(hourly(0, 2 * DAY))(hourly(2 * DAY, 6))
    expect(two).toMatchObject({ judgement: 'pass', expected: expect.closeTo(two.observed, 6) })
    const holes = hourly(0, 7 * DAY).map((v, i) => (i === 60 ? Number.NaN : i === 70 ? null : v))
    expect(judgeHours(holes)(hourly(7 * DAY, 6)).n.baseline).toBe(7 * DAY - 2)
    expect(judgeHours(holes)(hourly(7 * DAY, 6)).judgement).toBe('pass')
  })
  it('is expected of the old version too: where that follows it a rise is the deploy’s', () => {
    const [judge, rise] = [judgeHours(hourly(0, 7 * DAY)), hourly(7 * DAY, 6)]
    expect(judge(hourly(7 * DAY, 6, 1.25), rise).judgement).toBe('high')
  })
  it('of builds is none: they have no clock', () => {
    const known = hourly(0, 7 * DAY).map((v, i) => (i % 5 === 0 ? null : v))
    expect(judgeHours(known, 0)(hourly(7 * DAY, 6)).n.baseline).toBe(known.filter((v) => v !== null).length)
    expect(judgeHours(known, 0)(hourly(7 * DAY, 6)).expected).not.toBeCloseTo(
      judgeHours(known)(hourly(7 * DAY, 6)).expected,
      0,
    )
  })
})
