import { describe, expect, it } from 'vitest'
import { createRolling } from '../../../services/detector/judge/index.ts'
import type { RollingSnapshot } from '../../../services/detector/judge/types.ts'
import { randomFrom } from './worlds.ts'

/** Hourly buckets: 24 a day. */
const DAY = 24
const hourly = () => createRolling({ stepS: 3600 })
const feed = (values: readonly (number | null)[], rolling = hourly()) => values.map((v) => rolling.push(v))
const wave = (n: number, seed: number, swing = 50, noise = 2) => {
  const r = randomFrom(seed)
  return Array.from({ length: n }, (_, i) => 100 + swing * Math.sin((2 * Math.PI * i) / DAY) + noise * r.normal())
}
type State = {
  values: unknown[]
  views: { past: number[]; up: object | null; down: object | null }[]
  heights: number[]
  middle: number
  seen: number
}
const stateOf = (rolling: { snapshot(): RollingSnapshot }) => rolling.snapshot().state as State

describe('what is expected', () => {
  // Days of 10, 20 and 60 at all hours; the same hours of the earlier days.
  const days = [10, 20, 60, 40].flatMap((v) => Array(DAY).fill(v) as number[])
  it('is the median of the same three hours on earlier days, the mean of the two in the middle where they are even', () => {
    const points = feed(days)
    expect(points[DAY + 5]?.expected).toBe(10)
    expect(points[2 * DAY + 5]?.expected).toBe(15)
    expect(points[3 * DAY + 5]?.expected).toBe(20)
  })
  it('is of fourteen days at most', () => {
    const long = [...Array(10 * DAY).fill(500), ...Array(15 * DAY).fill(7)] as number[]
    expect(feed(long).at(-1)?.expected).toBe(7)
    expect(feed(long)[16 * DAY + 5]?.expected).toBe(500)
    expect(feed(long)[18 * DAY + 5]?.expected).toBe(7)
  })
  it('leaves missing hours out, and skips days without any', () => {
    const gaps = days.map((v, i) => (i >= DAY && i < 2 * DAY ? null : v))
    expect(feed(gaps)[3 * DAY + 5]?.expected).toBe(35)
    const holes = days.map((v, i) => (i % 2 === 0 ? v : null))
    expect(feed(holes)[3 * DAY + 4]?.expected).toBe(20)
  })
  it('is the middle of what is known on the first day, taken every 24 buckets, and where there are no days', () => {
    expect(feed([5, 5, 5])[2]).toMatchObject({ expected: 5 })
    const shuffled = Array.from({ length: 25 }, (_, i) => (7 * i) % 25)
    expect(feed(shuffled, createRolling({ stepS: 0 }))[24]?.expected).toBe(12)
    const builds = createRolling({ stepS: 0 })
    const points = feed([...Array(24).fill(4), ...Array(24).fill(9), 9], builds)
    expect(points[30]?.expected).toBe(4)
    expect(points[48]?.expected).toBe(9)
  })
  it('of a missing value is the middle, with nothing to either side', () => {
    const points = feed([...Array(30).fill(8), null, Number.NaN, Number.POSITIVE_INFINITY])
    const rolling = hourly()
    feed([8, 8, Number.NaN, Number.POSITIVE_INFINITY, null, ...(Array(50).fill(8) as number[])], rolling)
    expect(stateOf(rolling)).toMatchObject({ middle: 8, seen: 55 })
    expect(stateOf(rolling).values.slice(2, 5)).toEqual([null, null, null])
    expect(rolling.push(8)).toMatchObject({ expected: 8, score: 0 })
    for (const p of points.slice(30)) expect(p).toEqual({ score: 0, onset: 0, expected: 8, lower: 8, upper: 8 })
  })
})

describe('the band', () => {
  it('is open while nothing is known of how the series strays', () => {
    expect(feed(wave(DAY, 1)).at(-1)).toMatchObject({
      lower: Number.NEGATIVE_INFINITY,
      upper: Number.POSITIVE_INFINITY,
    })
  })
  it('holds what three hours of the series do, and is narrow beside its daily course', () => {
    const values = wave(12 * DAY, 2)
    const points = feed(values)
    const late = points.slice(8 * DAY)
    const lastThree = (i: number) => values.slice(8 * DAY + i - 2, 8 * DAY + i + 1).reduce((a, b) => a + b, 0) / 3
    const inside = late.filter((p, i) => lastThree(i) > p.lower && lastThree(i) < p.upper).length
    expect(inside).toBeGreaterThanOrEqual(late.length - 4)
    for (const p of late) expect(p.upper - p.lower).toBeLessThan(30)
    for (const p of late) expect(p.lower).toBeLessThan(p.expected)
    for (const p of late) expect(p.upper).toBeGreaterThan(p.expected)
  })
})

