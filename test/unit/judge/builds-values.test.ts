import { describe, expect, it } from 'vitest'
import { findChanges } from '../../../services/detector/judge/index.ts'

/** Builds that take 99, 100 and 101 of the level in turn: steady, never constant. */
const level = (n: number, at: number) => Array.from({ length: n }, (_, i) => (at * [99, 100, 101, 100][i % 4]!) / 100)
const at = (values: readonly (number | null)[]) => findChanges(values).map((c) => c.at)

describe('the first build of a new level', () => {
  it.each([18, 24, 40, 100])('is found exactly where %d builds were before it', (n) => {
    expect(at([...level(n, 100), ...level(30, 150)])).toEqual([n])
    expect(at([...level(n, 100), ...level(30, 60)])).toEqual([n])
  })
  it('is judged with the numbers of both levels', () => {
    const [change] = findChanges([...level(60, 100), ...level(30, 150)])
    expect(change?.judgement).toMatchObject({ judgement: 'high', worse: true, effect: expect.closeTo(0.5, 1) })
    expect(findChanges([...level(60, 100), ...level(30, 60)])[0]?.judgement).toMatchObject({
      judgement: 'low',
      worse: false,
    })
  })
  it('is counted with the builds that are missing', () => {
    expect(at([null, null, ...level(60, 100), null, ...level(30, 150)])).toEqual([63])
  })
})

describe('changes', () => {
  it('may follow each other after eighteen builds', () => {
    expect(at([...level(40, 100), ...level(40, 150), ...level(40, 225)])).toEqual([40, 80])
    expect(at([...level(40, 100), ...level(18, 150), ...level(40, 225)])).toEqual([40, 58])
  })
  it('are not looked for before eighteen builds are known', () => {
    expect(at([...level(12, 100), ...level(5, 150)])).toEqual([])
    expect(at([...level(8, 100), ...level(12, 150)])).toEqual([])
  })
  it('must hold for eight builds at the end of the series', () => {
    expect(at([...level(40, 100), ...level(8, 150)])).toEqual([40])
    expect(at([...level(40, 100), ...level(3, 150)])).toEqual([])
  })
  it('are none in a series that stays, is constant, or is empty', () => {
    expect(at(level(200, 100))).toEqual([])
    expect(at(Array(100).fill(7))).toEqual([])
    expect(at([])).toEqual([])
    expect(at(Array(60).fill(null))).toEqual([])
  })
  it('are none where a few builds are off and the level comes back', () => {
    expect(at([...level(40, 100), ...level(4, 150), ...level(40, 100)])).toEqual([])
  })
  it('are found against the last sixty builds: what was before them is another story', () => {
    expect(at([...level(20, 150), ...level(80, 100), ...level(20, 150)])).toEqual([20, 100])
  })
})
