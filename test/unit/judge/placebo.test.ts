import { describe, expect, it } from 'vitest'
import { bandsFor, columnsOf, shiftOf } from '../../../services/detector/judge/placebo.ts'
import type { Scale } from '../../../services/detector/judge/scale.ts'
import { STATISTICS } from '../../../services/detector/judge/windows.ts'
import { randomFrom } from './worlds.ts'

/** Judged as they are, a difference of 1 matters. */
const PLAIN: Scale = { to: (v) => v, back: (v) => v, floor: 1, effectUnit: 'absolute', effect: (d) => d }
const statistic = (name: (typeof STATISTICS)[number]) => STATISTICS.indexOf(name)

describe('the columns of a series', () => {
  const columns = () => columnsOf([1, 5, 3, 9, 7], PLAIN)
  it('hold each summary of every window, oldest first', () => {
    // High side, three at a time without the highest: 1 3 | 3 5 | 3 7.
    expect(columns()(3, 'high')[statistic('median')]).toEqual([2, 4, 5])
    expect(columns()(3, 'high')[statistic('q75')]).toEqual([2.5, 4.5, 6])
    expect(columns()(3, 'high')).toHaveLength(STATISTICS.length)
  })
  it('are turned for the low side, so that what is tested is up', () => {
    // Without the lowest: 3 5 | 5 9 | 7 9.
    expect(columns()(3, 'low')[statistic('median')]).toEqual([-4, -7, -8])
  })
  it('are in judged units, and made once', () => {
    const doubled = columnsOf([1, 5, 3, 9, 7], { ...PLAIN, to: (v) => 2 * v })
    expect(doubled(3, 'high')[statistic('median')]).toEqual([4, 8, 10])
    expect(doubled(3, 'high')).toBe(doubled(3, 'high'))
    expect(doubled(3, 'high')).not.toBe(doubled(3, 'low'))
    expect(doubled(4, 'high')[statistic('mean')]).toEqual([6, 10])
  })
})

/** Bands of columns that are given: one column of window summaries, the same at every length but those of the recent past. */
const bandOf = (column: number[], past: number[] = column, day = 0, w = 4) =>
  bandsFor((length) => [length === w ? column : past], w, 'high', PLAIN, day)[0]!

describe('the band of a summary', () => {
  it('has the middle and the highest of all windows, and a margin of their distance and the floor', () => {
    expect(bandOf([5, 1, 9, 2, 3])).toEqual({ statistic: 0, middle: 3, highest: 9, margin: 7, daily: null, needs: 9.5 })
    expect(bandOf([5, 1, 9, 2])).toMatchObject({ middle: 5, highest: 9, margin: 5 })
  })
  it('of a constant is its floor', () =>
    expect(bandOf([4, 4, 4, 4])).toMatchObject({ middle: 4, highest: 4, margin: 1, needs: 0.5 }))

  it('leaves out one highest window for each day of minutes beyond the first, for a week has incidents of its own', () => {
    const long = (n: number) =>
      bandOf(
        Array.from({ length: n }, (_, i) => (i * 7919) % n),
        [0],
        0,
        4,
      ).highest
    expect(long(1440)).toBe(1439)
    expect(long(2879)).toBe(2878)
    expect(long(2880)).toBe(2879 - 4)
    expect(long(4321)).toBe(4320 - 8)
  })

  it('is taken for the two steadiest summaries, steadiest first', () => {
    const all = bandsFor(
      () => [
        [0, 9, 0],
        [0, 2, 0],
        [0, 5, 0],
        [0, 7, 0],
      ],
      3,
      'high',
      PLAIN,
      0,
    )
    expect(all.map((b) => [b.statistic, b.highest])).toEqual([
      [1, 2],
      [2, 5],
    ])
  })
})

/** The summary of a window is 0.8 of what the window of 6 (or 24) just before it was, and 5, with nothing else. */
const following = (m: number, n: number) => {
  const r = randomFrom(11)
  const past = Array.from({ length: n }, () => 10 * r.normal())
  return { past, column: past.map((_, i) => (i < m ? 5 : 5 + 0.8 * past[i - m]!)) }
}