describe('an anomaly', () => {
  const at = 12 * DAY + 3
  /** Twelve days of a wave, then `change` of what it would have been for `n` hours. */
  const broken = (n: number, change: (v: number) => number, seed = 3) =>
    wave(14 * DAY, seed).map((v, i) => (i >= at && i < at + n ? change(v) : v))
  it.each([
    ['rises', (v: number) => v + 60],
    ['falls', (v: number) => v - 60],
  ])('is found where the series %s, begins once and is over after', (_, change) => {
    const points = feed(broken(6, change))
    const during = points.slice(at, at + 6)
    expect(Math.max(...during.map((p) => p.score))).toBeGreaterThan(0.5)
    expect(during.filter((p) => p.onset > 0.5).length).toBeGreaterThanOrEqual(1)
    expect(points.slice(at - 3 * DAY, at).every((p) => p.score <= 0.5)).toBe(true)
  })
  it('is no onset again at the height it had, but is one far above it', () => {
    const twice = broken(2, (v) => v + 60).map((v, i) => (i >= at + 30 && i < at + 32 ? v + 60 : v))
    const again = feed(twice).slice(at + 30, at + 32)
    expect(again.every((p) => p.onset === 0)).toBe(true)
    const higher = broken(2, (v) => v + 40).map((v, i) => (i >= at + 30 && i < at + 32 ? v + 4000 : v))
    expect(
      Math.max(
        ...feed(higher)
          .slice(at + 30, at + 32)
          .map((p) => p.onset),
      ),
    ).toBeGreaterThan(0.5)
  })
  it('has a score of 0 to 1, and an onset of its score or none', () => {
    for (const p of feed(broken(6, (v) => v + 60))) {
      expect(p.score).toBeGreaterThanOrEqual(0)
      expect(p.score).toBeLessThan(1)
      expect([0, p.score]).toContain(p.onset)
    }
  })
  it('is found in a series without days as well', () => {
    const r = randomFrom(9)
    const values = Array.from({ length: 300 }, (_, i) => 100 + 2 * r.normal() + (i >= 250 && i < 256 ? 80 : 0))
    const points = feed(values, createRolling({ stepS: 0 }))
    expect(Math.max(...points.slice(250, 256).map((p) => p.score))).toBeGreaterThan(0.5)
    expect(points.slice(150, 250).filter((p) => p.score > 0.5).length).toBeLessThanOrEqual(2)
  })
})

describe('what is kept', () => {
  it('is of each view its distance from what was usual, in numbers', () => {
    // Two days of 10, then 16: short and medium views lie (1/3, 1/12) of 6 above the same hours; no week is known; the spread is of 48 hours.
    const rolling = hourly()
    feed([...(Array(2 * DAY).fill(10) as number[]), 16], rolling)
    const [short, medium, week, spread] = stateOf(rolling).views.map((v) => v.past)
    expect(short!.at(-1)).toBeCloseTo(2, 12)
    expect(medium!.at(-1)).toBeCloseTo(0.5, 12)
    expect(week).toEqual([])
    const variance = (36 * 47) / 48 / 48
    expect(spread!.at(-1)).toBeCloseTo(Math.log(Math.sqrt(variance) + 0.01 + 1e-9), 12)
    expect(short).toHaveLength(DAY + 1)
  })
  it('is of weeks the mean of the same hours, four at most', () => {
    const rolling = hourly()
    const weeks = [1000, 10, 20, 30, 40, 100].flatMap((v) => Array(7 * DAY).fill(v) as number[])
    feed(weeks, rolling)
    expect(stateOf(rolling).views[2]!.past.at(-1)).toBeCloseTo(100 - 25, 12)
    const second = hourly()
    feed(weeks.slice(0, 14 * DAY), second)
    expect(stateOf(second).views[2]!.past.at(-1)).toBeCloseTo(10 - 1000, 12)
    expect(stateOf(second).views[2]!.past).toHaveLength(7 * DAY)
  })
  it('is a tail to either side, once a hundred values of a view are known', () => {
    const rolling = hourly()
    const values = wave(6 * DAY, 4)
    feed(values.slice(0, 5 * DAY), rolling)
    expect(stateOf(rolling).views[0]!.up).toBeNull()
    feed(values.slice(5 * DAY), rolling)
    expect(stateOf(rolling).views[0]!.up).toBeNull()
    feed([100], rolling)
    const [short] = stateOf(rolling).views
    expect(short!.up).not.toBeNull()
    expect(short!.down).not.toBeNull()
    expect(stateOf(rolling).views[2]!.up).toBeNull()
  })
  it('is bounded: heights of 120 buckets, values as they came', () => {
    const rolling = hourly()
    feed([...wave(6 * DAY, 5), null], rolling)
    const state = stateOf(rolling)
    expect(state.heights).toHaveLength(120)
    expect(state.values).toHaveLength(6 * DAY + 1)
    expect(state.values.at(-1)).toBeNull()
    expect(state.seen).toBe(6 * DAY + 1)
    expect(rolling.snapshot()).toMatchObject({ version: 1, stepS: 3600 })
  })
  it('goes on exactly where it was taken, and is a copy', () => {
    const values = wave(8 * DAY, 6)
    const whole = feed(values)
    const first = hourly()
    feed(values.slice(0, 150), first)
    const kept = first.snapshot()
    feed(values.slice(150), first)
    expect((kept.state as State).values).toHaveLength(150)
    expect(feed(values.slice(150), createRolling({ stepS: 3600, from: kept }))).toEqual(whole.slice(150))
    expect((kept.state as State).values).toHaveLength(150)
  })
})
