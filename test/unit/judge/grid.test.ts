import { describe, expect, it } from 'vitest'
import { onGrid, stepOf } from '../../../services/detector/judge/grid.ts'

const every = (step: number, n: number) => Array.from({ length: n }, (_, i) => [i * step, 1] as const)

describe('the step between samples', () => {
  it('is the usual distance, over all lists, whatever gaps there are', () => {
    expect(stepOf([every(300, 4)])).toBe(300)
    expect(stepOf([[...every(60, 5), [9000, 1]], every(60, 3)])).toBe(60)
  })
  it('counts no samples of the same second, and is a second at least', () => {
    expect(
      stepOf([
        [
          [0, 1],
          [0, 2],
          [0, 3],
          [0, 4],
          [30, 1],
          [60, 1],
        ],
      ]),
    ).toBe(30)
    expect(stepOf([every(0.25, 5)])).toBe(1)
  })
  it('is a minute where fewer than two distances are known', () => {
    expect(stepOf([])).toBe(60)
    expect(stepOf([every(300, 2)])).toBe(60)
    expect(stepOf([every(300, 2), every(300, 2)])).toBe(300)
  })
})

describe('samples on a grid', () => {
  it('fall into the bucket that holds their second, the last one counts', () => {
    expect(
      onGrid(
        [
          [100, 1],
          [159, 2],
          [160, 3],
          [219.9, 4],
        ],
        100,
        60,
        3,
      ),
    ).toEqual([2, 4, null])
  })
  it('outside it are left out, as are those without a number', () => {
    expect(
      onGrid(
        [
          [99, 1],
          [220, 2],
          [100, null],
          [160, Number.NaN],
        ],
        100,
        60,
        2,
      ),
    ).toEqual([null, null])
    expect(
      onGrid(
        [
          [100, 5],
          [110, null],
          [120, Number.POSITIVE_INFINITY],
        ],
        100,
        60,
        1,
      ),
    ).toEqual([5])
    expect(onGrid([[100, 5]], 100, 60, 0)).toEqual([])
  })
  it('that come some seconds early or late are in one bucket each, also around its edge', () => {
    const late = Array.from({ length: 20 }, (_, i): [number, number] => [100 + 60 * i + [-6, 5, 0, -2, 7][i % 5]!, i])
    expect(onGrid(late, 100, 60, 20)).toEqual(Array.from({ length: 20 }, (_, i) => i))
    const atFifty = late.map(([ts, v]): [number, number] => [ts + 50, v])
    expect(onGrid(atFifty, 100, 60, 20).filter((v) => v === null)).toHaveLength(1)
    const inHalf = late.map(([ts, v]): [number, number] => [ts + 30, v])
    expect(onGrid(inHalf, 100, 60, 20)).toEqual(Array.from({ length: 20 }, (_, i) => i))
  })
  it('that come at any time are in the bucket that they lie in', () => {
    const every7 = Array.from({ length: 60 }, (_, i): [number, number] => [100 + 7 * i, 100 + 7 * i])
    expect(onGrid(every7, 100, 60, 7)).toEqual([156, 219, 275, 338, 394, 457, 513])
  })
})
