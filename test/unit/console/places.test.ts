import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { placesOf, ticksOf } from '../../../services/web/console/src/pages/deploys/places.ts'
import { runs } from '../../support/property.ts'

const levels = (lefts: number[]) => placesOf(lefts).map((place) => place.level)
const labelled = (lefts: number[]) => placesOf(lefts).map((place) => place.labelled)

describe('the marks of a lane', () => {
  it('hang on one level, with their versions, while they are far apart', () => {
    expect(levels([0, 30, 60])).toEqual([0, 0, 0])
    expect(labelled([0, 30, 60])).toEqual([true, true, true])
  })

  /**  ───┬┬┬──
   *      o│╎
   *       o╎
   *        o 77
   */
  it('hang lower one by one where they are close, and the lowest keeps its version', () => {
    expect(levels([50, 51, 52])).toEqual([0, 1, 2])
    expect(labelled([50, 51, 52])).toEqual([false, false, true])
  })

  it('drop the version alone where only that has no room', () => {
    expect(levels([50, 58])).toEqual([0, 0])
    expect(labelled([50, 58])).toEqual([false, true])
  })

  it('go back up as soon as there is room', () => {
    expect(levels([50, 51, 80])).toEqual([0, 1, 0])
  })

  it('never lie on one another up to four at once, and never hang below the fourth level', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 100, noNaN: true }), { maxLength: 40 }), (given) => {
        const lefts = [...given].sort((a, b) => a - b)
        const places = placesOf(lefts)
        expect(places.every((place) => place.level >= 0 && place.level < 4)).toBe(true)
        const crowd = lefts.map((left) => lefts.filter((other) => other <= left && left - other < 4.5).length)
        if (Math.max(0, ...crowd) > 4) return
        for (const [index, place] of places.entries())
          for (const other of places.slice(index + 1))
            expect(other.level !== place.level || other.left - place.left >= 4.5).toBe(true)
      }),
      runs(200),
    )
  })
})

const hourMs = 3_600_000
const iso = (ticks: number[]) => ticks.map((timeMs) => new Date(timeMs).toISOString().slice(5, 16))

describe('the hours over the lanes', () => {
  it('are round, whenever the window begins', () => {
    const fromMs = Date.UTC(2026, 10, 22, 0, 37)
    expect(iso(ticksOf(fromMs, fromMs + 24 * hourMs, 0))).toEqual([
      '11-22T04:00',
      '11-22T08:00',
      '11-22T12:00',
      '11-22T16:00',
      '11-22T20:00',
      '11-23T00:00',
    ])
  })

  it('are round where the clock is half an hour ahead', () => {
    const fromMs = Date.UTC(2026, 10, 22, 0, 10)
    expect(iso(ticksOf(fromMs, fromMs + 6 * hourMs, 5.5 * hourMs))[0]).toBe('11-22T00:30')
  })

  it('are seven at most, from a minute to a month', () => {
    for (const widthMs of [60_000, hourMs, 3 * hourMs, 24 * hourMs, 7 * 24 * hourMs, 30 * 24 * hourMs]) {
      const ticks = ticksOf(12_345, 12_345 + widthMs, 0)
      expect(ticks.length).toBeGreaterThan(0)
      expect(ticks.length).toBeLessThanOrEqual(7)
    }
  })
})
