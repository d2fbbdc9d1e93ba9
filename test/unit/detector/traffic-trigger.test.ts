import { describe, expect, it } from 'vitest'
import { silentSince, trafficShifts } from '../../../services/detector/rolling/traffic-trigger.ts'
import { randomFrom } from '../../eval/generate/random.ts'

const ask = <T>(look: (at: (minute: number) => number, minute: number) => T, counts: readonly number[]): T =>
  look((minute) => counts[minute] ?? 0, counts.length - 1)
const level = (n: number, minutes: number) => Array<number>(minutes).fill(n)
/** Two days by minute: `mean` gives the requests of a minute of the day. */
const drawn = (seed: number, mean: (minuteOfDay: number) => number) => {
  const r = randomFrom(seed)
  return Array.from({ length: 2880 }, (_, m) => r.poisson(mean(m % 1440)))
}
const wave = (high: number, factor: number) => (m: number) =>
  high * factor ** ((Math.sin((2 * Math.PI * m) / 1440) - 1) / 2)

describe('a silence', () => {
  it('is said of a service that was there in every minute, from the minute in which it began', () => {
    expect(ask(silentSince, [...level(30, 300), ...level(0, 5)])).toBe(300)
  })

  it('is not said before five minutes, before twenty requests were due, or after an hour and a half', () => {
    expect(ask(silentSince, [...level(30, 300), ...level(0, 4)])).toBeNull()
    expect(ask(silentSince, [...level(1, 300), ...level(0, 19)])).toBeNull()
    expect(ask(silentSince, [...level(1, 300), ...level(0, 20)])).toBe(300)
    expect(ask(silentSince, [...level(30, 300), ...level(0, 95)])).toBeNull()
  })

  it('is not said of a young service, or of one that comes and goes', () => {
    expect(ask(silentSince, [...level(0, 100), ...level(30, 200), ...level(0, 10)])).toBeNull()
    const pulses = Array.from({ length: 300 }, (_, m) => (m % 5 === 0 ? 100 : 0))
    expect(ask(silentSince, [...pulses, ...level(0, 10)])).toBeNull()
  })

  it('is not said of a night that nearly nobody is awake in', () => {
    const counts = drawn(3, wave(20, 200))
    const said = counts.filter((_, m) => silentSince((at) => counts[at] ?? 0, m) !== null)
    expect(said).toEqual([])
  })
})

describe('traffic shifts', () => {
  it('when ten minutes fall below, or rise above, all that two hours showed, by a factor', () => {
    expect(ask(trafficShifts, [...level(30, 200), ...level(8, 10)])).toBe(true)
    expect(ask(trafficShifts, [...level(30, 200), ...level(90, 10)])).toBe(true)
  })

  it('but not by less than the factor, in a minute, in small numbers, or where it was so before', () => {
    expect(ask(trafficShifts, [...level(30, 200), ...level(15, 10)])).toBe(false)
    expect(ask(trafficShifts, [...level(30, 200), 0])).toBe(false)
    expect(ask(trafficShifts, [...level(3, 200), ...level(1, 10)])).toBe(false)
    expect(ask(trafficShifts, [...level(30, 100), ...level(8, 20), ...level(30, 30), ...level(8, 10)])).toBe(false)
  })

  it('nor on the ramps of a day, of a factor of eleven or of a hundred', () => {
    for (const factor of [11, 100]) {
      const counts = drawn(factor, wave(60, factor))
      expect(counts.filter((_, m) => trafficShifts((at) => counts[at] ?? 0, m))).toEqual([])
    }
  })
})
