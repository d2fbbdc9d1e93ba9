import { describe, expect, it } from 'vitest'
import { createRolling, type RollingSnapshot } from '../../../services/detector/judge/index.ts'
import { daily, randomFrom } from './worlds.ts'

const DAY = 288
const feed = (values: readonly (number | null)[], rolling = createRolling({ stepS: 300 })) =>
  values.map((v) => rolling.push(v))

describe('a rolling anomaly', () => {
  /**  ╭╮  ╭╮  ╭╮│ ╭╮
   *  ╯╰──╯╰──╯╰┴─╯╰    a spike on the tenth day
   */
  it('is found where a value is far from what the same time of earlier days was', () => {
    const values = daily(randomFrom(1), 0, 12 * DAY, DAY, 0.5)
    const at = 10 * DAY + 30
    for (let i = 0; i < 6; i++) values[at + i]! *= 4
    const points = feed(values)
    expect(Math.max(...points.slice(at, at + 6).map((p) => p.onset))).toBeGreaterThan(0.5)
    expect(values[at]).toBeGreaterThan(points[at]!.upper)
  })

  it('goes on after a value whose square is no number', () => {
    const values = daily(randomFrom(1), 0, 12 * DAY, DAY, 0.5)
    const at = 10 * DAY + 30
    for (let i = 0; i < 6; i++) values[at + 100 + i]! *= 4
    values[DAY] = Number.MAX_VALUE
    values[DAY + 1] = -Number.MAX_VALUE
    const points = feed(values)
    expect(points.every((p) => Number.isFinite(p.score) && Number.isFinite(p.onset))).toBe(true)
    expect(Math.max(...points.slice(at + 100, at + 106).map((p) => p.score))).toBeGreaterThan(0.4)
  })

  it('is found where a series falls flat', () => {
    const values = daily(randomFrom(2), 0, 12 * DAY, DAY, 0.5)
    for (let i = 10 * DAY; i < 10 * DAY + 100; i++) values[i] = 100
    expect(
      Math.max(
        ...feed(values)
          .slice(10 * DAY, 10 * DAY + 100)
          .map((p) => p.score),
      ),
    ).toBeGreaterThan(0.5)
  })

  it('stays up while it lasts, but begins once', () => {
    const values = daily(randomFrom(3), 0, 12 * DAY, DAY, 0.3)
    for (let i = 10 * DAY; i < 10 * DAY + 24; i++) values[i]! *= 5
    const during = feed(values).slice(10 * DAY, 10 * DAY + 24)
    expect(during.filter((p) => p.score > 0.5).length).toBeGreaterThan(15)
    expect(during.filter((p) => p.onset > 0.5).length).toBeLessThan(8)
  })
})

describe('a series that only does what it always did', () => {
  it('is above the line for no more than moments in a week of daily waves', () => {
    const points = feed(daily(randomFrom(4), 0, 14 * DAY, DAY, 0.8))
    expect(points.slice(7 * DAY).filter((p) => p.score > 0.5).length).toBeLessThanOrEqual(3)
  })

  it('says nothing before it has a past', () => {
    expect(feed(daily(randomFrom(5), 0, 90, DAY, 0.8)).every((p) => p.score === 0)).toBe(true)
  })

  it('takes gaps and values that are not numbers for nothing', () => {
    const points = feed([1, null, Number.NaN, 2])
    expect(points.map((p) => p.score)).toEqual([0, 0, 0, 0])
  })
})

describe('a snapshot', () => {
  it('goes on exactly where it was taken', () => {
    const values = daily(randomFrom(6), 0, 3 * DAY, DAY, 0.5)
    const whole = feed(values)
    const first = createRolling({ stepS: 300 })
    feed(values.slice(0, 500), first)
    const kept = JSON.parse(JSON.stringify(first.snapshot())) as RollingSnapshot
    const rest = feed(values.slice(500), createRolling({ stepS: 300, from: kept }))
    expect(rest).toEqual(whole.slice(500))
  })
})
