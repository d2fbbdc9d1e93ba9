import { expect, it } from 'vitest'
import { heldAt, OpenMinute } from '../../../services/detector/rollups/open-minute.ts'
import { noneTouched } from '../../../services/detector/rollups/touched.ts'

const M = 29_000_000
const at = (second: number) => M * 60_000 + second * 1000
const traces = (...minutes: number[]) => ({ ...noneTouched(), traces: new Set(minutes) })

/**
 *   rows      x   x   x   x   x   x | x
 *   due       ●           ●         | ●      of the minute that goes on
 *   second    0  10  20  30  40  50  60
 */
it('takes the minute that goes on every half minute, and all of it once it is over', () => {
  const open = new OpenMinute()
  const due: number[] = []
  for (let second = 0; second <= 60; second += 10) {
    const taken = open.take(second < 60 ? traces(M) : noneTouched(), at(second), at(second))
    if (taken.touched.traces.has(M)) due.push(second)
    taken.done()
  }
  expect(due).toEqual([0, 30, 60])
  expect(open.take(noneTouched(), 0, at(70)).touched.traces.size).toBe(0)
})

it('takes minutes that are over, late ones too, at once', () => {
  const open = new OpenMinute()
  open.take(traces(M), at(1), at(1)).done()
  expect([...open.take(traces(M - 1, M - 500, M), at(5), at(5)).touched.traces].sort()).toEqual([M - 500, M - 1])
})

it('holds back by signal: the first logs of a minute do not wait for its spans', () => {
  const open = new OpenMinute()
  open.take(traces(M), at(1), at(1)).done()
  const logs = { ...noneTouched(), logs: new Set([M]) }
  expect(open.take(logs, at(5), at(5)).touched.logs.has(M)).toBe(true)
})

it('says of what it held back when it arrived, when it is taken', () => {
  const open = new OpenMinute()
  open.take(traces(M), at(1), at(1)).done()
  open.take(traces(M), at(25), at(26)).done()
  expect(open.take(noneTouched(), 0, at(61))).toMatchObject({ arrivedMs: at(25), touched: traces(M) })
})

it('gives again what a pass took and did not get done', () => {
  const open = new OpenMinute()
  open.take(traces(M - 3, M), at(1), at(1))
  expect([...open.take(noneTouched(), 0, at(11)).touched.traces].sort()).toEqual([M - 3, M])
})

it('looks after a restart at what the process before may have held back', () => {
  expect([...heldAt(at(20)).logs]).toEqual([M, M + 1])
  expect(heldAt(0).traces.size).toBe(0)
})
