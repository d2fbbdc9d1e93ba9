import { describe, expect, it } from 'vitest'
import { failingStands, slowerStands } from '../../../services/detector/rolling/count-trigger.ts'
import type { CountPoint } from '../../../services/detector/rolling/counts.ts'
import { randomFrom } from '../../eval/generate/random.ts'

const HISTORY = 240
const calls = (bad: number, total = 100, meanMs = 20): CountPoint => ({ total, bad, ms: meanMs * total })
const usual = (n = HISTORY, point = calls(1)) => Array.from({ length: n }, () => point)
/** Asks the first look after the last of these minutes. */
const asks = (look: typeof failingStands, points: readonly (CountPoint | undefined)[]) =>
  look((minute) => points[minute], points.length - 1)

describe('calls that fail stand out', () => {
  it('when several minutes hold more failures than the hours before, also where there were none', () => {
    expect(asks(failingStands, [...usual(), calls(10), calls(12), calls(9)])).toBe(true)
    expect(asks(failingStands, [...usual(HISTORY, calls(0)), calls(6), calls(8)])).toBe(true)
  })

  it('when few are made: three of twelve, where none of hundreds failed', () => {
    expect(asks(failingStands, [...usual(HISTORY, calls(0, 4)), calls(1, 4), calls(2, 4), calls(1, 4)])).toBe(true)
  })
})

describe('calls that fail do not stand out', () => {
  it('in one minute only, or when the newest minutes are as usual', () => {
    expect(asks(failingStands, [...usual(), calls(50)])).toBe(false)
    expect(asks(failingStands, [...usual(), calls(20), calls(20), calls(1), calls(1)])).toBe(false)
  })

  it('when as many failed before, with too little history, or without calls', () => {
    expect(asks(failingStands, [...usual(HISTORY, calls(10)), calls(12), calls(13), calls(11)])).toBe(false)
    expect(asks(failingStands, [...usual(50), calls(30), calls(30)])).toBe(false)
    expect(asks(failingStands, [...usual(), undefined, undefined, undefined, undefined, undefined])).toBe(false)
  })

  it('by less than two points, however certain', () => {
    expect(asks(failingStands, [...usual(HISTORY, calls(100, 100_000)), ...usual(5, calls(1000, 100_000))])).toBe(false)
  })
})

describe('slow calls', () => {
  it('stand out when most of five minutes are clearly slower than all that wanders', () => {
    expect(asks(slowerStands, [...usual(), ...usual(4, calls(1, 100, 40))])).toBe(true)
  })

  it('do not when a fifth slower, in one minute, few in number, or usual', () => {
    expect(asks(slowerStands, [...usual(), ...usual(5, calls(1, 100, 24))])).toBe(false)
    expect(asks(slowerStands, [...usual(), calls(1, 100, 90)])).toBe(false)
    expect(asks(slowerStands, [...usual(), ...usual(5, calls(1, 4, 90))])).toBe(false)
    expect(asks(slowerStands, [...usual(HISTORY, calls(1, 100, 40)), ...usual(5, calls(1, 100, 40))])).toBe(false)
  })

  it('do not when minutes are as slow every now and then', () => {
    const wild = Array.from({ length: HISTORY }, (_, i) => calls(1, 100, i % 3 === 0 ? 45 : 20))
    expect(asks(slowerStands, [...wild, ...usual(5, calls(1, 100, 45))])).toBe(false)
  })
})

it('two calm days of drawn calls seldom call for a judgement', () => {
  const r = randomFrom(11)
  const days = Array.from({ length: 2880 }, (_, m) => {
    const total = r.poisson(30 * Math.exp(0.8 * Math.sin((2 * Math.PI * m) / 1440)))
    const ms = Array.from({ length: total }, () => 20 * Math.exp(0.6 * r.normal())).reduce((a, b) => a + b, 0)
    return { total, bad: r.poisson(0.01 * total), ms }
  })
  const due = days.filter((_, m) => {
    const at = (minute: number) => days[minute]
    return failingStands(at, m) || slowerStands(at, m)
  })
  expect(due.length).toBeLessThan(15)
})
