import { describe, expect, it } from 'vitest'
import { scaleOf } from '../../../services/detector/judge/scale.ts'

describe('a latency', () => {
  const latency = () => scaleOf('latency', [50, 150])
  it('is judged on its logarithm, a hundredth of the usual added so that zero is a value', () => {
    const scale = latency()
    expect(scale.to(100)).toBeCloseTo(Math.log(101), 12)
    expect(scale.to(0)).toBeCloseTo(Math.log(1), 12)
    expect(scale.to(-5)).toBe(scale.to(0))
  })
  it('comes back as it was, and never below zero', () => {
    const scale = latency()
    expect(scale.back(scale.to(123))).toBeCloseTo(123, 9)
    expect(scale.back(-20)).toBe(0)
  })
  it('changes by a factor, and five per cent matter', () => {
    const scale = latency()
    expect(scale).toMatchObject({ floor: 0.05, effectUnit: 'ratio' })
    expect(scale.effect(Math.log(1.5))).toBeCloseTo(0.5, 12)
  })
})

describe('a share', () => {
  it.each([
    [[0.99, 1], 1],
    [[0.5, 1.5], 1],
    [[99, 1.6], 100],
    [[], 1],
  ])('of %j is judged as a part of %d', (baseline, full) => {
    const scale = scaleOf('success', baseline)
    expect(scale).toMatchObject({ floor: 0.005, effectUnit: 'absolute' })
    expect([scale.to(0.5 * full), scale.back(0.5), scale.effect(0.01)]).toEqual([0.5, 0.5 * full, 0.01 * full])
  })
})

describe('a metric', () => {
  it('below zero is judged on plain numbers, in units of its usual size', () => {
    const scale = scaleOf('metric', [-4, 2, 4])
    expect([scale.to(8), scale.back(2), scale.effect(0.5), scale.effectUnit]).toEqual([2, 8, 2, 'absolute'])
  })
  it('of zeros, or with no past, is judged all the same', () => {
    expect(scaleOf('metric', [0, 0]).to(0)).toBeCloseTo(Math.log(0.01), 12)
    expect(scaleOf('metric', []).to(1)).toBeCloseTo(Math.log(1.01), 12)
    expect(scaleOf('metric', [-1, 0, 0]).to(3)).toBe(3)
  })
  it('that is zero and more is judged on its logarithm', () => {
    expect(scaleOf('metric', [0, 2]).effectUnit).toBe('ratio')
  })
})
