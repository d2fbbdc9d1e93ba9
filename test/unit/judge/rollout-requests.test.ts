import { describe, expect, it } from 'vitest'
import type { RolloutSignal } from '../../../services/detector/judge/index.ts'
import { judgeRollout } from '../../../services/detector/judge/index.ts'
import { countsOf, thinnerOf } from '../../../services/detector/judge/rollout-requests.ts'
import { randomFrom, steady } from './worlds.ts'

const T0 = 1_700_000_000
type Part = readonly (number | null)[]
const samples = (values: Part, t0: number): [number, number | null][] => values.map((v, i) => [t0 + 60 * i, v])
const signal = (
  kind: RolloutSignal['kind'],
  parts: { before: Part; control?: Part; current: Part; unit?: string },
) => ({
  name: kind,
  kind,
  unit: parts.unit,
  before: samples(parts.before, T0 - 60 * parts.before.length),
  control: samples(parts.control ?? [], T0),
  current: samples(parts.current, T0),
})
const times = <T>(n: number, value: (i: number) => T) => Array.from({ length: n }, (_, i) => value(i))

describe('failed requests of a rollout', () => {
  // 100 requests a minute, 1 to 3 of them failed.
  const success = signal('success', { before: times(60, (i) => 99 - (i % 3)), current: times(10, () => 98) })
  const requests = (per: number, unit?: string) =>
    signal('throughput', { before: times(60, () => per), current: times(10, () => per), ...(unit ? { unit } : {}) })

  it('are counted where success and throughput are of the same requests', () => {
    const counts = countsOf([success, requests(100)], T0, 60, 10)
    expect(counts?.baseline.slice(0, 3)).toEqual([1, 2, 3].map((bad) => ({ bad, total: 100 })))
    expect(counts?.current).toEqual(times(10, () => ({ bad: 2, total: 100 })))
  })
  it.each(['1/s', 'req/s', 'requests/sec', 'rps', 'QPS', 'requests per second'])(
    'of a rate in %s are those of the minute',
    (unit) => {
      const rate = countsOf([success, requests(100 / 60, unit)], T0, 60, 10)
      expect(rate?.current[0]).toEqual({ bad: 2, total: 100 })
    },
  )
  it.each(['1/min', 'requests', 'req/min', ''])('in %j are taken as they come', (unit) =>
    expect(countsOf([success, requests(100, unit)], T0, 60, 10)?.current[0]?.total).toBe(100),
  )
  describe('that are given as errors', () => {
    const errors = (value: number, unit?: string) =>
      countsOf(
        [
          signal('error', {
            before: times(60, () => value),
            current: times(10, () => value),
            ...(unit ? { unit } : {}),
          }),
          requests(100),
        ],
        T0,
        60,
        10,
      )?.current[0]
    it.each([
      ['numbers', 3, undefined],
      ['a share of 1', 0.03, undefined],
      ['percent', 3, '%'],
      ['numbers a second', 0.05, '1/s'],
    ])('are read from %s', (_, value, unit) => expect(errors(value, unit)).toEqual({ bad: 3, total: 100 }))
    const inTurn = (values: readonly number[], per: number, unit?: string) =>
      countsOf(
        [
          signal('error', {
            before: times(60, (i) => values[i % 2]!),
            current: [...values],
            ...(unit ? { unit } : {}),
          }),
          signal('throughput', { before: times(60, () => per), current: [per, per] }),
        ],
        T0,
        60,
        2,
      )?.current.map((c) => c.bad)
    it.each([
      ['shares, some of them 0', [0, 0.03], 100, undefined, [0, 3]],
      ['percent without a unit, some below one', [0.5, 2.5], 200, undefined, [1, 5]],
      ['percent, all below one', [0.5, 0.25], 400, ' % ', [2, 1]],
      ['whole percent', [1, 3], 200, '%', [2, 6]],
    ])('are read from %s', (_, values, per, unit, bad) => expect(inTurn(values, per, unit)).toEqual(bad))
    it('are none where more failed than were asked: lines of a log, or of something else', () =>
      expect(errors(101)).toBeUndefined())
    it('are taken from success where both are there', () =>
      expect(countsOf([signal('error', { before: [9], current: [9] }), success, requests(100)], T0, 60, 10)?.of).toBe(
        success,
      ))
    it('are found by the share of a canary, however few it has', () => {
      const [few, all] = [times(12, () => 10), times(12, () => 100)]
      const asked = signal('throughput', { before: times(60, () => 100), control: all, current: few })
      const failed = (n: number) =>
        signal('error', {
          before: times(60, (i) => i % 3),
          control: times(12, (i) => i % 3),
          current: times(12, () => n),
        })
      const judge = (n: number) => judgeRollout({ id: 'r', t0: T0, signals: [failed(n), asked] }).verdict
      expect([judge(2), judge(0)]).toEqual(['regressed', 'no_difference'])
    })
  })
  it('are none where the shares cannot be of so many requests: a rate without a unit, or a mean over instances', () => {
    expect(countsOf([success, requests(30)], T0, 60, 10)).toBeNull()
  })
  it('are of percent where a single minute had no success at all', () => {
    const down = signal('success', { before: times(60, (i) => (i === 9 ? 0 : 99)), current: times(10, () => 98) })
    expect(countsOf([down, requests(100)], T0, 60, 10)?.current[0]).toEqual({ bad: 2, total: 100 })
  })
  it('are none by shares that are no whole number of requests, however many minutes had no failure', () => {
    const odd = signal('success', { before: times(120, (i) => (i < 8 ? 99.5 : 100)), current: times(10, () => 100) })
    const asked = signal('throughput', { before: times(120, () => 100), current: times(10, () => 100) })
    expect(countsOf([odd, asked], T0, 60, 10)).toBeNull()
  })
  it('are rounded where there are more than the digits of a share tell', () => {
    const many = countsOf([success, requests(30_030)], T0, 60, 10)
    expect(many?.current[0]).toEqual({ bad: 601, total: 30_030 })
  })
  it('are none without one of the two', () => {
    expect(countsOf([success], T0, 60, 10)).toBeNull()
    expect(countsOf([requests(100)], T0, 60, 10)).toBeNull()
  })
})

