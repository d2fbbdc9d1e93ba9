import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { newTracking, step, timing, type View } from '../../../services/alerting/lifecycle.ts'
import type { Tracking } from '../../../services/alerting/types.ts'
import { runs } from '../../support/property.ts'

const view = (open: number, more: Partial<View> = {}): View => ({
  open,
  startedMs: 0,
  endedMs: open > 0 ? null : 0,
  severity: 'warning',
  silenced: false,
  acknowledged: false,
  ...more,
})

/** Drives a series of (seconds from start, open signals) and returns every action with its second. */
function drive(points: [number, number, Partial<View>?][], t: Tracking = newTracking(0)) {
  const said: string[] = []
  let tracking = t
  for (const [second, open, more] of points) {
    const result = step(tracking, view(open, more), second * 1000, timing)
    tracking = result.next
    said.push(...result.actions.map((action) => `${second} ${action}`))
  }
  return { said, tracking }
}

describe('the life cycle of an incident', () => {
  /**  open  ┌──────────┐
   *       ──┘  3 s     └── 60 s ──┐
   *             fire             resolve        */
  it('fires after the hold and is resolved after the quiet time', () => {
    expect(
      drive([
        [0, 1],
        [2, 1],
        [3, 1],
        [60, 1],
        [61, 0],
        [120, 0],
        [121, 0],
        [500, 0],
      ]).said,
    ).toEqual(['3 fire', '3 tell_firing', '121 resolve', '121 tell_resolved'])
  })

  it('is silent when the signal ends within the hold', () => {
    expect(
      drive([
        [0, 1],
        [2, 0],
        [10, 0],
        [500, 0],
      ]).said,
    ).toEqual([])
  })

  it('says nothing more while it flaps faster than the quiet time', () => {
    const flaps = Array.from({ length: 20 }, (_, i): [number, number] => [10 + i * 30, i % 2])
    expect(drive([[0, 1], [3, 1], ...flaps]).said).toEqual(['3 fire', '3 tell_firing'])
  })

  it('holds again before it is opened again', () => {
    const { said } = drive([
      [0, 1],
      [3, 1],
      [4, 0],
      [64, 0],
      [100, 1],
      [101, 0],
      [200, 1],
      [203, 1],
    ])
    expect(said.filter((s) => s.endsWith('fire'))).toEqual(['3 fire', '203 fire'])
  })

  it('is told when the silence ends, and not again', () => {
    const silenced = { silenced: true }
    expect(
      drive([
        [0, 1, silenced],
        [3, 1, silenced],
        [60, 1, silenced],
        [61, 1],
        [62, 1],
      ]).said,
    ).toEqual(['3 fire', '61 tell_firing'])
  })

  it('owes no resolved to those who were told nothing', () => {
    expect(
      drive([
        [0, 1, { silenced: true }],
        [3, 1, { silenced: true }],
        [4, 0],
        [64, 0],
      ]).said,
    ).toEqual(['3 fire', '64 resolve'])
  })

  it('is told again when it becomes critical, once', () => {
    const critical = { severity: 'critical' as const }
    expect(
      drive([
        [0, 1],
        [3, 1],
        [9, 1, critical],
        [12, 1, critical],
      ]).said,
    ).toContain('9 tell_escalated')
    expect(
      drive([
        [0, 1],
        [3, 1],
        [9, 1, critical],
        [12, 1, critical],
      ]).said,
    ).toHaveLength(3)
  })

  it('is repeated after four hours, but not where somebody acknowledged it', () => {
    const later = 3 + 4 * 3600
    expect(
      drive([
        [0, 1],
        [3, 1],
        [later - 1, 1],
        [later, 1],
      ]).said.at(-1),
    ).toBe(`${later} tell_firing`)
    expect(
      drive([
        [0, 1],
        [3, 1],
        [later, 1, { acknowledged: true }],
      ]).said,
    ).toHaveLength(2)
  })

  it('never owes two firings or two resolveds in a row, whatever happens', () => {
    const point = fc.tuple(fc.integer({ min: 1, max: 90 }), fc.integer({ min: 0, max: 2 }), fc.boolean())
    fc.assert(
      fc.property(fc.array(point, { maxLength: 60 }), (points) => {
        let second = 0
        const timeline = points.map(([wait, open, silenced]): [number, number, Partial<View>] => {
          second += wait
          return [second, open, { silenced, endedMs: open > 0 ? null : second * 1000 }]
        })
        const told = drive(timeline)
          .said.map((s) => s.split(' ')[1])
          .filter((s) => s?.startsWith('tell'))
        for (let i = 1; i < told.length; i++) expect(told[i]).not.toBe(told[i - 1])
        expect(told[0] ?? 'tell_firing').toBe('tell_firing')
      }),
      runs(500),
    )
  })

  it('gives the same step for the same input, so that a second alerter does no harm', () => {
    const input = Object.freeze(newTracking(0))
    expect(step(input, view(1), 5000, timing)).toEqual(step(input, view(1), 5000, timing))
  })
})
