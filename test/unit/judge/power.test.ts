import { describe, expect, it } from 'vitest'
import type { Frame } from '../../../services/detector/decide/frame.ts'
import { powerOf } from '../../../services/detector/decide/power.ts'
import type { Signal } from '../../../services/detector/decide/signal.ts'
import type { Judgement, Kind } from '../../../services/detector/judge/index.ts'

const signal = (
  name: Signal['name'],
  kind: Kind,
  dimension: string,
  j: Judgement['judgement'],
  smallestEffect: number | null,
  needs: string | null = null,
) => ({ name, kind, dimension, judgement: { judgement: j, power: { smallestEffect, needs } } }) as Signal
const frame = (current: number, requestsSoFar = current) =>
  ({ requests: { baseline: 1000, current }, requestsSoFar }) as Frame
const errors = (
  j: Judgement['judgement'],
  needs: string | null = null,
  dimension = '(all)',
  effect: number | null = 0.03,
) => signal('error_ratio', 'error', dimension, j, effect, needs)
const latency = (effect: number | null, j: Judgement['judgement'] = 'pass', dimension = '/a') =>
  signal('latency', 'latency', dimension, j, effect)

describe('the stated power', () => {
  it('is that of errors of the whole service, and of the latency that would show soonest', () => {
    const power = powerOf(frame(500), [
      errors('pass', null, '/a', 0.2),
      errors('pass'),
      latency(0.5),
      latency(0.3),
      latency(null),
      latency(0.01, 'nodata'),
    ])
    expect(power).toEqual({
      smallest_error_ratio: 0.03,
      smallest_latency: 0.3,
      needs: null,
      requests: { baseline: 1000, current: 500 },
    })
  })
  it('is that of the first route where the whole is not known', () => {
    expect(
      powerOf(frame(500), [errors('pass', null, '/a', 0.2), errors('pass', null, '/b', 0.1)]).smallest_error_ratio,
    ).toBe(0.2)
  })
  it('is none where nothing was judged', () => {
    expect(powerOf(frame(500), [])).toMatchObject({ smallest_error_ratio: null, smallest_latency: null })
    expect(powerOf(frame(500), [errors('nodata', null, '(all)', null), latency(0.3, 'nodata')])).toMatchObject({
      smallest_error_ratio: null,
      smallest_latency: null,
    })
  })
})

describe('what is missing', () => {
  const needs = (f: Frame, ...signals: Signal[]) => powerOf(f, signals).needs
  it('are requests, thirty at least', () => {
    expect(needs(frame(10), errors('pass'))).toBe('about 20 more requests')
    expect(needs(frame(29), errors('pass'))).toBe('about 1 more requests')
    expect(needs(frame(30), errors('pass'))).toBeNull()
  })
  it('are as many as the errors of the whole service need, where those are more', () => {
    expect(needs(frame(12), errors('nodata', 'about 120 more requests'), latency(0.2))).toBe('about 120 more requests')
    expect(needs(frame(12), errors('nodata', 'about 5 more requests'))).toBe('about 18 more requests')
    expect(needs(frame(50), errors('pass', 'about 120 more requests'))).toBeNull()
    expect(needs(frame(50), errors('nodata', 'requests'), latency(0.2))).toBeNull()
  })
  it('are requests at all, where none came and nothing else answers', () => {
    expect(needs(frame(0))).toBe('requests to the new version: none came so far, about 30 are needed')
    expect(needs(frame(0), signal('metric', 'resource', 'cpu', 'pass', 0.1))).toBeNull()
    expect(needs(frame(0, 7))).toBe('about 30 more requests')
    expect(needs(frame(0), errors('nodata', null))).toBe('about 30 more requests')
    expect(needs(frame(0), signal('throughput', 'throughput', '(all)', 'low', 0.1))).toBe(
      'requests to the new version: none came so far, about 30 are needed',
    )
  })
  it('is a longer history, where requests came and nothing could be judged', () => {
    expect(needs(frame(500), errors('nodata', null))).toBe('a longer history to compare with')
    expect(needs(frame(500), signal('throughput', 'throughput', '(all)', 'pass', 0.1))).toBe(
      'a longer history to compare with',
    )
  })
})
