import { describe, expect, it } from 'vitest'
import { durationMs, timeOf } from '../../../services/cli/duration.ts'
import { ms, percent, plain, table, when, withUnit, word } from '../../../services/cli/output.ts'

describe('a table', () => {
  it('lines up its columns, colours or none', () => {
    const color = { color: true }
    expect(
      table(
        ['state', 'of'],
        [
          [word(color, 'regressed'), 'a'],
          [word({ color: false }, 'ok'), 'b'],
        ],
      ),
    ).toBe('STATE      OF\n\u001b[31mregressed\u001b[0m  a\nok         b\n')
  })
  it('has its head where it has no rows', () => expect(table(['a', 'b'], [])).toBe('A  B\n'))
})

describe('foreign text', () => {
  it('cannot write to the terminal', () => expect(plain('a\u001b[2J\r\nb\u202Ec')).toBe('a [2J bc'))
  it('is cut', () => expect(plain('x'.repeat(300), 5)).toBe('xxxx…'))
})

describe('figures', () => {
  it('carry their unit', () => {
    expect([percent(0.1234), percent(0.0123), percent(null)]).toEqual(['12.3 %', '1.23 %', '–'])
    expect([ms(1.234), ms(250), ms(2500)]).toEqual(['1.23 ms', '250 ms', '2.50 s'])
    expect([withUnit(0.5, 'ratio'), withUnit(12.34567, 'per_minute'), withUnit(3, 'By')]).toEqual([
      '50.0 %',
      '12.35 /min',
      '3 By',
    ])
    expect(when('2026-03-01T10:00:00.000Z')).toBe('2026-03-01 10:00:00Z')
  })
})

describe('a time span', () => {
  it('is read with its unit', () =>
    expect(['90', '90s', '15m', '2h', '1d'].map(durationMs)).toEqual([90e3, 90e3, 900e3, 7200e3, 86_400e3]))
  it('that is none says what it takes', () => expect(() => durationMs('soon')).toThrow('write 90s, 15m, 2h or 1d'))
})

describe('a time', () => {
  const now = Date.parse('2026-03-01T10:00:00Z')
  it('is ISO 8601, or a span before now', () => {
    expect(timeOf('2h', now)).toBe('2026-03-01T08:00:00.000Z')
    expect(timeOf('2026-03-01T09:00:00+01:00', now)).toBe('2026-03-01T08:00:00.000Z')
    expect(timeOf('now', now)).toBe('2026-03-01T10:00:00.000Z')
    expect(() => timeOf('tuesday', now)).toThrow('cannot use "tuesday" as a time')
  })
})
