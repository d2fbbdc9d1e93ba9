import { describe, expect, it } from 'vitest'
import { judgeRollout, type RolloutSignal, rankRollouts } from '../../../services/detector/judge/index.ts'
import { randomFrom, steady } from './worlds.ts'

const T0 = 1_700_000_000
const samples = (values: readonly number[], t0: number): [number, number][] => values.map((v, i) => [t0 + 60 * i, v])
const signal = (
  name: string,
  kind: RolloutSignal['kind'],
  before: number[],
  control: number[],
  current: number[],
): RolloutSignal => ({
  name,
  kind,
  before: samples(before, T0 - 60 * before.length),
  control: samples(control, T0),
  current: samples(current, T0),
})
const latency = (factor: number, control = 1, seed = 1) =>
  signal(
    'latency',
    'latency',
    steady(randomFrom(seed), 180, 100, 0.05),
    steady(randomFrom(seed + 1), 30, 100 * control, 0.05),
    steady(randomFrom(seed + 2), 30, 100 * factor, 0.05),
  )

describe('a rollout', () => {
  it('is regressed where only the new version is slower, with the time of the first look that saw it', () => {
    const a = judgeRollout({ id: 'a', t0: T0, signals: [latency(1.5)] })
    expect(a.verdict).toBe('regressed')
    expect(a.alertAt).toBeLessThanOrEqual(T0 + 5 * 60)
    expect(a.score).toBeGreaterThanOrEqual(0.5)
  })

  it('is not where the old version is as slow in the same minutes', () => {
    expect(judgeRollout({ id: 'a', t0: T0, signals: [latency(1.5, 1.5)] })).toMatchObject({
      verdict: 'no_difference',
      alertAt: null,
    })
  })

  it('is not where nothing moved', () => {
    expect(judgeRollout({ id: 'a', t0: T0, signals: [latency(1)] }).verdict).toBe('no_difference')
  })

  it('is regressed where the new version serves nothing while the old one does', () => {
    const silent = { ...latency(1), current: [] }
    const a = judgeRollout({ id: 'a', t0: T0, signals: [silent] })
    expect(a).toMatchObject({ verdict: 'regressed', alertAt: T0 + 300 })
    expect(a.reason).toContain('served no request')
  })

  it('is not regressed by silence where the old version is idle too', () => {
    const idle = signal('latency', 'latency', steady(randomFrom(1), 20, 100, 0.05), [100], [])
    expect(judgeRollout({ id: 'a', t0: T0, signals: [{ ...idle, control: [[T0 + 20 * 60, 100]] }] }).verdict).not.toBe(
      'regressed',
    )
  })

  it('is not regressed by the CPU of young instances, nor by the smaller share of traffic', () => {
    const cpu = signal(
      'cpu',
      'resource',
      steady(randomFrom(4), 180, 1, 0.05),
      steady(randomFrom(5), 30, 1, 0.05),
      steady(randomFrom(6), 30, 1.6, 0.05),
    )
    const share = signal(
      'requests',
      'throughput',
      steady(randomFrom(4), 180, 100, 0.05),
      steady(randomFrom(5), 30, 90, 0.05),
      steady(randomFrom(6), 30, 10, 0.05),
    )
    expect(judgeRollout({ id: 'a', t0: T0, signals: [cpu, share, latency(1)] }).verdict).toBe('no_difference')
  })

  it('judges success and requests together as counts', () => {
    const requests = signal('requests', 'throughput', Array(180).fill(100), Array(30).fill(90), Array(30).fill(10))
    const success = signal('success', 'success', Array(180).fill(99), Array(30).fill(99), Array(30).fill(70))
    const a = judgeRollout({ id: 'a', t0: T0, signals: [requests, success] })
    expect(a.verdict).toBe('regressed')
    expect(a.reason).toContain('requests failed')
  })

  it('is regressed where nothing came at all, though the old version was busy until then', () => {
    const gone = { ...latency(1), current: [], control: [] }
    expect(judgeRollout({ id: 'a', t0: T0, signals: [gone] }).verdict).toBe('regressed')
  })

  it('is judged by its only signal, whatever that is', () => {
    const lone = (kind: 'throughput' | 'resource', factor: number) =>
      signal(
        'kpi',
        kind,
        steady(randomFrom(4), 180, 100, 0.05),
        steady(randomFrom(5), 30, 100, 0.05),
        steady(randomFrom(6), 30, 100 * factor, 0.05),
      )
    expect(judgeRollout({ id: 'a', t0: T0, signals: [lone('throughput', 0.5)] }).verdict).toBe('regressed')
    expect(judgeRollout({ id: 'a', t0: T0, signals: [lone('resource', 1.5)] }).verdict).toBe('regressed')
    expect(judgeRollout({ id: 'a', t0: T0, signals: [lone('resource', 0.5)] })).toMatchObject({
      verdict: 'improved',
      alertAt: null,
    })
  })

  it('has insufficient data without any sample', () => {
    expect(judgeRollout({ id: 'a', t0: T0, signals: [] })).toMatchObject({
      verdict: 'insufficient_data',
      score: 0,
      alertAt: null,
    })
  })
})

describe('rollouts of the same minutes', () => {
  const answer = (id: string, score: number) => ({ id, score, verdict: 'regressed' as const, alertAt: T0, reason: 'r' })
  it('are ranked: a bystander with far less evidence is let go, and told why', () => {
    const [a, b] = rankRollouts([answer('a', 0.95), answer('b', 0.6)])
    expect(a?.verdict).toBe('regressed')
    expect(b).toMatchObject({ verdict: 'no_difference', alertAt: null })
    expect(b?.reason).toContain('a shows more')
  })
  it('both stay where they are close', () => {
    expect(rankRollouts([answer('a', 0.8), answer('b', 0.79)]).map((x) => x.verdict)).toEqual([
      'regressed',
      'regressed',
    ])
  })
  it('may be none', () => {
    expect(rankRollouts([])).toEqual([])
  })
})
