import { describe, expect, it } from 'vitest'
import { decide } from '../../../services/detector/decide/decide.ts'
import { judgeFromZero } from '../../../services/detector/decide/from-zero.ts'
import { confirmMetric } from '../../../services/detector/rolling/confirm-metric.ts'
import { addRows, emptyWindow, type Window } from '../../../services/detector/window/window.ts'
import { randomFrom } from '../../eval/generate/random.ts'
import { deployOf, ENVIRONMENT, T0 } from '../../eval/world/spec.ts'
import { SHIPPED } from '../../eval/world/watch.ts'

const BEFORE = 240
const zeros = (n: number) => Array<number>(n).fill(0)
const METRIC = 'orders.dead_letters'

/** A steady service of forty requests a minute with one gauge: zero for four hours, then these values. */
function world(now: readonly number[], version = 'v1'): Window {
  const window = emptyWindow({ service: 's', environment: ENVIRONMENT }, T0 - BEFORE, T0 + 75)
  const of = (v: string, key: string) => ({ service: 's', environment: ENVIRONMENT, version: v, commit: '', key })
  const served = (from: number, n: number) =>
    Array.from({ length: n }, (_, i): [number, number, number, number] => [T0 + from + i, 40, 0, 400])
  const gauge = (from: number, values: readonly number[]) =>
    values.map((v, i): [number, number, number, number] => [T0 + from + i, 6, 0, 6 * v])
  addRows(window, 'route', [
    { ...of('v1', '/a'), cells: served(-BEFORE, BEFORE) },
    { ...of(version, '/a'), cells: served(0, now.length) },
  ])
  addRows(window, 'metric', [
    { ...of('v1', METRIC), kind: 'gauge', unit: '{message}', cells: gauge(-BEFORE, zeros(BEFORE)) },
    { ...of(version, METRIC), kind: 'gauge', unit: '{message}', cells: gauge(0, now) },
  ])
  return window
}

const afterDeploy = (now: readonly number[]) => {
  const { verdict, findings } = decide(world(now, 'v2'), deployOf('s', 'v2', 0, 'v1'), {
    ...SHIPPED,
    closedMinute: T0 + now.length - 1,
    quiet: true,
    othersAlive: true,
    excluded: new Set(),
    before: null,
    nowMs: (T0 + now.length + 1) * 60_000,
  })
  return { verdict, finding: findings.find((f) => f.signal === 'metric') }
}
const withoutDeploy = (now: readonly number[]) => {
  const values = [...zeros(BEFORE), ...now]
  return confirmMetric(world(now), {
    metric: METRIC,
    valueAt: (minute) => values[minute - T0 + BEFORE],
    minute: T0 + now.length - 1,
    earlier: [],
    sensitivity: 'normal',
  })
}

/**  dead letters         ┌─────
 *   0  ──────────────────┘
 */
describe('a metric that was always zero and rises', () => {
  it('is a finding after a deploy, in its own unit', () => {
    const { verdict, finding } = afterDeploy([...zeros(2), ...Array<number>(18).fill(3)])
    expect(verdict).toBe('regressed')
    expect(finding).toMatchObject({ direction: 'up', harmful: true, expected: 0, effect_unit: 'absolute' })
    expect(finding!.observed).toBeGreaterThan(2)
    expect(finding!.effect).toBe(finding!.observed)
    expect(finding!.reason).toMatch(/above 0 in 1\d of \d+ minutes, never in 240 before/)
  })

  it('is one without a deploy, also where it is zero in every third minute', () => {
    const found = withoutDeploy(Array.from({ length: 20 }, (_, i) => (i % 3 === 0 ? 0 : 2)))
    expect(found).toMatchObject({ signal: 'metric', dimension: METRIC, harmful: true, expected: 0 })
  })
})

describe('a metric that was always zero is left alone', () => {
  it('when it stays so, rises for some minutes, or now and then', () => {
    const burst = [...zeros(3), 5, 9, 4, 7, ...zeros(13)]
    const seldom = Array.from({ length: 40 }, (_, i) => (i % 4 === 0 ? 1 : 0))
    for (const now of [zeros(20), burst, seldom]) {
      expect(afterDeploy(now).verdict).not.toBe('regressed')
      expect(withoutDeploy(now)).toBeNull()
    }
  })

  it('when the old version shows it in the same minutes', () => {
    const awake = Array<number>(20).fill(2)
    const judged = judgeFromZero({ baseline: zeros(BEFORE), current: awake, concurrent: awake, sensitivity: 'normal' })
    expect(judged.judgement).not.toBe('high')
  })

  it('when it rises for five minutes every now and then, in any of two hundred deploys of an hour', () => {
    const r = randomFrom(3)
    for (let i = 0; i < 200; i++) {
      let left = 0
      const current = Array.from({ length: 60 }, () => {
        left = left > 0 ? left - 1 : r.uniform() < 0.03 ? 5 : 0
        return left > 0 ? 2 : 0
      })
      const judged = judgeFromZero({ baseline: zeros(BEFORE), current, concurrent: undefined, sensitivity: 'normal' })
      expect(judged.judgement).not.toBe('high')
    }
  })
})
