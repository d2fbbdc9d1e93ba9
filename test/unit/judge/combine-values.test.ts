import { describe, expect, it } from 'vitest'
import { combine, type Judgement, type SignalJudgement } from '../../../services/detector/judge/index.ts'

const quiet: Judgement = {
  judgement: 'pass',
  worse: false,
  reason: 'as before',
  observed: 1,
  expected: 1,
  lower: 0,
  upper: 2,
  effect: 0,
  effectUnit: 'ratio',
  pValue: 0.9,
  score: 0.1,
  n: { baseline: 10, current: 10 },
  power: { smallestEffect: 0.1, needs: null },
  method: 'placebo',
}
const high = (pValue: number, more: Partial<Judgement> = {}): Judgement => ({
  ...quiet,
  judgement: 'high',
  worse: true,
  effect: 0.5,
  reason: 'higher',
  pValue,
  score: 0.9,
  ...more,
})
const low = (pValue: number, more: Partial<Judgement> = {}) =>
  high(pValue, { judgement: 'low', worse: false, effect: -0.5, reason: 'lower', ...more })
const thin: Judgement = {
  ...quiet,
  judgement: 'nodata',
  reason: 'too thin',
  power: { smallestEffect: null, needs: '12 more' },
}
const of = (signal: string, judgement: Judgement, more: Partial<SignalJudgement> = {}): SignalJudgement => ({
  signal,
  kind: 'latency',
  judgement,
  ...more,
})

describe('the correction over signals', () => {
  it('is made at the level of the deploy, at it as a finding and above it as none', () => {
    expect(combine([of('a', high(0.035))]).verdict).toBe('regressed')
    expect(combine([of('a', high(0.0351))])).toMatchObject({
      verdict: 'no_difference',
      dismissed: [{ signal: 'a', reason: 'one of 1 signals: corrected p 0.035 is above 0.035' }],
    })
    expect(combine([of('a', high(0.1))], { sensitivity: 'high' }).verdict).toBe('regressed')
    expect(combine([of('a', high(0.02))], { sensitivity: 'low' }).verdict).toBe('no_difference')
  })
  it('counts an exact p five times, for its own level is a fifth', () => {
    for (const method of ['count-exact', 'count-overdispersed', 'distribution'] as const) {
      expect(combine([of('a', high(0.007, { method }))]).findings[0]?.qValue).toBeCloseTo(0.035, 12)
      expect(combine([of('a', high(0.5, { method })), of('b', quiet)]).dismissed[0]?.reason).toContain(
        'corrected p 1.0 ',
      )
    }
    expect(combine([of('a', high(0.007))]).findings[0]?.qValue).toBe(0.007)
    expect(combine([of('a', high(0.007, { method: 'few-points' }))]).findings[0]?.qValue).toBe(0.007)
  })
  it('leaves out those without data: they say nothing, and cost nothing', () => {
    const c = combine([of('a', high(0.03)), of('b', thin), of('c', thin)])
    expect(c).toMatchObject({ verdict: 'regressed', checked: 1, tooThin: 2, dismissed: [] })
    expect(c.findings[0]?.qValue).toBe(0.03)
  })
})

describe('findings', () => {
  it('are sorted: worse before better, then by corrected p, then by score', () => {
    const c = combine([
      of('better', low(1e-9)),
      of('late', high(1e-3)),
      of('weak', high(1e-3, { score: 0.95 })),
      of('first', high(1e-5)),
    ])
    expect(c.findings.map((f) => f.signal)).toEqual(['first', 'weak', 'late', 'better'])
    expect(c.findings.map((f) => f.worse)).toEqual([true, true, true, false])
    expect(c.reason).toBe('first: higher; and 3 more')
    expect(c.score).toBe(0.9)
  })
  it('are worse by the direction that hurts their kind', () => {
    expect(combine([of('a', low(1e-5), { kind: 'throughput' })])).toMatchObject({
      verdict: 'regressed',
      findings: [{ kind: 'throughput', direction: 'low', worse: true }],
    })
    expect(combine([of('a', high(1e-5), { kind: 'throughput' })])).toMatchObject({
      verdict: 'improved',
      reason: 'a: higher',
    })
  })
  it('that regress score one half at least, all else below', () => {
    expect(combine([of('a', high(1e-5, { score: 0.2 }))]).score).toBe(0.5)
    expect(combine([of('a', low(1e-5))]).score).toBe(0.499)
    expect(combine([of('a', quiet), of('b', { ...quiet, score: 0.3 })]).score).toBe(0.3)
    expect(combine([]).score).toBe(0)
  })
})

