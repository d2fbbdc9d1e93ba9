import { describe, expect, it } from 'vitest'
import {
  judgeCounts,
  judgeRollout,
  judgeSeries,
  type RolloutSignal,
  rankRollouts,
} from '../../../services/detector/judge/index.ts'

const T0 = 1_700_000_000
const HALF = -Math.log(0.035)
type Sample = RolloutSignal['current'][number]
const samples = (values: readonly (number | null)[], t0: number, stepS = 60): Sample[] =>
  values.map((v, i) => [t0 + stepS * i, v])
const signal = (
  kind: RolloutSignal['kind'],
  before: readonly number[],
  control: readonly number[],
  current: readonly (number | null)[],
): RolloutSignal => ({
  name: kind,
  kind,
  before: samples(before, T0 - 60 * before.length),
  control: samples(control, T0),
  current: samples(current, T0),
})
/** Around `level`: 95, 100 and 105 % of it in turn. */
const around = (n: number, level: number) => Array.from({ length: n }, (_, i) => level * [0.95, 1, 1.05][i % 3]!)
const judge = (...signals: RolloutSignal[]) => judgeRollout({ id: 'r', t0: T0, signals })
const latency = (level: number, n = 6, control: readonly number[] = around(n, 100)) =>
  signal('latency', around(60, 100), control, around(n, level))
const ofSeries = (kind: RolloutSignal['kind'], level: number, n: number, concurrent?: number[]) =>
  judgeSeries({ kind, stepS: 60, baseline: around(60, 100), current: around(n, level), concurrent })
/** The score of evidence whose largest part is `parts[0]`: that, and a quarter of all. */
const scoreOf = (...parts: number[]) => {
  const e = Math.max(...parts) + 0.25 * parts.reduce((a, b) => a + b, 0)
  return e / (e + HALF)
}

describe('the score of a rollout', () => {
  it('is that of its evidence, -ln p: the largest, and a quarter of all', () => {
    const p = ofSeries('latency', 130, 6, around(6, 100)).pValue
    const a = judge(latency(130))
    expect(a.verdict).toBe('regressed')
    expect(a.score).toBeCloseTo(scoreOf(Math.min(60, -Math.log(p))), 9)
  })
  it('is half of it, below the line, where nothing is found', () => {
    const j = ofSeries('latency', 100, 3, around(3, 100))
    const a = judge(latency(100, 3))
    expect(a.verdict).toBe('no_difference')
    expect(a.score).toBeCloseTo(scoreOf(-0.8 * Math.log(j.pValue)) / 2, 9)
    expect(a.alertAt).toBeNull()
  })
  it('counts a change to the better side at 0.8, and calls it improved', () => {
    const a = judge(latency(60, 4))
    const evidence = [3, 4].map((n) => Math.min(60, -Math.log(ofSeries('latency', 60, n, around(n, 100)).pValue)))
    expect(a).toMatchObject({ verdict: 'improved', alertAt: null })
    expect(a.score).toBeCloseTo(scoreOf(0.8 * Math.max(...evidence)), 9)
  })
  it('counts young resources a tenth beside signals of requests, whether an old version is there or not', () => {
    const cpu = (n: number) => signal('resource', around(60, 100), around(n, 100), around(n, 200))
    const [calm, hot] = [ofSeries('latency', 100, 3, around(3, 100)), ofSeries('resource', 200, 3, around(3, 100))]
    const a = judge(latency(100, 3), cpu(3))
    expect(a.verdict).toBe('no_difference')
    expect(a.score).toBeCloseTo(
      scoreOf(-0.8 * Math.log(calm.pValue), -0.1 * Math.max(-60, Math.log(hot.pValue))) / 2,
      9,
    )
    expect(judge({ ...latency(100, 3), control: [] }, { ...cpu(3), control: [] }).verdict).toBe('no_difference')
    expect(judge(cpu(6)).verdict).toBe('regressed')
  })
  it('is the highest of all looks, with the words of that look', () => {
    const a = judge(signal('latency', around(60, 100), around(24, 100), [...around(12, 150), ...around(12, 100)]))
    expect(a).toMatchObject({ verdict: 'regressed', alertAt: T0 + 3 * 60 })
    expect(a.reason).toMatch(/^latency: 1\d\d\S* over the last \d+ buckets/)
  })
})

