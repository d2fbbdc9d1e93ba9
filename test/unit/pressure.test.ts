import { createHistogram } from 'node:perf_hooks'
import { describe, expect, it } from 'vitest'
import { Lag } from '../../shared/runtime/pressure.ts'

const NS_A_MS = 1_000_000

/** The lag after windows whose turns were late by so many ms. */
function lagAfter(...windows: number[][]): number {
  const lag = new Lag()
  const turns = createHistogram()
  for (const window of windows) {
    for (const ms of window) turns.record(ms * NS_A_MS)
    lag.roll(turns)
  }
  return lag.ms
}

describe('how late the event loop is', () => {
  it('is not told by a lone pause, though that was the only turn of its window', () => {
    expect(lagAfter([11, 12], [1100])).toBeLessThan(20)
    expect(lagAfter([11, 12], [1100], [10, 11, 12])).toBeLessThan(20)
  })

  it('is told by two windows in a row, as the smaller of them', () => {
    expect(lagAfter([1100], [600, 700])).toBeGreaterThan(500)
    expect(lagAfter([1100], [600, 700])).toBeLessThan(800)
  })

  it('is over with the first window that is not late', () => {
    expect(lagAfter([900], [900], [12])).toBeLessThan(20)
    expect(lagAfter([900], [900], [])).toBe(0)
  })
})
