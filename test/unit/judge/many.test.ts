import { describe, expect, it } from 'vitest'
import { findChanges, judgeCounts, judgeDistribution, prepareSeries } from '../../../services/detector/judge/index.ts'
import { daily, firstLook, latencies, randomFrom, requests, SCALE, steady } from './worlds.ts'

/** What holds over many drawn worlds. Too slow to be asked of every mutant (vitest.mutation.config.ts). */
const STEP_S = 300
const r = () => randomFrom(7)

describe('a judged series', () => {
  it('raises few alarms over many unchanged deploys, looked at after every bucket', () => {
    let alarms = 0
    for (let seed = 1; seed <= 100; seed++) {
      const random = randomFrom(seed)
      const judge = prepareSeries({ kind: 'latency', stepS: 60, baseline: steady(random, 240, 100, 0.2) })
      if (firstLook(steady(random, 60, 100, 0.2), (seen) => judge(seen).worse) !== null) alarms++
    }
    expect(alarms).toBeLessThanOrEqual(8)
  })

  /**   ╭╮  ╭╮  ╭╮ deploy in the morning rise
   *   ╯╰──╯╰──╯│
   */
  it('passes the daily rise, for earlier days rose at that hour', () => {
    const day = 288
    const judge = prepareSeries({ kind: 'latency', stepS: STEP_S, baseline: daily(r(), 0, 7 * day, day, 0.8) })
    expect(firstLook(daily(randomFrom(2), 7 * day, 24, day, 0.8), (seen) => judge(seen).worse)).toBeNull()
  })
})

describe('judged counts', () => {
  it('raise few alarms in an hour of looks, one a minute', () => {
    let alarms = 0
    for (let seed = 1; seed <= 60; seed++) {
      const r = randomFrom(seed)
      const baseline = requests(r, 60, 50, 0.02)
      if (firstLook(requests(r, 60, 50, 0.02), (current) => judgeCounts({ baseline, current }).worse) !== null) alarms++
    }
    expect(alarms).toBeLessThanOrEqual(1)
  })

  it('state an honest power: where they pass, a rise of just the stated size would have been found in most worlds', () => {
    let [passed, found] = [0, 0]
    for (let seed = 1; seed <= 60; seed++) {
      const r = randomFrom(seed)
      const baseline = requests(r, 60, 100, 0.01)
      const quiet = judgeCounts({ baseline, current: requests(r, 10, 100, 0.01) })
      if (quiet.judgement !== 'pass') continue
      passed++
      const worse = requests(r, 10, 100, 0.01 + quiet.power.smallestEffect!)
      if (firstLook(worse, (current) => judgeCounts({ baseline, current }).worse) !== null) found++
    }
    expect(passed).toBeGreaterThan(50)
    expect(found / passed).toBeGreaterThan(0.75)
    expect(found / passed).toBeLessThan(0.99)
  })
})

describe('builds', () => {
  it('have none in noise', () => {
    for (let seed = 1; seed <= 10; seed++) expect(findChanges(steady(randomFrom(seed), 400, 100, 0.05))).toEqual([])
  })
})

describe('latencies', () => {
  it('pass where they wobble from minute to minute as they always did', () => {
    const r = randomFrom(5)
    const wobbly = (n: number) =>
      Array.from({ length: n }, () => latencies(r, 1, 100, 50 * Math.exp(0.1 * r.normal()))[0]!)
    const baseline = wobbly(120)
    expect(firstLook(wobbly(30), (current) => judgeDistribution({ scale: SCALE, baseline, current }).worse)).toBeNull()
  })
})
