import { describe, expect, it } from 'vitest'
import { newestSpan, sharesOf } from '../../../services/web/console/src/lib/share.ts'

const line = (version: string, samples: [number, number][]) => ({ key: { version }, points: [], samples })

/**  requests   a minute
 *   old   90 90 30  0        new answers a quarter after the third minute, everything after the fourth
 *   new    .  . 10 40
 */
const rollout = [
  line('old', [
    [0, 90],
    [60, 90],
    [120, 30],
    [180, 0],
  ]),
  line('new', [
    [120, 10],
    [180, 40],
  ]),
]

describe('the traffic that each version answers', () => {
  it('is its part of all requests of the steps asked for, the largest first', () => {
    expect(sharesOf(rollout, 120, 180)).toEqual([
      { version: 'old', requests: 30, share: 0.75 },
      { version: 'new', requests: 10, share: 0.25 },
    ])
  })

  it('leaves out a version that answered nothing', () => {
    expect(sharesOf(rollout, 180, 240)).toEqual([{ version: 'new', requests: 40, share: 1 }])
  })

  it('is of everything when no window is named, and adds up to one', () => {
    const shares = sharesOf(rollout)
    expect(shares.map((each) => each.requests)).toEqual([210, 50])
    expect(shares.reduce((sum, each) => sum + each.share, 0)).toBeCloseTo(1)
  })

  it('is nothing where nobody asked anything', () => {
    expect(sharesOf([])).toEqual([])
    expect(sharesOf([line('old', [[0, 0]])])).toEqual([])
  })

  it('calls a version without a name the empty one', () => {
    expect(sharesOf([{ key: {}, points: [], samples: [[0, 5]] }])).toEqual([{ version: '', requests: 5, share: 1 }])
  })
})

describe('the newest span of a series', () => {
  it('ends with the last step in which anything was asked, whichever version answered', () => {
    expect(newestSpan(rollout, 60, 120)).toEqual({ fromS: 120, toS: 240 })
  })

  it('is one step at least', () => {
    expect(newestSpan(rollout, 60, 10)).toEqual({ fromS: 180, toS: 240 })
  })

  it('is null where nothing was asked', () => {
    expect(newestSpan([], 60, 300)).toBeNull()
    expect(newestSpan([line('old', [[0, 0]])], 60, 300)).toBeNull()
  })
})
