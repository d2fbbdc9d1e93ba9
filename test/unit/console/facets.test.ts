import { describe, expect, it } from 'vitest'
import type { LogLine } from '../../../services/web/api/schemas.ts'
import { facetsOf } from '../../../services/web/console/src/pages/logs/facets.ts'
import { levelOf } from '../../../services/web/console/src/pages/logs/level.ts'
import { parseQuery } from '../../../services/web/console/src/pages/logs/query.ts'

const line = (severity_number: number, service: string, version = '1.0'): LogLine => ({
  time: '2026-11-22T00:00:00.000Z',
  service,
  environment: 'production',
  version,
  severity: '',
  severity_number,
  body: 'a line',
  trace_id: '',
  span_id: '',
  attributes: {},
})

describe('what log lines differ in', () => {
  it('counts each value, the most frequent first, and levels with all that are worse', () => {
    const lines = [line(9, 'cart'), line(9, 'checkout'), line(13, 'checkout'), line(17, 'checkout')]
    expect(facetsOf(lines)).toEqual([
      {
        name: 'level, at least',
        values: [
          { value: 'warn', lines: 2, word: 'level>=warn' },
          { value: 'error', lines: 1, word: 'level>=error' },
        ],
      },
      {
        name: 'service',
        values: [
          { value: 'checkout', lines: 3, word: 'service:checkout' },
          { value: 'cart', lines: 1, word: 'service:cart' },
        ],
      },
    ])
  })

  it('is nothing where all lines share everything', () => {
    expect(facetsOf([line(9, 'cart'), line(9, 'cart')])).toEqual([])
    expect(facetsOf([])).toEqual([])
  })

  it('says words that the search reads as the same value', () => {
    const words = facetsOf([line(9, 'two words'), line(9, 'cart')])[0]!.values.map((each) => each.word)
    expect(words.map((word) => parseQuery(word))).toEqual([{ service: 'two words' }, { service: 'cart' }])
    expect(parseQuery('level>=warn')).toEqual({ level: 'warn' })
  })

  it('names six values at most', () => {
    const lines = Array.from({ length: 20 }, (_, index) => line(9, `service-${index}`))
    expect(facetsOf(lines)[0]!.values).toHaveLength(6)
  })
})

describe('the level of a line', () => {
  it.each([
    [1, 'trace'],
    [4, 'trace'],
    [5, 'debug'],
    [9, 'info'],
    [12, 'info'],
    [13, 'warn'],
    [17, 'error'],
    [20, 'error'],
    [21, 'fatal'],
    [24, 'fatal'],
  ])('is, for severity number %i, %s', (severity_number, word) => {
    expect(levelOf({ severity: 'other', severity_number })).toBe(word)
  })

  it('is what the line says itself where it has no number, else "log"', () => {
    expect(levelOf({ severity: 'NOTICE', severity_number: 0 })).toBe('notice')
    expect(levelOf({ severity: '', severity_number: 0 })).toBe('log')
  })
})
