import { describe, expect, it } from 'vitest'
import { climbAt, isNewHeight, levelsOf } from '../../../services/detector/rolling/climb.ts'
import { randomFrom } from '../../eval/generate/random.ts'

/** Minute of the last half hour's end: seven hours of values, minutes 0 to 419. */
const END = 419
const ASKED = { floor: 0.3, maxP: 1e-4 }
const of = (value: (minute: number) => number | undefined, minute = END) => climbAt(value, minute, ASKED)
const noisy = (seed: number, noise: number, level: (minute: number) => number) => {
  const r = randomFrom(seed)
  const values = Array.from({ length: 420 }, (_, m) => level(m) * Math.exp(noise * r.normal()))
  return (minute: number) => values[minute]
}

describe('a climb', () => {
  /**          ╱ 156
   *        ╱
   *  100 ╱            seven hours, 8 % an hour
   */
  it('is seen where a level rises for seven hours, with what it came from and where it is', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const climb = of(noisy(seed, 0.02, (m) => 100 + (m / 60) * 8))
      expect(climb).toMatchObject({ from: 0, to: 420, blocks: 14 })
      expect(climb!.first).toBeCloseTo(102, -1)
      expect(climb!.last).toBeCloseTo(154, -1)
      expect(climb!.pValue).toBeLessThan(1e-4)
    }
  })

  it('is seen after four hours where it began then', () => {
    const climb = of(noisy(3, 0.01, (m) => 100 + Math.max(0, m - 180) / 4))
    expect(climb).toMatchObject({ from: 180, to: 420, blocks: 8 })
  })

  it('is seen with five values in a half hour, and beside a few wild ones', () => {
    const level = (m: number) => 100 + m / 6
    expect(of((m) => (m % 6 === 0 ? level(m) : undefined))).not.toBeNull()
    expect(of((m) => (m % 30 < 4 ? 9 * level(m) : level(m) + (m % 3)))).not.toBeNull()
    expect(of((m) => (m % 8 === 0 ? level(m) : undefined))).toBeNull()
  })
})

describe('no climb', () => {
  it('is seen but where a half hour ends', () => {
    expect(of((m) => 100 + m / 5, END)).not.toBeNull()
    expect(of((m) => 100 + m / 5, END - 1)).toBeNull()
  })

  it('is a rise of less than the floor, a fall, a level, or a level of zero', () => {
    expect(of((m) => 100 + m / 20)).toBeNull()
    expect(of((m) => 200 - m / 5)).toBeNull()
    expect(of(() => 100)).toBeNull()
    expect(of(() => 0)).toBeNull()
  })

  it('is a warm-up that levels off, or a step', () => {
    expect(of((m) => 100 * (1 + 2 * (1 - Math.exp(-m / 120))))).toBeNull()
    expect(of(noisy(5, 0.02, (m) => (m < 200 ? 100 : 160)))).toBeNull()
  })

  it('is what wanders: noise, a level that remembers, a random walk', () => {
    for (let seed = 1; seed <= 60; seed++) {
      const r = randomFrom(seed)
      for (const [keep, step] of [
        [0, 0.3],
        [0.95, 0.1],
        [0.999, 0.02],
        [1, 0.02],
      ] as const) {
        let x = 0
        const values = Array.from({ length: 420 }, () => {
          x = keep * x + step * r.normal()
          return 100 * Math.exp(x)
        })
        expect(
          of((m) => values[m]),
          `${keep} ${seed}`,
        ).toBeNull()
      }
    }
  })
})

describe('a new height', () => {
  const climb = { first: 100, last: 140 }
  const day = (level: number) => Array<number>(48).fill(level)

  it('lies above all that was before by half of the climb', () => {
    expect(isNewHeight(climb, day(100))).toBe(true)
    expect(isNewHeight(climb, day(120))).toBe(true)
    expect(isNewHeight(climb, [...day(100), 121])).toBe(false)
  })

  it('is not known with less than a day of history', () => {
    expect(isNewHeight(climb, day(100).slice(1))).toBe(false)
    expect(isNewHeight(climb, [])).toBe(false)
  })
})

it('the level of a half hour is the mean of the middle half of its values, and none where they are few', () => {
  const values = new Map([1, 2, 3, 4, 5, 6, 7, 900].map((v, i) => [i, v]))
  for (let m = 30; m < 34; m++) values.set(m, 8)
  expect(levelsOf((m) => values.get(m), 0, 60)).toEqual([(3 + 4 + 5 + 6) / 4])
})