describe('a series that follows its recent past', () => {
  it.each([6, 24])('is predicted from the %d buckets before: its band is as narrow as what they leave open', (m) => {
    const { past, column } = following(m, 200)
    const none = past.map(() => 0)
    const band = bandsFor((length) => [length === 4 ? column : length === m ? past : none], 4, 'high', PLAIN, 0)[0]!
    const expected = 5 + 0.8 * past.at(-1)!
    expect(band.middle).toBeCloseTo(expected, 6)
    expect(band.highest).toBeCloseTo(expected, 6)
    expect(band.margin).toBeCloseTo(1, 6)
  })
  it('is not where it follows too little, or is too short to know', () => {
    const { past, column } = following(6, 200)
    const r = randomFrom(12)
    const weak = column.map((v) => 0.25 * v + 30 * r.normal())
    expect(bandOf(weak, past).highest).toBe(Math.max(...weak))
    const faint = past.map((_, i) => (i < 6 ? 5 : 5 + 0.2 * past[i - 6]!))
    expect(bandOf(faint, past).highest).toBe(Math.max(...faint))
    const short = following(6, 12)
    expect(bandOf(short.column, short.past).highest).toBe(Math.max(...short.column))
    const enough = following(6, 13)
    expect(bandOf(enough.column, enough.past).margin).toBeCloseTo(1, 6)
  })
  it('is predicted to stay at most, never to go on: a slope above one counts as one', () => {
    const r = randomFrom(13)
    const past = Array.from({ length: 100 }, () => 10 * r.normal())
    const steep = past.map((_, i) => (i < 6 ? 0 : 1.5 * past[i - 6]!))
    const band = bandOf(steep, past)
    const residuals = steep.slice(6).map((v, i) => v - past[i]!)
    expect(band.highest).toBeCloseTo(Math.max(...residuals) + past.at(-1)!, 9)
  })
  it('is not where the past never moved', () => {
    expect(bandOf([1, 8, 2, 8, 1, 8, 2, 8, 1, 8, 2, 8, 1, 8], Array(14).fill(3))).toMatchObject({
      middle: 8,
      highest: 8,
    })
  })
})

describe('a series with a daily course', () => {
  const day = 10
  /** Each hour of the day its own level, each day one more than the last. */
  const rising = Array.from({ length: 4 * day }, (_, i) => 100 * (i % day) + Math.floor(i / day))
  it('is held against the mean of the same hours of earlier days', () => {
    const band = bandOf(
      rising,
      rising.map(() => 0),
      day,
    )
    // Day 1 lies 1 above day 0, day 2 1.5 above the mean of 0 and 1, day 3 2 above the mean of three.
    expect(band).toMatchObject({ middle: 1.5, highest: 2 })
    expect(shiftOf(band, 43)).toBe(300 + (0 + 1 + 2 + 3) / 4)
    expect(shiftOf(band, 33)).toBe(300 + (0 + 1 + 2) / 3)
  })
  it('looks back a week at most', () => {
    const long = Array.from({ length: 10 * day }, (_, i) => 100 * (i % day) + Math.floor(i / day))
    const band = bandOf(
      long,
      long.map(() => 0),
      day,
    )
    expect(shiftOf(band, 100)).toBe((3 + 4 + 5 + 6 + 7 + 8 + 9) / 7)
    expect(shiftOf(band, 115)).toBe(500 + (3 + 4 + 5 + 6 + 7 + 8 + 9) / 7)
  })
  it('is held against how far today lies from earlier days just before, where days differ as a whole', () => {
    const levels = [0, 40, -30, 60]
    const days = Array.from({ length: 4 * 48 }, (_, i) => 100 * (i % 48) + levels[Math.floor(i / 48)]!)
    const band = bandsFor(() => [days], 4, 'high', PLAIN, 48)[0]!
    // Days 1 to 3 lie 40, -50 and 57 from the mean of those before: what the minutes before show is expected to go on.
    const today = 60 - (0 + 40 - 30) / 3
    expect(band.middle).toBeGreaterThan(today / 2)
    expect(band.middle + shiftOf(band, 4 * 48)).toBeGreaterThan(days[0]! + 10)
  })
  it('is known from some hours of each day, and what lies between them is no window', () => {
    // Six buckets of each day of ten are known: a rise by 100 a bucket, the same each day.
    const someHours = rising.map((v, i) => (i % day < 6 ? v : null))
    const columns = columnsOf(someHours, PLAIN)
    const whole = columns(3, 'high')[0]!
      .map((v, i) => (Number.isNaN(v) ? -1 : i % day))
      .filter((at) => at >= 0)
    expect([...new Set(whole)].sort()).toEqual([0, 1, 2, 3])
    const band = bandsFor(columns, 3, 'high', PLAIN, day)[0]!
    expect(band.daily).not.toBeNull()
    expect(band.highest).toBeLessThan(3)
    // The hours that no day has are read like the last ones before them.
    expect(shiftOf(band, 4 * day + 5)).toBe(shiftOf(band, 4 * day + 3))
  })
  it('has no band where hardly a window is whole', () => {
    const sparse = Array.from({ length: 60 }, (_, i) => (i % 3 === 0 ? 5 : null))
    expect(bandsFor(columnsOf(sparse, PLAIN), 4, 'high', PLAIN, day)).toEqual([])
  })
  it('is not where earlier days say less than the level does', () => {
    const r = randomFrom(14)
    const noise = Array.from({ length: 60 }, () => 10 * r.normal())
    expect(bandOf(noise, Array(60).fill(0), day)).toMatchObject({ daily: null, highest: Math.max(...noise) })
  })
  it('is not where less than a day is known, or no day is', () => {
    expect(
      bandOf(
        rising.slice(0, day),
        rising.map(() => 0),
        day,
      ).daily,
    ).toBeNull()
    expect(
      bandOf(
        rising,
        rising.map(() => 0),
        0,
      ).daily,
    ).toBeNull()
    expect(
      shiftOf(
        bandOf(
          rising,
          rising.map(() => 0),
          0,
        ),
        33,
      ),
    ).toBe(0)
  })
})
