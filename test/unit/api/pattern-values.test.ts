import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { shapeOf, slotsOf, slotValues } from '../../../services/web/api/pattern-values.ts'
import { runs } from '../../support/property.ts'

const valuesOf = (template: string, line: string) => slotValues(shapeOf(template), line)

describe('values in the slots of a pattern', () => {
  it.each([
    ['user <*> took <*>', 'user ann took 18 ms', ['ann', '18 ms']],
    ['<*> took <*>.', '  user  took a\t b. ', ['user', 'a b']],
    ['cannot pay <*>', 'cannot pay ', null],
    ['cannot pay <*>', 'cannot pay 7', ['7']],
    ['cannot pay <*>', 'can not pay 7', null],
    ['<*>', 'anything at all', ['anything at all']],
    ['', '', []],
    ['ready', 'ready!', null],
    ['a (<*>) b <*> c', 'a (1) b (2) b c c', ['1', '(2) b c']],
    ['eth0 link <*>', 'eth1 link up', ['up']],
    ['took <*> and so on…', 'took 5 and so on, with much more', ['5']],
    ['a 100%_ <*>', 'a 100%_ x', ['x']],
  ])('%j of %j are %j', (template, line, values) => expect(valuesOf(template, line)).toEqual(values))

  it('come back for whatever stood there, where it holds none of the fixed words', () => {
    const word = fc.stringMatching(/^[a-z0-9./-]{1,12}$/)
    const texts = fc.array(fc.stringMatching(/^[A-Z]{2,8}$/), { minLength: 2, maxLength: 5 })
    fc.assert(
      fc.property(texts, fc.array(word, { minLength: 4, maxLength: 4 }), (fixed, values) => {
        // Digits of A to F would be a number.
        const names = fixed.map((text) => text.replace(/[A-F]/g, 'X'))
        const template = names.join(' <*> ')
        const used = values.slice(0, names.length - 1)
        const line = names.flatMap((name, i) => (i === 0 ? [name] : [used[i - 1]!, name])).join(' ')
        expect(valuesOf(template, line)).toEqual(used)
      }),
      runs(200),
    )
  })

  it('take linear time, also where nothing fits', () => {
    const line = 'a '.repeat(200_000)
    expect(valuesOf(`${'<*> a '.repeat(60)}b`, line)).toBeNull()
  })
})

describe('a slot', () => {
  it('lists its most frequent values first, with counts and how many there are', () => {
    const lines = ['u b t', 'u a t', 'u b t', 'u c t', 'other']
    expect(slotsOf('u <*> t', lines)).toEqual({
      lines: 4,
      slots: [
        {
          distinct: 3,
          top: [
            { value: 'b', count: 2 },
            { value: 'a', count: 1 },
            { value: 'c', count: 1 },
          ],
          numbers: null,
        },
      ],
    })
  })

  it('of numbers says the least, the middle and the most, by unit', () => {
    const numbers = (values: string[]) =>
      slotsOf(
        'took <*>',
        values.map((v) => `took ${v}`),
      ).slots[0]!.numbers
    expect(numbers(['10 ms', '2 ms', '7 ms'])).toEqual({ n: 3, unit: 'ms', min: 2, median: 7, max: 10 })
    expect(numbers(['1', '2', '-3.5', '8'])).toEqual({ n: 4, unit: '', min: -3.5, median: 1.5, max: 8 })
    expect(numbers(['10 ms', '2 s'])).toBeNull()
    expect(numbers([...Array(9).fill('4 ms'), 'never'])).toMatchObject({ n: 9, unit: 'ms' })
    expect(numbers([...Array(8).fill('4 ms'), 'never'])).toBeNull()
    expect(numbers(['10.0.0.1', '1e999'])).toBeNull()
  })

  it('keeps ten values, each cut', () => {
    const { slots } = slotsOf(
      'x <*>',
      Array.from({ length: 12 }, (_, i) => `x ${'v'.repeat(200)}${i}`),
    )
    expect(slots[0]!.top).toHaveLength(10)
    expect(slots[0]!.distinct).toBe(12)
    expect(slots[0]!.top[0]!.value).toHaveLength(120)
  })

  it('has no values where no line was read', () => {
    expect(slotsOf('u <*>', [])).toEqual({ lines: 0, slots: [{ distinct: 0, top: [], numbers: null }] })
  })
})
