import { describe, expect, it } from 'vitest'
import { manualClock } from '../../shared/runtime/clock.ts'
import { silentLog } from '../../shared/runtime/log.ts'
import { startLoop } from '../../shared/runtime/loop.ts'

describe('manualClock', () => {
  it('wakes sleepers in the order of their times', async () => {
    const clock = manualClock(1000)
    const woken: string[] = []
    void clock.sleep(300).then(() => woken.push(`late ${clock.nowMs()}`))
    void clock.sleep(100).then(() => woken.push(`early ${clock.nowMs()}`))
    await clock.advance(200)
    expect(woken).toEqual(['early 1100'])
    await clock.advance(200)
    expect(woken).toEqual(['early 1100', 'late 1300'])
    expect(clock.nowMs()).toBe(1400)
  })

  it('waits for the work of a loop before time goes on', async () => {
    const clock = manualClock(0)
    const seen: number[] = []
    const run = async () => {
      const began = clock.nowMs()
      for (let i = 0; i < 20; i++) await new Promise<void>((resolve) => setImmediate(resolve))
      seen.push(clock.nowMs() - began)
    }
    const loop = startLoop({ name: 'test', everyMs: 10, clock, log: silentLog(), run })
    await clock.advance(100)
    expect(seen.length).toBeGreaterThanOrEqual(10)
    expect(new Set(seen)).toEqual(new Set([0]))
    await loop.stop()
  })

  it('does not wait for ever for work that sleeps on it', async () => {
    const clock = manualClock(0)
    let rounds = 0
    const run = async (signal: AbortSignal) => {
      await clock.sleep(5, signal)
      rounds += 1
    }
    const loop = startLoop({ name: 'test', everyMs: 5, clock, log: silentLog(), run })
    await clock.advance(100)
    expect(rounds).toBeGreaterThanOrEqual(9)
    await loop.stop()
  })
})

describe('startLoop', () => {
  it('goes on after an error, later each time', async () => {
    const clock = manualClock(0)
    const startedAtMs: number[] = []
    const run = async () => {
      startedAtMs.push(clock.nowMs())
      throw new Error('no')
    }
    const loop = startLoop({ name: 'test', everyMs: 10, clock, log: silentLog(), run })
    await clock.advance(140)
    expect(startedAtMs).toEqual([0, 20, 60, 140])
    expect(loop.lastSuccessMs()).toBeNull()
    await loop.stop()
  })
})
