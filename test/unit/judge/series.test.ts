import { describe, expect, it } from 'vitest'
import { judgeSeries, prepareSeries } from '../../../services/detector/judge/index.ts'
import { firstLook, randomFrom, steady } from './worlds.ts'

const STEP_S = 300
const r = () => randomFrom(7)

describe('a level that moves with the deploy', () => {
  /**  latency ms        deploy
   *   150                     ┌─────
   *   100  ───────────────────┘          high within 15 minutes
   */
  it('is found within three buckets where it moves by half', () => {
    const judge = prepareSeries({ kind: 'latency', stepS: STEP_S, baseline: steady(r(), 288, 100, 0.05) })
    const current = steady(randomFrom(8), 24, 150, 0.05)
    expect(firstLook(current, (seen) => judge(seen).judgement === 'high')).toBe(3)
  })

  it('is found by the end of two hours where it moves by a tenth, and says by how much', () => {
    const j = judgeSeries({
      kind: 'latency',
      stepS: STEP_S,
      baseline: steady(r(), 288, 100, 0.05),
      current: steady(randomFrom(8), 24, 110, 0.05),
    })
    expect(j).toMatchObject({ judgement: 'high', worse: true, method: 'placebo', effectUnit: 'ratio' })
    expect(j.effect).toBeCloseTo(0.1, 1)
    expect(j.observed).toBeGreaterThan(j.upper)
    expect(j.reason).toMatch(/over the last 24 buckets, expected/)
  })

  it('is low, and worse, where throughput halves', () => {
    const j = judgeSeries({
      kind: 'throughput',
      stepS: STEP_S,
      baseline: steady(r(), 288, 100, 0.1),
      current: steady(r(), 12, 50, 0.1),
    })
    expect(j).toMatchObject({ judgement: 'low', worse: true })
  })

  it('is low, and not worse, where latency falls', () => {
    const j = judgeSeries({
      kind: 'latency',
      stepS: STEP_S,
      baseline: steady(r(), 288, 100, 0.05),
      current: steady(r(), 12, 60, 0.05),
    })
    expect(j).toMatchObject({ judgement: 'low', worse: false })
  })

  it('counts missing throughput as none, for nothing was received', () => {
    const j = judgeSeries({
      kind: 'throughput',
      stepS: STEP_S,
      baseline: steady(r(), 288, 100, 0.1),
      current: Array(6).fill(null),
    })
    expect(j).toMatchObject({ judgement: 'low', worse: true, observed: 0 })
  })

  it('is found in availability by points, in percent as in fractions', () => {
    const up = steady(r(), 288, 1, 0.0005).map((v) => Math.min(1, v))
    const down = Array(6).fill(0.95)
    const fraction = judgeSeries({ kind: 'success', stepS: STEP_S, baseline: up, current: down })
    const percent = judgeSeries({
      kind: 'success',
      stepS: STEP_S,
      baseline: up.map((v) => 100 * v),
      current: down.map((v) => 100 * v),
    })
    expect(fraction).toMatchObject({ judgement: 'low', worse: true, effectUnit: 'absolute' })
    expect(percent.pValue).toBeCloseTo(fraction.pValue, 10)
  })

  /**  deploy
   *     │         ┌────
   *   ──┴─────────┘        begins an hour after the deploy
   */
  it('is found where it begins an hour after the deploy', () => {
    const judge = prepareSeries({ kind: 'latency', stepS: 60, baseline: steady(r(), 240, 100, 0.05) })
    const current = [...steady(randomFrom(3), 48, 100, 0.05), ...steady(randomFrom(4), 12, 200, 0.05)]
    expect(firstLook(current, (seen) => judge(seen).worse)).toBeGreaterThan(48)
  })

  /**            ╱
   *          ╱
   *   ─────╱       ramp to +50 %
   */
  it('is found where it creeps up', () => {
    const ramp = steady(r(), 24, 100, 0.03).map((v, i) => v * (1 + (0.5 * (i + 1)) / 24))
    expect(
      judgeSeries({ kind: 'latency', stepS: STEP_S, baseline: steady(randomFrom(2), 288, 100, 0.03), current: ramp })
        .worse,
    ).toBe(true)
  })
})

