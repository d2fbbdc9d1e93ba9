import { describe, expect, it } from 'vitest'
import { certainP, combineFamilies, moreSensitive } from '../../../services/detector/decide/families.ts'
import type { Signal } from '../../../services/detector/decide/signal.ts'
import type { Judgement, Kind } from '../../../services/detector/judge/index.ts'

const judgement = (pValue: number, effect: number, more: Partial<Judgement> = {}): Judgement => ({
  judgement: effect > 0 ? 'high' : 'low',
  worse: effect > 0,
  reason: 'it moved',
  observed: 1,
  expected: 1,
  lower: 0,
  upper: 2,
  effect,
  effectUnit: 'ratio',
  pValue,
  score: 0.9,
  n: { baseline: 10, current: 10 },
  power: { smallestEffect: 0.1, needs: null },
  method: 'placebo',
  ...more,
})
const quiet = judgement(1, 0, { judgement: 'pass', worse: false, score: 0.1 })
const signal = (name: Signal['name'], kind: Kind, j: Judgement, dimension = '(all)'): Signal => ({
  name,
  kind,
  dimension,
  judgement: j,
  canHarm: true,
  baseline: 'before',
  finding: () => {
    throw new Error('a finding is not built to combine')
  },
})
const slow = (p: number, effect: number, dimension?: string) =>
  signal('latency', 'latency', judgement(p, effect), dimension)
const failing = (p: number, effect: number, dimension?: string) =>
  signal('error_ratio', 'error', judgement(p, effect), dimension)
const metric = (p: number, dimension: string) => signal('metric', 'metric', judgement(p, 1), dimension)
const combined = (
  signals: Signal[],
  minutes = 60,
  firing: string[] = [],
  sensitivity: 'low' | 'normal' | 'high' = 'normal',
) => combineFamilies(signals, new Set(firing), sensitivity, minutes)
const found = (...args: Parameters<typeof combined>) => combined(...args).findings.map((f) => f.signal)

describe('the level at which a finding is certain', () => {
  it('is a share of the level of a deploy, finer for latencies than for failures and log patterns', () => {
    expect(certainP('error', 'normal')).toBeCloseTo(0.001, 12)
    expect(certainP('latency', 'normal')).toBeCloseTo(0.0001, 12)
    expect(certainP('log', 'normal')).toBeCloseTo(0.0005, 12)
    expect(certainP('error', 'high')).toBeCloseTo(0.004, 12)
  })
  it('goes with a sensitivity that is one level finer for failures, up to the finest', () => {
    expect((['low', 'normal', 'high'] as const).map(moreSensitive)).toEqual(['normal', 'high', 'high'])
  })
})

describe('a failure', () => {
  it('stands where it is certain, and is doubted where not, however large', () => {
    expect(found([failing(0.001, 0.5)])).toEqual(['error_ratio (all)'])
    const doubted = combined([failing(0.0011, 0.5)])
    expect(doubted.findings).toEqual([])
    expect(doubted.dismissed).toEqual([
      {
        signal: 'error_ratio (all)',
        reason: `it moved, but not certain: a deploy has many signals, so p must be below ${certainP('error', 'normal')}`,
      },
    ])
  })
  it('is looked for one level finer than the rest', () => {
    const j = judgement(0.1, 0.5)
    expect(combined([failing(0.1, 0.5)]).dismissed[0]?.reason).toContain('not certain')
    expect(combined([signal('metric', 'metric', j)]).dismissed[0]?.reason).toContain('corrected p 0.10 is above 0.035')
  })
  it('that is firing is not doubted anew', () => {
    expect(found([failing(0.0011, 0.5)], 60, ['error_ratio (all)'])).toEqual(['error_ratio (all)'])
  })
})

describe('a latency', () => {
  it('stands where it is certain, or half as slow again and as certain as a failure', () => {
    expect(found([slow(0.0001, 0.25)])).toHaveLength(1)
    expect(found([slow(0.00011, 0.25)])).toEqual([])
    expect(found([slow(0.001, 0.5)])).toHaveLength(1)
    expect(found([slow(0.0011, 3)])).toEqual([])
    expect(found([slow(0.001, 0.49)])).toEqual([])
  })
  it('that is faster stands only where it is certain', () => {
    expect(found([slow(0.03, -0.6)])).toEqual([])
    expect(found([slow(0.0001, -0.1)], 5)).toHaveLength(1)
  })
  it('of young processes waits for ten minutes where it is less than a fifth', () => {
    expect(combined([slow(1e-6, 0.19)], 10)).toMatchObject({
      findings: [],
      dismissed: [
        {
          signal: 'latency (all)',
          reason: 'it moved, but young processes are slow: it waits until the last has run for 10 minutes',
        },
      ],
    })
    expect(found([slow(1e-6, 0.19)], 11)).toHaveLength(1)
    expect(found([slow(1e-6, 0.2)], 10)).toHaveLength(1)
  })
  it('that young processes do not explain is another kind', () => {
    expect(found([failing(1e-6, 0.1)], 5)).toHaveLength(1)
    expect(found([metric(0.03, 'a')], 5)).toHaveLength(1)
  })
})

describe('families', () => {
  const others = Array.from({ length: 40 }, (_, i) => signal('metric', 'metric', quiet, `m${i}`))
  it('are corrected each for itself: a hundred metrics do not hide a slow route, nor the other way round', () => {
    expect(found([...others, slow(0.001, 0.6)])).toEqual(['latency (all)'])
    expect(found([...others, metric(0.03, 'mine')])).toEqual([])
    expect(found([slow(0.9, 0.01), metric(0.03, 'mine')])).toEqual(['metric mine'])
  })
  it('are failures, latencies, log patterns, calls, secrets, and the rest', () => {
    const of = (name: Signal['name'], kind: Kind) => signal(name, kind, judgement(0.03, 1), 'x')
    expect(found([...others, of('log_pattern_rate', 'log')])).toEqual(['log_pattern_rate x'])
    expect(found([...others, of('calls_per_request', 'metric')])).toEqual(['calls_per_request x'])
    const logs = Array.from({ length: 40 }, (_, i) => signal('log_pattern_rate', 'log', quiet, `p${i}`))
    expect(found([...logs, of('calls_per_request', 'metric')])).toEqual(['calls_per_request x'])
    expect(found([...logs, of('log_pattern_rate', 'log')])).toEqual([])
    expect(found([...logs, of('secret_new', 'log')])).toEqual(['secret_new x'])
    const quietLatencies = Array.from({ length: 40 }, (_, i) => signal('latency', 'latency', quiet, `r${i}`))
    expect(found([...quietLatencies, of('metric', 'resource')])).toEqual(['metric x'])
  })
  it('give all their findings, and the score of the worst of them', () => {
    const both = combined([failing(1e-6, 0.5, '/a'), slow(1e-6, 0.6, '/a'), metric(0.9, 'm')])
    expect(both.findings.map((f) => f.signal)).toEqual(['error_ratio /a', 'latency /a'])
    expect(both.dismissed.map((d) => d.signal)).toEqual(['metric m'])
    expect(both.score).toBe(0.9)
    expect(combined([signal('metric', 'metric', quiet)]).score).toBe(0.1)
    expect(combined([])).toEqual({ findings: [], dismissed: [], score: 0 })
  })
  it('hold what fires by its id', () => {
    const fading = signal('latency', 'latency', judgement(0.5, 0.09, { judgement: 'pass' }), '/a')
    expect(found([fading], 60, ['latency /a'])).toEqual(['latency /a'])
    expect(found([fading], 60, ['latency /b'])).toEqual([])
  })
})
