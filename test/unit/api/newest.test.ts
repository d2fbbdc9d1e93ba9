import { describe, expect, it } from 'vitest'
import { endingAt, newestFirst } from '../../../shared/store/newest.ts'

const MINUTE = 60_000

describe('the newest rows of a long span', () => {
  const search = async (rows: number[], wanted: number, span: { fromMs: number; toMs: number }) => {
    const slices: [number, number][] = []
    const found = await newestFirst(span, wanted, async (slice, limit) => {
      slices.push([slice.fromMs / MINUTE, slice.toMs / MINUTE])
      return rows
        .filter((at) => at >= slice.fromMs && at < slice.toMs)
        .sort((a, b) => b - a)
        .slice(0, limit)
    })
    return { found, slices }
  }
  const day = { fromMs: 0, toMs: 1440 * MINUTE }
  it('are read from its last minutes where there are enough', async () => {
    const { found, slices } = await search(
      [1439, 1438, 2].map((m) => m * MINUTE),
      2,
      day,
    )
    expect([found, slices]).toEqual([[1439 * MINUTE, 1438 * MINUTE], [[1435, 1440]]])
  })
  it('are looked for ever further back, no part twice, to the beginning', async () => {
    const { found, slices } = await search(
      [1439, 2].map((m) => m * MINUTE),
      2,
      day,
    )
    expect(found).toEqual([1439 * MINUTE, 2 * MINUTE])
    expect(slices).toEqual([
      [1435, 1440],
      [1405, 1435],
      [1225, 1405],
      [145, 1225],
      [0, 145],
    ])
  })
  it('of a short span are one read', async () => {
    expect((await search([], 2, { fromMs: 0, toMs: MINUTE })).slices).toEqual([[0, 1]])
  })
  it('go on where the page before ended', () => {
    expect(endingAt({ ...day, after: { ns: '60000999999' } })).toEqual({ fromMs: 0, toMs: 60_001 })
    expect(endingAt(day)).toEqual(day)
  })
})