describe('a signal that fired before', () => {
  const firing = (effect: number, more: Partial<Judgement> = {}) =>
    combine([of('a', { ...quiet, effect, ...more }, { firing: true })])
  it('holds while its effect is half of what would be found anew, to either side', () => {
    expect(firing(0.05)).toMatchObject({ verdict: 'regressed', findings: [{ direction: 'high' }] })
    expect(firing(0.049).verdict).toBe('no_difference')
    expect(firing(-0.05)).toMatchObject({ verdict: 'improved', findings: [{ direction: 'low' }] })
    expect(firing(-0.049).findings).toEqual([])
  })
  it('holds whatever the correction says, not where no power is stated', () => {
    expect(combine([of('a', high(0.9), { firing: true })]).verdict).toBe('regressed')
    expect(firing(0.5, { power: { smallestEffect: null, needs: null } }).verdict).toBe('no_difference')
  })
})

describe('controls', () => {
  const with_ = (...controls: Judgement[]) => combine([of('a', high(1e-5), { controls })])
  it('speak for the deploy where at least half of them moved the same way', () => {
    expect(with_(high(0.9), quiet)).toMatchObject({
      verdict: 'no_difference',
      dismissed: [{ signal: 'a', reason: '1 of 2 controls that the deploy cannot touch moved the same way' }],
    })
    expect(with_(high(0.9), quiet, quiet).verdict).toBe('regressed')
    expect(with_(low(0.1), low(0.1)).verdict).toBe('regressed')
  })
  it('are asked only where they have data', () => {
    expect(with_(high(0.9), thin, thin).verdict).toBe('no_difference')
    expect(with_(thin).verdict).toBe('regressed')
    expect(with_().verdict).toBe('regressed')
  })
})

describe('young instances', () => {
  const cpu = of('cpu', high(1e-6), { kind: 'resource' })
  it('have resources that prove nothing alone, nor beside an improvement', () => {
    expect(combine([cpu, of('b', low(1e-3))], { fresh: true })).toMatchObject({
      verdict: 'improved',
      findings: [{ signal: 'b' }],
      dismissed: [{ signal: 'cpu', reason: 'resources of young instances differ while they warm up' }],
    })
  })
  it('have resources that lend no certainty to the others, as grown ones do', () => {
    // 0.02 is one of two that are not certain: 0.04 beside a quiet one, above 0.035; 0.03 with three certain ones.
    const signals = [of('a', high(0.02)), of('b', high(0.5)), cpu, { ...cpu, signal: 'memory' }]
    expect(combine(signals).findings.map((f) => f.signal)).toContain('a')
    expect(combine(signals, { fresh: true }).verdict).toBe('no_difference')
  })
  it('have resources that go with a regression, after it', () => {
    const c = combine([cpu, of('b', high(1e-3))], { fresh: true })
    expect(c.findings.map((f) => f.signal)).toEqual(['b', 'cpu'])
    expect(c.dismissed).toEqual([])
  })
})

describe('what is said of all signals', () => {
  it('is how many look as before, and how many are too thin', () => {
    expect(combine([of('a', quiet), of('b', quiet)]).reason).toBe('2 signals look as before')
    expect(combine([of('a', quiet), of('b', thin)]).reason).toBe('1 signals look as before, 1 are too thin')
  })
  it('is why, where none could be judged', () => {
    expect(combine([of('a', thin), of('b', thin)])).toMatchObject({
      verdict: 'insufficient_data',
      reason: 'none of 2 signals has enough data: too thin',
      power: { smallestEffect: null, needs: '12 more' },
    })
    expect(combine([]).reason).toBe('none of 0 signals has enough data')
  })
  it('is the power of the weakest, and what any of them needs', () => {
    const weak = { ...quiet, power: { smallestEffect: 0.4, needs: 'more' } }
    const blind = { ...quiet, power: { smallestEffect: null, needs: null } }
    expect(combine([of('a', quiet), of('b', weak), of('c', blind)]).power).toEqual({
      smallestEffect: 0.4,
      needs: 'more',
    })
    expect(combine([of('a', blind)]).power).toEqual({ smallestEffect: null, needs: null })
  })
})