describe('the alert', () => {
  it('is at the end of the bucket whose look finds it first', () => {
    expect(judge(latency(200)).alertAt).toBe(T0 + 3 * 60)
    expect(
      judge(signal('latency', around(60, 100), around(12, 100), [...around(6, 100), ...around(6, 300)])).alertAt,
    ).toBeGreaterThan(T0 + 7 * 60)
  })
  it('keeps the step of the samples', () => {
    const slow: RolloutSignal = {
      name: 'latency',
      kind: 'latency',
      before: samples(around(60, 100), T0 - 60 * 300, 300),
      control: [],
      current: samples(around(6, 200), T0, 300),
    }
    expect(judge(slow).alertAt).toBe(T0 + 3 * 300)
  })
})

describe('failed requests', () => {
  const requests = (n: number, current: number) =>
    signal('throughput', Array(60).fill(100), Array(n).fill(100), Array(n).fill(current))
  const success = (n: number, current: number, full: number) =>
    signal('success', Array(60).fill(0.99 * full), Array(n).fill(0.99 * full), Array(n).fill(current * full))
  it.each([1, 100])('are counted from success, of %d, and throughput', (full) => {
    const a = judge(requests(1, 20), success(1, 0.6, full))
    const j = judgeCounts({
      baseline: Array(60).fill({ bad: 1, total: 100 }),
      current: [{ bad: 8, total: 20 }],
      concurrent: [{ bad: 1, total: 100 }],
    })
    expect(j.judgement).toBe('high')
    expect(a).toMatchObject({ verdict: 'regressed', alertAt: T0 + 60, reason: `failed requests: ${j.reason}` })
    expect(a.score).toBeCloseTo(scoreOf(Math.min(60, -Math.log(j.pValue))), 9)
  })
  it('are not held against the new version where the old one has them in the same minutes', () => {
    const shared = { ...success(6, 0.6, 1), control: samples(Array(6).fill(0.6), T0) }
    expect(judge(requests(6, 100), shared)).toMatchObject({ verdict: 'no_difference', alertAt: null })
  })
  it('are not counted where no request of before is known: the share itself is judged', () => {
    const blind = { ...requests(6, 100), before: [] }
    const a = judge(blind, success(6, 0.6, 1))
    expect(a.verdict).toBe('regressed')
    expect(a.reason).toMatch(/^success: /)
  })
  it('are none in minutes without requests, nor where the share is above all', () => {
    const gaps = signal('success', Array(60).fill(0.99), [], [null, 1.2, 1.2, 1.2])
    const some = signal('throughput', Array(60).fill(100), [], [100, 0, 100, 100])
    expect(judge(some, gaps).verdict).not.toBe('regressed')
  })
})

describe('the share of traffic', () => {
  const fewer = signal('throughput', around(60, 100), around(6, 90), around(6, 10))
  it('of a canary proves nothing', () => {
    expect(judge(fewer, latency(100)).verdict).toBe('no_difference')
  })
  it('of what replaced the old version does', () => {
    expect(judge({ ...fewer, control: [] }, { ...latency(100), control: [] }).verdict).toBe('regressed')
    expect(judge(fewer).verdict).toBe('regressed')
  })
  it('makes the noise of a canary’s latency wider, by the square root', () => {
    const wobble = signal('latency', around(60, 100), around(6, 100), around(6, 112))
    const alone = judge(wobble)
    const canary = judge(wobble, signal('throughput', Array(60).fill(900), Array(6).fill(800), Array(6).fill(10)))
    expect(alone.verdict).toBe('regressed')
    expect(canary.verdict).toBe('no_difference')
    expect(
      judge(wobble, signal('throughput', Array(60).fill(900), Array(6).fill(800), Array(6).fill(1800))).score,
    ).toBeCloseTo(alone.score, 9)
  })
})