describe('a thin canary', () => {
  const jumping = (by: number, n: number) => times(n, (i) => 100 + (i % 2 === 0 ? by : -by))
  const latency = (by: number, control: Part = jumping(1, 10)) =>
    signal('latency', { before: jumping(1, 60), control, current: jumping(by, 10) })
  it('is known by its throughput', () => {
    const few = signal('throughput', { before: times(60, () => 100), control: [90], current: times(10, () => 10) })
    expect(thinnerOf(latency(5), [latency(5), few])).toBe(10)
  })
  it('is known by how its latencies jump where no throughput is given, up to a twentieth', () => {
    expect(thinnerOf(latency(4), [latency(4)])).toBeCloseTo(4, 1)
    expect(thinnerOf(latency(90), [latency(90)])).toBe(20)
    expect(thinnerOf(latency(0.5), [latency(0.5)])).toBe(1)
  })
  it('jumps for its level: what is twice as slow may jump twice as far', () => {
    const slow = signal('latency', {
      before: jumping(1, 60),
      control: [100],
      current: jumping(1, 10).map((v) => 2 * v),
    })
    expect(thinnerOf(slow, [slow])).toBeCloseTo(1, 5)
  })
  it('is not told by what is no latency, nor by an even series', () => {
    const cpu: RolloutSignal = { ...latency(4), kind: 'resource' }
    const even = signal('latency', { before: times(60, () => 100), control: [100], current: jumping(4, 10) })
    expect([thinnerOf(cpu, [cpu]), thinnerOf(even, [even])]).toEqual([1, 1])
  })
  it('is not assumed where no old version runs beside it, or too little is known', () => {
    expect(thinnerOf(latency(4, []), [])).toBe(1)
    const young = signal('latency', { before: jumping(1, 60), control: [100], current: jumping(4, 7) })
    expect(thinnerOf(young, [young])).toBe(1)
  })
})

describe('an old version whose first minute is missing', () => {
  const judged = (control: Part) => {
    const hit = 1.5 // both versions: nobody's doing
    const latency = signal('latency', {
      before: steady(randomFrom(1), 180, 100, 0.05),
      control,
      current: steady(randomFrom(3), 30, 100 * hit, 0.05),
    })
    return judgeRollout({ id: 'r', t0: T0, signals: [latency] })
  }
  const slow = steady(randomFrom(2), 30, 150, 0.05)
  it('is waited for', () => {
    expect(judged(slow.map((v, i) => (i < 5 ? null : v)))).toMatchObject({ verdict: 'no_difference', alertAt: null })
  })
  it('is waited for where failures are counted', () => {
    const known = (part: Part) => part.map((v, i) => (i < 5 ? null : v))
    const asked = signal('throughput', {
      before: times(60, () => 100),
      control: known(times(30, () => 50)),
      current: times(30, () => 50),
    })
    const failing = times(30, () => 80)
    const shared = signal('success', { before: times(60, () => 99), control: known(failing), current: failing })
    expect(judgeRollout({ id: 'r', t0: T0, signals: [asked, shared] })).toMatchObject({
      verdict: 'no_difference',
      alertAt: null,
    })
  })
  it('is not where there is none', () => expect(judged([]).verdict).toBe('regressed'))
})
