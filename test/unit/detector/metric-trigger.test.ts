import { describe, expect, it } from 'vitest'
import { stands } from '../../../services/detector/rolling/metric-trigger.ts'
import { randomFrom } from '../../eval/generate/random.ts'

const HISTORY = 200
/** Values of minutes 0, 1, …; `undefined` where there is none. */
const at = (values: readonly (number | undefined)[]) => (minute: number) => values[minute]
const wobbling = (n: number) => Array.from({ length: n }, (_, i) => 100 + (i % 7))
const standsAfter = (...recent: (number | undefined)[]) => {
  const values = [...wobbling(HISTORY), ...recent]
  return stands(at(values), values.length - 1)
}

describe('a metric stands out', () => {
  it('when five minutes lie clear of all that was before, above or below', () => {
    expect(standsAfter(150, 160, 150, 155, 170)).toBe(true)
    expect(standsAfter(50, 40, 50, 45, 30)).toBe(true)
  })

  it('when an exporter skips a minute, or is a minute late', () => {
    expect(standsAfter(150, 160, undefined, 150, 155, 170)).toBe(true)
    expect(standsAfter(150, 160, 150, 155, 170, undefined)).toBe(true)
  })

  it('when it was always zero', () => {
    const values = [...Array<number>(HISTORY).fill(0), 3, 4, 3, 5, 3]
    expect(stands(at(values), values.length - 1)).toBe(true)
    const nowAndThen = [...Array<number>(HISTORY).fill(0), 3, 0, 1, 1, 0, 0, 2, 4, 0, 1, 0, 5, 1, 0]
    expect(stands(at(nowAndThen), nowAndThen.length - 1)).toBe(true)
  })
})

describe('a metric does not stand out', () => {
  it('when it was zero but for a minute in hours, or rises in a few minutes only', () => {
    const awake = Array.from({ length: 14 }, (_, i) => (i % 2 === 0 ? 0 : 3))
    const values = [...Array<number>(HISTORY).fill(0), 2, ...Array<number>(30).fill(0), ...awake]
    expect(stands(at(values), values.length - 1)).toBe(false)
    expect(standsAfter(0, 0, 0)).toBe(false)
    const few = [...Array<number>(HISTORY).fill(0), 0, 3, 0, 4, 0, 0]
    expect(stands(at(few), few.length - 1)).toBe(false)
  })

  it('when fewer than five minutes do, or one of them is usual', () => {
    expect(standsAfter(150, 160, 150, 155)).toBe(false)
    expect(standsAfter(150, 160, 103, 155, 170)).toBe(false)
  })

  it('when it is only just higher than ever: that is the tail of the same', () => {
    expect(standsAfter(107, 107, 107, 107, 107)).toBe(false)
  })

  it('when it was there once in the hours before', () => {
    const values = [...wobbling(HISTORY), 180, ...wobbling(30), 150, 160, 150, 155, 170]
    expect(stands(at(values), values.length - 1)).toBe(false)
  })

  it('with too little history, or when it has fallen silent', () => {
    const young = [...wobbling(100), 150, 160, 150, 155, 170]
    expect(stands(at(young), young.length - 1)).toBe(false)
    expect(standsAfter(150, 160, 150, 155, 170, undefined, undefined, undefined)).toBe(false)
  })

  it('in a day of noise, of a daily wave, or of small counts', () => {
    const r = randomFrom(5)
    const noise = Array.from({ length: 1440 }, () => 100 * Math.exp(0.3 * r.normal()))
    const wave = Array.from(
      { length: 1440 },
      (_, m) => 100 * Math.exp(1.2 * Math.sin((2 * Math.PI * m) / 1440) + 0.1 * r.normal()),
    )
    const counts = Array.from({ length: 1440 }, () => r.poisson(2))
    for (const values of [noise, wave, counts])
      expect(values.map((_, m) => m).filter((m) => stands(at(values), m))).toEqual([])
  })
})