describe('silence', () => {
  const none = (kind: RolloutSignal['kind'], n: number, control: readonly number[] = around(n, 100)) =>
    signal(kind, around(60, 100), control, Array(n).fill(null))
  it('is a regression after five minutes in which the old version is busy, and not before', () => {
    const a = judge(none('latency', 5))
    expect(a).toMatchObject({
      verdict: 'regressed',
      alertAt: T0 + 300,
      reason: 'the new version has served no request in 5 buckets, while the old one does',
    })
    expect(a.score).toBeCloseTo(30 / (30 + HALF), 9)
    expect(judge(none('latency', 4)).verdict).toBe('insufficient_data')
  })
  it('is told of one that was busy before, where no old version is left', () => {
    expect(judge(none('latency', 5, [])).reason).toBe(
      'the new version has served no request in 5 buckets, while the old one did',
    )
    expect(judge({ ...none('latency', 5, []), current: [] }).alertAt).toBe(T0 + 300)
  })
  it('needs requests in six of ten buckets of the old version', () => {
    const busy = (known: number) => ({
      ...none('latency', 10),
      control: samples(
        around(10, 100).map((v, i) => (i >= 10 - known ? v : null)),
        T0,
      ),
    })
    expect(judge(busy(6))).toMatchObject({ verdict: 'regressed', alertAt: T0 + 600 })
    expect(judge(busy(5)).verdict).toBe('insufficient_data')
  })
  it('is none where one request was served, by any witness', () => {
    const one = { ...none('latency', 6), current: samples([null, 100, null, null, null, null], T0) }
    expect(judge(one).verdict).not.toBe('regressed')
    expect(
      judge(none('latency', 6), { ...none('success', 6), current: samples([0, 0, 0, 0, 0, 0], T0) }).reason,
    ).not.toContain('served no request')
  })
  it('is what throughput says, where it is known: zero requests are none', () => {
    const zero = signal('throughput', around(60, 100), around(6, 100), Array(6).fill(0))
    expect(judge(zero, none('latency', 6)).reason).toContain('served no request')
    const idle = signal('throughput', around(60, 100), Array(6).fill(0), Array(6).fill(0))
    expect(judge(idle, none('latency', 6, [])).reason).not.toContain('served no request')
    const served = signal('throughput', around(60, 100), around(6, 100), around(6, 100))
    expect(judge(served, none('latency', 6)).verdict).not.toBe('regressed')
  })
  it('of a resource says nothing of requests', () => {
    expect(judge(none('resource', 6)).verdict).toBe('insufficient_data')
  })
})

describe('a rollout without data', () => {
  it('has nothing to judge', () => {
    expect(judge()).toEqual({
      id: 'r',
      verdict: 'insufficient_data',
      score: 0,
      alertAt: null,
      reason: 'nothing to judge',
    })
  })
})

describe('rollouts of the same minutes', () => {
  const answer = (id: string, score: number, verdict: 'regressed' | 'no_difference' = 'regressed') => ({
    id,
    score,
    verdict,
    alertAt: T0,
    reason: 'slow',
  })
  // Odds: 0.8 is 4 to 1; half of that, 2 to 1, is two thirds.
  it('are bystanders below half the odds of the strongest', () => {
    const [a, b, c] = rankRollouts([answer('a', 0.66), answer('b', 0.8), answer('c', 0.67)])
    expect(a).toEqual({
      id: 'a',
      score: 0.33,
      verdict: 'no_difference',
      alertAt: null,
      reason: 'slow; but b shows more in the same minutes',
    })
    expect([b, c]).toEqual([answer('b', 0.8), answer('c', 0.67)])
  })
  it('stay as they are where they were not blamed', () => {
    expect(rankRollouts([answer('a', 0.9), answer('b', 0.1, 'no_difference')])[1]).toEqual(
      answer('b', 0.1, 'no_difference'),
    )
  })
  it('may be certain, and are one or none', () => {
    expect(rankRollouts([answer('a', 1), answer('b', 0.9)]).map((x) => x.verdict)).toEqual([
      'regressed',
      'no_difference',
    ])
    expect(rankRollouts([answer('a', 0.6)])).toEqual([answer('a', 0.6)])
    expect(rankRollouts([])).toEqual([])
  })
})