describe('a series that only does what it always did', () => {
  it('passes, and says the smallest effect that would have been seen', () => {
    const j = judgeSeries({
      kind: 'latency',
      stepS: STEP_S,
      baseline: steady(r(), 288, 100, 0.05),
      current: steady(randomFrom(9), 24, 100, 0.05),
    })
    expect(j.judgement).toBe('pass')
    expect(j.power.smallestEffect).toBeGreaterThan(0.02)
    expect(j.power.smallestEffect).toBeLessThan(0.15)
    expect(j.score).toBeLessThan(0.5)
  })

  /**   │
   *   ─┴──────   one bucket of three times the latency
   */
  it('passes a lone spike, wherever it falls', () => {
    const judge = prepareSeries({ kind: 'latency', stepS: STEP_S, baseline: steady(r(), 288, 100, 0.05) })
    for (const at of [0, 1, 5, 20]) {
      const current = steady(randomFrom(5), 24, 100, 0.05).map((v, i) => (i === at ? 3 * v : v))
      expect(firstLook(current, (seen) => judge(seen).worse)).toBeNull()
    }
  })

  it('passes bursts that the baseline has too', () => {
    const bursty = (seed: number, n: number) =>
      steady(randomFrom(seed), n, 10, 0.1).map((v, i) => (i % 40 < 5 ? 6 * v : v))
    const judge = prepareSeries({ kind: 'resource', stepS: STEP_S, baseline: bursty(1, 288) })
    expect(firstLook(bursty(2, 24), (seen) => judge(seen).worse)).toBeNull()
  })

  it('passes what the old version shows in the same minutes', () => {
    const shared = steady(r(), 12, 200, 0.05)
    const j = judgeSeries({
      kind: 'latency',
      stepS: STEP_S,
      baseline: steady(randomFrom(2), 288, 100, 0.05),
      current: shared,
      concurrent: steady(randomFrom(3), 12, 200, 0.05),
    })
    expect(j.judgement).toBe('pass')
    expect(j.reason).toContain('old version')
  })

  it('passes what the same hours of earlier days showed', () => {
    const j = judgeSeries({
      kind: 'latency',
      stepS: STEP_S,
      baseline: steady(randomFrom(2), 288, 100, 0.05),
      current: steady(r(), 12, 200, 0.05),
      seasonal: [steady(randomFrom(3), 12, 200, 0.05)],
    })
    expect(j.judgement).toBe('pass')
  })

  it('passes the noise of a canary that gets a tenth of the requests', () => {
    const baseline = steady(r(), 180, 100, 0.02)
    const current = steady(randomFrom(4), 24, 100, 0.06)
    expect(
      firstLook(
        current,
        (seen) => judgeSeries({ kind: 'latency', stepS: 60, baseline, current: seen, thinner: 9 }).worse,
      ),
    ).toBeNull()
  })
})

describe('too little data', () => {
  it('is nodata with fewer than three buckets since the deploy, and says how many more it takes', () => {
    const j = judgeSeries({
      kind: 'latency',
      stepS: STEP_S,
      baseline: steady(r(), 288, 100, 0.05),
      current: [500, 500],
    })
    expect(j).toMatchObject({ judgement: 'nodata', power: { needs: '1 more buckets' } })
  })

  it('is judged against the old version beside it where nothing was before', () => {
    const j = judgeSeries({
      kind: 'latency',
      stepS: 60,
      baseline: [],
      current: steady(r(), 12, 300, 0.05),
      concurrent: steady(randomFrom(2), 12, 100, 0.05),
    })
    expect(j).toMatchObject({ judgement: 'high', method: 'few-points' })
  })

  it('is nodata where a short baseline differs, but the old version beside it does not', () => {
    const j = judgeSeries({
      kind: 'latency',
      stepS: 60,
      baseline: steady(r(), 6, 100, 0.05),
      current: steady(r(), 12, 300, 0.05),
      concurrent: steady(randomFrom(2), 12, 300, 0.05),
    })
    expect(j.judgement).toBe('nodata')
  })

  it('is nodata, not pass, with a short baseline and no clear difference', () => {
    const j = judgeSeries({
      kind: 'latency',
      stepS: 60,
      baseline: steady(r(), 6, 100, 0.05),
      current: steady(randomFrom(2), 6, 103, 0.05),
    })
    expect(j).toMatchObject({ judgement: 'nodata', method: 'few-points' })
  })

  it('says that a series has vanished', () => {
    const j = judgeSeries({
      kind: 'latency',
      stepS: 60,
      baseline: steady(r(), 100, 100, 0.05),
      current: [null, null, null],
    })
    expect(j).toMatchObject({ judgement: 'nodata', method: 'vanished' })
  })

  it('skips missing buckets and values that are not numbers', () => {
    const baseline = steady(r(), 288, 100, 0.05).map((v, i) => (i % 7 === 0 ? null : v))
    expect(
      judgeSeries({ kind: 'latency', stepS: STEP_S, baseline, current: [150, null, Number.NaN, 150, 150, 150] })
        .judgement,
    ).toBe('high')
  })

  it.each([
    [1.001, 'pass'],
    [1.02, 'pass'],
    [1.06, 'high'],
  ])('takes a day of a constant series that rises to %s times for: %s', (factor, judgement) => {
    const day = { kind: 'latency', stepS: 60, baseline: Array(1440).fill(200) } as const
    expect(judgeSeries({ ...day, current: Array(30).fill(200 * factor) }).judgement).toBe(judgement)
  })

  it('judges a constant series and one of zeros without dividing by nothing', () => {
    const constant = judgeSeries({ kind: 'metric', stepS: 60, baseline: Array(100).fill(5), current: Array(6).fill(5) })
    const zeros = judgeSeries({ kind: 'metric', stepS: 60, baseline: Array(100).fill(0), current: Array(6).fill(0) })
    const woken = judgeSeries({ kind: 'metric', stepS: 60, baseline: Array(100).fill(0), current: Array(6).fill(3) })
    expect([constant.judgement, zeros.judgement, woken.judgement]).toEqual(['pass', 'pass', 'high'])
  })

  it('judges a metric that goes below zero on plain numbers', () => {
    const baseline = steady(r(), 200, 1, 0.1).map((v, i) => (i % 2 ? v : -v))
    expect(judgeSeries({ kind: 'metric', stepS: 60, baseline, current: Array(12).fill(8) })).toMatchObject({
      judgement: 'high',
      effectUnit: 'absolute',
    })
  })
})
