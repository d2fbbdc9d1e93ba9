import { describe, expect, it } from 'vitest'
import type { Anomaly } from '../../../services/web/api/schemas.ts'
import { sameIn, spanToReplay } from '../../../services/web/console/src/pages/anomaly/replayed.ts'

const at = (time: string) => `2026-03-01T${time}:00.000Z`
const anomalyOf = (window: { baseline: [string, string]; current: [string, string] }): Anomaly => {
  const spanOf = ([from, to]: [string, string]) => ({ from, to })
  const finding = { window: { baseline: spanOf(window.baseline), current: spanOf(window.current) } }
  return {
    ...{ service: 'pay', environment: 'prod', signal: 'latency', dimension: 'GET /', started_at: at('10:31') },
    evidence: { finding },
  } as never as Anomaly
}

describe('the time that is judged again', () => {
  const usual = anomalyOf({ baseline: [at('09:30'), at('10:30')], current: [at('10:32'), at('11:02')] })
  it('holds the deploy before the anomaly and all that it was told by', () => {
    expect(spanToReplay(usual, Date.parse(at('15:00')))).toEqual({ from: at('09:31'), to: at('11:17') })
  })
  it('ends now at the latest', () => {
    expect(spanToReplay(usual, Date.parse(at('11:05'))).to).toBe(at('11:05'))
  })
  it('does not reach for a baseline of days ago', () => {
    const week = '2026-02-22T10:30:00.000Z'
    const seasonal = anomalyOf({ baseline: [week, week], current: [at('10:32'), at('11:02')] })
    expect(spanToReplay(seasonal, Date.parse(at('15:00'))).from).toBe(at('08:31'))
  })
})

it('the same anomaly is that of the same signal and series', () => {
  const one = anomalyOf({ baseline: [at('09:30'), at('10:30')], current: [at('10:32'), at('11:02')] })
  const others = [
    { ...one, dimension: 'GET /b' },
    { ...one, environment: 'test' },
    { ...one, service: 'x' },
  ]
  expect(sameIn(others, one)).toBeUndefined()
  expect(sameIn([...others, { ...one, observed: 7 }], one)).toMatchObject({ observed: 7 })
})
