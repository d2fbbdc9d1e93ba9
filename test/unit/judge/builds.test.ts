import { describe, expect, it } from 'vitest'
import { findChanges } from '../../../services/detector/judge/index.ts'
import { randomFrom, steady } from './worlds.ts'

const at = (values: readonly (number | null)[]) => findChanges(values).map((c) => c.at)

describe('builds', () => {
  /**  ms        build 100
   *   110              ┌──────
   *   100  ────────────┘          found at the first build of the new level, give or take two
   */
  it('have a change where the level moves by a tenth and stays', () => {
    const found = at([...steady(randomFrom(1), 100, 100, 0.02), ...steady(randomFrom(2), 40, 110, 0.02)])
    expect(found).toHaveLength(1)
    expect(Math.abs(found[0]! - 100)).toBeLessThanOrEqual(2)
  })

  it('have two where it goes up and comes back', () => {
    const found = at([
      ...steady(randomFrom(1), 60, 100, 0.01),
      ...steady(randomFrom(2), 60, 130, 0.01),
      ...steady(randomFrom(3), 60, 100, 0.01),
    ])
    expect(found).toHaveLength(2)
  })

  it('have none where single builds spike', () => {
    expect(at(steady(randomFrom(4), 300, 100, 0.02).map((v, i) => (i % 37 === 20 ? 2 * v : v)))).toEqual([])
  })

  it.each([1.1, 1.4, 2])(
    'have none where a run of seven, %f times as slow, is taken back: in 30 draws, no more than one',
    (hit) => {
      const apart = (v: number, i: number) => (i >= 60 && i < 67 ? hit * v : v)
      const draws = Array.from({ length: 30 }, (_, seed) => at(steady(randomFrom(seed + 1), 120, 100, 0.01).map(apart)))
      expect(draws.filter((found) => found.length > 0).length).toBeLessThanOrEqual(1)
    },
  )

  it('have none where they creep by a hundredth', () => {
    expect(at(steady(randomFrom(5), 200, 100, 0.02).map((v, i) => v * (1 + 0.01 * (i / 200))))).toEqual([])
  })

  it('count missing builds, but do not look at them', () => {
    const values: (number | null)[] = [
      ...steady(randomFrom(1), 100, 100, 0.02),
      ...steady(randomFrom(2), 40, 130, 0.02),
    ]
    for (let i = 10; i < 20; i++) values[i] = null
    expect(Math.abs(at(values)[0]! - 100)).toBeLessThanOrEqual(2)
  })

  it('are joined over those that are missing: every other one, here', () => {
    const values = [...steady(randomFrom(1), 120, 100, 0.02), ...steady(randomFrom(2), 60, 130, 0.02)]
    const found = at(values.map((v, i) => (i % 2 === 1 ? null : v)))
    expect(found).toHaveLength(1)
    expect(Math.abs(found[0]! - 120)).toBeLessThanOrEqual(4)
  })

  it('are too few to tell before the eighteenth', () => {
    expect(at([...Array(5).fill(100), ...Array(5).fill(200)])).toEqual([])
  })
})
