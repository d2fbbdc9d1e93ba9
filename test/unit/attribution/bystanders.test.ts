import { describe, expect, it } from 'vitest'
import type { Around, Subject } from '../../../services/detector/attribution/around.ts'
import { bystandersExcuse } from '../../../services/detector/attribution/bystanders.ts'
import { emptyWindow } from '../../../services/detector/window/window.ts'
import type { Deploy } from '../../../shared/model/deploy.ts'
import { deployOf } from '../../support/window.ts'

const HISTORY = 60
const SHOP = deployOf(
  { service: 'shop', version: 'v2', fromMs: HISTORY * 60_000, minutes: 5, requestsPerMinute: 1, routes: {}, seed: 1 },
  { previous_id: 'd_before' },
)

/** A service whose p95 is near 100 ms for an hour, and then so in each minute. */
const line = (...since: number[]) =>
  new Map(
    [...Array.from({ length: HISTORY }, (_, i) => 95 + (i % 10)), ...since].map((p95Ms, minute) => [
      minute,
      { minute, requests: 60, errors: 0, p95Ms },
    ]),
  )

const subject = (minutes: number): Subject => ({
  deploy: SHOP,
  window: emptyWindow({ service: 'shop', environment: 'production' }, 0, 100),
  mine: new Set(),
  beside: false,
  before: Array.from({ length: HISTORY }, (_, i) => i),
  since: Array.from({ length: minutes }, (_, i) => HISTORY + i),
  clean: [],
})

function excuse(
  lines: Record<string, Map<number, { minute: number; requests: number; errors: number; p95Ms: number }>>,
  o: Partial<Around> = {},
) {
  const around: Around = { windows: new Map(), lines: new Map(Object.entries(lines)), calls: [], near: [SHOP], ...o }
  return bystandersExcuse('latency', subject(lines.shop!.size - HISTORY), around)
}

//  p95   shop  ──────┌───    search ──────┌───    mail  ──────┌───
//                    ^ deploy
describe('services that became slow in the same minutes', () => {
  const slow = line(200, 210, 190)
  it('speak for a deploy where they are two, and have nothing to do with it', () => {
    expect(excuse({ shop: slow, search: line(150, 160, 170), mail: line(300, 290, 310) })).toMatchObject({
      state: 'excused',
      words: expect.stringContaining('2 of 2 services that were not deployed'),
      origin: null,
    })
  })
  it('say nothing where one of them is as fast as ever, or where there is only one', () => {
    expect(excuse({ shop: slow, search: line(150, 160, 170), mail: line(98, 99, 97) })).not.toMatchObject({
      state: 'excused',
    })
    expect(excuse({ shop: slow, search: line(150, 160, 170) })).toBeNull()
  })
  it('say nothing where one of the two was deployed then', () => {
    const near: Deploy[] = [SHOP, { ...SHOP, id: 'd_mail', service: 'mail' }]
    expect(excuse({ shop: slow, search: line(150, 160, 170), mail: line(300, 290, 310) }, { near })).toBeNull()
  })
  it('say nothing where they are as fast as ever', () => {
    const well = () => line(96, 101, 99, 98, 100, 97, 103)
    expect(excuse({ shop: line(200, 210, 190, 200, 210, 190, 200), search: well(), mail: well() })).toBeNull()
  })
  it('are waited for where one slow minute is all there is', () => {
    expect(excuse({ shop: line(98, 200), search: line(99, 150), mail: line(97, 160) })).toMatchObject({ state: 'wait' })
  })
  it('are not waited for after five minutes', () => {
    const late = line(98, 99, 97, 98, 200)
    expect(excuse({ shop: late, search: late, mail: late })).toBeNull()
  })
})
