import { describe, expect, it } from 'vitest'
import {
  combine,
  falseDiscoveryRates,
  type Judgement,
  judgeCounts,
  judgeSeries,
  type SignalJudgement,
} from '../../../services/detector/judge/index.ts'
import { flat, randomFrom, steady } from './worlds.ts'

const series = (seed: number, factor: number): Judgement =>
  judgeSeries({
    kind: 'latency',
    stepS: 60,
    baseline: steady(randomFrom(seed), 240, 100, 0.05),
    current: steady(randomFrom(seed + 1), 20, 100 * factor, 0.05),
  })
const latency = (signal: string, judgement: Judgement, more: Partial<SignalJudgement> = {}): SignalJudgement => ({
  signal,
  kind: 'latency',
  judgement,
  ...more,
})
const bad = series(1, 1.5)
const good = series(3, 1)

describe('one verdict from many signals', () => {
  it('is regressed where one of twenty is much worse, and names it', () => {
    const c = combine([...Array.from({ length: 19 }, (_, i) => latency(`route ${i}`, good)), latency('/cart', bad)])
    expect(c).toMatchObject({ verdict: 'regressed', checked: 20, tooThin: 0 })
    expect(c.findings.map((f) => f.signal)).toEqual(['/cart'])
    expect(c.score).toBeGreaterThanOrEqual(0.5)
    expect(c.reason).toContain('/cart')
  })

  it('is improved where all that moved is better', () => {
    expect(combine([latency('a', series(5, 0.6)), latency('b', good)]).verdict).toBe('improved')
  })

  it('is regressed where one is better and one worse, worse first', () => {
    const c = combine([latency('better', series(5, 0.5)), latency('worse', series(1, 1.3))])
    expect(c.verdict).toBe('regressed')
    expect(c.findings.map((f) => f.signal)).toEqual(['worse', 'better'])
  })

  it('is no_difference where nothing moved, and states the power of its weakest signal', () => {
    const c = combine([latency('a', good), latency('b', series(9, 1))])
    expect(c).toMatchObject({ verdict: 'no_difference', findings: [] })
    expect(c.power.smallestEffect).toBeGreaterThan(0)
    expect(c.score).toBeLessThan(0.5)
  })

  it('is insufficient_data where no signal could be judged, and says what it needs', () => {
    const thin = judgeCounts({ baseline: flat(20, 0, 100), current: [{ bad: 1, total: 12 }] })
    const c = combine([{ signal: 'errors', kind: 'error', judgement: thin }])
    expect(c).toMatchObject({ verdict: 'insufficient_data', tooThin: 1 })
    expect(c.power.needs).toContain('more requests')
  })

  it('is insufficient_data without any signal', () => {
    expect(combine([]).verdict).toBe('insufficient_data')
  })
})

describe('what is set aside', () => {
  it('is a weak finding among many signals', () => {
    const weak: Judgement = { ...bad, pValue: 0.03 }
    expect(combine([latency('a', weak)]).verdict).toBe('regressed')
    const c = combine([
      latency('a', weak),
      ...Array.from({ length: 20 }, (_, i) => latency(`${i}`, { ...good, pValue: 1 })),
    ])
    expect(c.verdict).toBe('no_difference')
    expect(c.dismissed[0]?.reason).toContain('one of 21 signals')
  })

  it('is what untouched controls show too', () => {
    const c = combine([latency('a', bad, { controls: [bad, bad, good] })])
    expect(c.verdict).toBe('no_difference')
    expect(c.dismissed[0]?.reason).toContain('2 of 3 controls')
  })

  it('is not what controls do not show', () => {
    expect(combine([latency('a', bad, { controls: [good, good, bad] })]).verdict).toBe('regressed')
  })

  it('is the CPU of young instances, alone', () => {
    const cpu: SignalJudgement = { signal: 'cpu', kind: 'resource', judgement: bad }
    expect(combine([cpu], { fresh: true }).verdict).toBe('no_difference')
    expect(combine([cpu]).verdict).toBe('regressed')
    expect(combine([cpu, latency('p99', bad)], { fresh: true }).findings.map((f) => f.signal)).toEqual(['p99', 'cpu'])
  })
})

describe('hysteresis', () => {
  const half: Judgement = {
    ...good,
    judgement: 'pass',
    effect: 0.09,
    power: { smallestEffect: 0.1, needs: null },
    pValue: 0.2,
  }
  it('holds a finding until its effect has clearly gone', () => {
    expect(combine([latency('a', half, { firing: true })]).verdict).toBe('regressed')
    expect(combine([latency('a', { ...half, effect: 0.02 }, { firing: true })]).verdict).toBe('no_difference')
  })
  it('does not start one', () => {
    expect(combine([latency('a', half)]).verdict).toBe('no_difference')
  })
})

describe('false discovery rates', () => {
  it('are those of Benjamini and Hochberg, in the order given', () => {
    const q = falseDiscoveryRates([0.01, 0.5, 0.02, 0.03])
    expect(q.map((v) => Number(v.toFixed(4)))).toEqual([0.04, 0.5, 0.04, 0.04])
  })
  it('leave a single p as it is, and none as none', () => {
    expect(falseDiscoveryRates([0.2])).toEqual([0.2])
    expect(falseDiscoveryRates([])).toEqual([])
  })
})
