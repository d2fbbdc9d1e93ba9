import { describe, expect, it } from 'vitest'
import { effect, sinceText, unitWord } from '../../../services/web/console/src/lib/format.ts'
import { effectUnitOf } from '../../../services/web/console/src/lib/words.ts'

describe('a change in words', () => {
  it('is in points where the signal is a share, whatever the signal is called', () => {
    for (const signal of [
      'error_ratio',
      'dependency_error_ratio',
      'exception_new',
      'log_error_rate',
      'log_pattern_new',
    ] as const)
      expect(effect(0.0082, effectUnitOf(signal))).toBe('+0.82 points')
  })

  it('is in percent of before where it is not', () => {
    for (const signal of ['latency', 'dependency_latency', 'throughput', 'metric', 'calls_per_request'] as const)
      expect(effect(0.082, effectUnitOf(signal))).toBe('+8.2 %')
  })
})

describe('the time since a deploy', () => {
  it('is in minutes, and in seconds where the axis is shorter than five minutes', () => {
    expect(sinceText(480, 1980)).toBe('+8 min')
    expect(sinceText(30, 60)).toBe('+30 s')
    expect(sinceText(60, 300)).toBe('+1 min')
  })
})

describe('a unit in words', () => {
  it.each([
    ['By', 'bytes'],
    ['s', 'seconds'],
    ['{connection}', 'connection'],
    ['', 'no unit'],
    ['furlong', 'furlong'],
  ])('"%s" is %s', (unit, word) => expect(unitWord(unit)).toBe(word))
})
