import { describe, expect, it } from 'vitest'
import { contextsOf, listed, numberWords, sampleWords } from '../../../services/web/console/src/pages/patterns/slots.ts'

const sample = { from: '', to: '', slots: [] }
const slot = {
  distinct: 30,
  top: [{ value: '7 ms', count: 2 }],
  numbers: { n: 30, unit: 'ms', min: 1, median: 7.25, max: 12_345 },
}

describe('the slots of a pattern', () => {
  it('stand among the words beside them', () => {
    expect(contextsOf('user <*> took <*> ms', 2)).toEqual([
      { before: 'user ', after: ' took …' },
      { before: '… took ', after: ' ms' },
    ])
    expect(contextsOf('a <*><*> b', 1)).toBeNull()
  })
  it('say how many lines were read, and where there were more', () => {
    expect(sampleWords({ ...sample, of: 'all', lines: 1, more: false }, '')).toBe('1 line')
    expect(sampleWords({ ...sample, of: 'since', lines: 1000, more: true }, '2.1')).toBe(
      'the newest 1,000 lines since 2.1',
    )
  })
  it('give numbers with their unit and n, in place of a list where no number stands out', () => {
    expect(numberWords(slot)).toBe('min 1, median 7.25, max 12,345 ms (n\u00a0=\u00a030)')
    expect(listed(slot)).toEqual([])
    expect(listed({ ...slot, top: [{ value: '7 ms', count: 20 }] })).toHaveLength(1)
    expect(listed({ ...slot, distinct: 5 })).toHaveLength(1)
    expect(numberWords({ ...slot, numbers: null })).toBeNull()
  })
})
