import { describe, expect, it } from 'vitest'
import { frameOf } from '../../../services/detector/decide/frame.ts'
import { rolledOut } from '../../../services/detector/decide/rolled-out.ts'
import { addRows, type CellRow, emptyWindow, type Window } from '../../../services/detector/window/window.ts'
import type { DeployKind } from '../../../shared/model/deploy.ts'
import { deployOf, ENVIRONMENT, T0 } from '../../eval/world/spec.ts'
import { run } from '../../eval/world/tasks.ts'
import { lookAt, SHIPPED } from '../../eval/world/watch.ts'

const PER_MINUTE = 1000
/** Of ten requests, how many fall into each of neighbouring histogram buckets. */
const SHAPE = [1, 2, 4, 2, 1]
const BUCKET = 400

type Share = (minute: number) => number

/** A new version that takes `share(minute)` of the requests; each takes `later(minute)` buckets of 4.4 % longer than on the old one. */
function rollout(share: Share, minutes: number, later: (minute: number) => number = () => 0): Window {
  const window = emptyWindow({ service: 's', environment: ENVIRONMENT }, T0 - 120, T0 + 75)
  const row = (version: string, from: number, slower: (minute: number) => number, of: Share) => ({
    service: 's',
    environment: ENVIRONMENT,
    version,
    commit: '',
    key: '/a',
    cells: Array.from({ length: minutes - from }, (_, i): CellRow => {
      const tenth = Math.round((of(from + i) * PER_MINUTE) / 10)
      const index = SHAPE.map((_, k) => BUCKET + slower(from + i) + k)
      return [T0 + from + i, 10 * tenth, 0, 10 * tenth, index, SHAPE.map((n) => n * tenth)]
    }).filter(([, n]) => n > 0),
  })
  addRows(window, 'route', [
    row(
      'v1',
      -120,
      () => 0,
      (m) => (m < 0 ? 1 : 1 - share(m)),
    ),
    row('v2', 0, later, share),
  ])
  return window
}

/** Minutes after the deploy from which on every instance of the new version runs. */
function minutesOf(share: Share, minutes: number, kind: DeployKind = 'deploy'): number {
  const frame = frameOf(rollout(share, minutes), deployOf('s', 'v2', 0, 'v1', kind), {
    settleMinutes: SHIPPED.settleMinutes,
    closedMinute: T0 + minutes - 1,
    excluded: new Set(),
  })
  return rolledOut(frame) - frame.start
}

const rolling: Share = (m) => Math.min(1, (m + 0.5) / 5)

describe('a deploy is rolled out', () => {
  // share of v2 |       ______      |  ________   |            |       ____
  //             |   __/             | |           |            |      |
  //             |__/                | |           | __________ | _____|
  it('when the last instances have taken their share of the requests', () => {
    expect(minutesOf(rolling, 15)).toBeGreaterThanOrEqual(3)
    expect(minutesOf(rolling, 15)).toBeLessThanOrEqual(5)
  })
  it('again when a canary becomes everything', () => expect(minutesOf((m) => (m < 30 ? 0.05 : 1), 50)).toBe(30))
  it.each([
    ['at once', () => 1],
    ['as a canary that stays one', () => 0.05],
    ['and taken back', (m: number) => (m < 10 ? 1 : 0)],
  ] as const)('from the first judged minute %s', (_, share) => expect(minutesOf(share, 20)).toBe(SHIPPED.settleMinutes))
  it('from the first judged minute where a flag changed and no version', () =>
    expect(minutesOf(() => 0, 20, 'flag')).toBe(SHIPPED.settleMinutes))
  it('from the first judged minute while there is no minute yet', () =>
    expect(minutesOf(() => 1, 1)).toBe(SHIPPED.settleMinutes))
})

describe('a version that is a seventh slower', () => {
  const verdictAt = (share: Share, minute: number, later = (_: number) => 3) =>
    lookAt(rollout(share, minute + 1, later), deployOf('s', 'v2', 0, 'v1'), minute, null, new Set())
  // share of v2  |    _______________   5 minutes until all of it runs
  //              |  _/    ^        ^
  //              |_/      waits    told      10 minutes later
  it('may only be young until the last of it has run for ten minutes', () => {
    const early = verdictAt(rolling, 13)
    expect(early.verdict).toBe('no_difference')
    expect(early.checked.find((c) => c.signal === 'latency')?.reason).toContain('until the last has run for 10 minutes')
    expect(verdictAt(rolling, 16).verdict).toBe('regressed')
  })
  it('is told after ten minutes where all of it ran at once, of latencies that never varied too', () =>
    expect(verdictAt(() => 1, 13).verdict).toBe('regressed'))
  it('mostly while it is rolled out, and by chance after it, has no regression', () =>
    expect(run({ set: 'kind', name: 'unchanged', index: 685, seed: 0 }).flagged).toEqual([]))
})
