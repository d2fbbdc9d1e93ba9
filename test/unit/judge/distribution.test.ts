import { describe, expect, it } from 'vitest'
import { cutAt, pool, quantileAt } from '../../../services/detector/judge/histogram.ts'
import { judgeDistribution } from '../../../services/detector/judge/index.ts'
import { firstLook, latencies, randomFrom, SCALE } from './worlds.ts'

const judge = (
  baseline: ReturnType<typeof latencies>,
  current: ReturnType<typeof latencies>,
  concurrent?: ReturnType<typeof latencies>,
) => judgeDistribution({ scale: SCALE, baseline, current, concurrent })

describe('latencies that move', () => {
  it('are found within 10 minutes where the whole distribution is a quarter slower', () => {
    const r = randomFrom(1)
    const baseline = latencies(r, 60, 100, 50)
    expect(firstLook(latencies(r, 10, 100, 62.5), (seen) => judge(baseline, [...seen]).worse)).not.toBeNull()
  })

  /**  p50 ───────────────────
   *   p99 ──────────┐ ┌──────   only the tail moves
   *                 └─┘
   */
  it('are found where only the tail is slower, and the reason names the tail', () => {
    const r = randomFrom(2)
    const j = judge(latencies(r, 60, 100, 50), latencies(r, 15, 100, 50, 0.05))
    expect(j).toMatchObject({ judgement: 'high', worse: true, method: 'distribution', effectUnit: 'ratio' })
    expect(j.reason).toMatch(/^p9/)
  })

  it('are low, and not worse, where they are faster', () => {
    const r = randomFrom(3)
    expect(judge(latencies(r, 60, 100, 50), latencies(r, 15, 100, 35))).toMatchObject({
      judgement: 'low',
      worse: false,
    })
  })
})

describe('latencies that stay', () => {
  it('pass an hour of looks', () => {
    const r = randomFrom(4)
    const baseline = latencies(r, 60, 60, 50)
    expect(firstLook(latencies(r, 60, 60, 50), (seen) => judge(baseline, [...seen]).worse)).toBeNull()
  })

  it('pass a shift of a twentieth, which is certain at much traffic and no one’s page', () => {
    const r = randomFrom(6)
    expect(judge(latencies(r, 60, 1000, 50), latencies(r, 10, 1000, 52.5)).judgement).toBe('pass')
  })

  it('pass where the old version is as slow in the same minutes', () => {
    const r = randomFrom(7)
    expect(judge(latencies(r, 60, 100, 50), latencies(r, 10, 100, 100), latencies(r, 10, 100, 100)).judgement).toBe(
      'pass',
    )
  })

  it('cannot be told from a handful of requests', () => {
    const r = randomFrom(8)
    const j = judge(latencies(r, 60, 100, 50), latencies(r, 3, 2, 50))
    expect(j.judgement).toBe('nodata')
    expect(j.power.needs).toContain('more requests')
  })

  it('are nodata without requests on either side', () => {
    expect(judge([], latencies(randomFrom(9), 3, 10, 50)).method).toBe('no-data')
    expect(judge(latencies(randomFrom(9), 3, 10, 50), [new Map()]).method).toBe('vanished')
  })
})

describe('histograms', () => {
  it('give quantiles within the width of a bucket', () => {
    const h = pool(latencies(randomFrom(10), 20, 500, 80))
    expect(quantileAt(h, 0.5, SCALE)).toBeGreaterThan(80 * 0.95)
    expect(quantileAt(h, 0.5, SCALE)).toBeLessThan(80 * 1.05)
    expect(quantileAt(h, 1, SCALE)).toBeGreaterThan(quantileAt(h, 0.99, SCALE))
  })

  it('are cut at the bound nearest to the share asked for', () => {
    const h = new Map([
      [0, 50],
      [1, 40],
      [2, 10],
    ])
    expect([cutAt(h, 0.5), cutAt(h, 0.9), cutAt(h, 0.99)]).toEqual([0, 1, 2])
    expect(quantileAt(new Map(), 0.5, SCALE)).toBe(0)
  })
})

describe('a change that more load explains', () => {
  const r = randomFrom(31)
  const baseline = latencies(r, 60, 200, 50)
  const slower = latencies(r, 15, 200, 60)
  const judged = (current: typeof slower, explained?: number) =>
    judgeDistribution({ scale: SCALE, baseline, current, explained })

  it('passes where all of it is explained, and is found where nothing explains it', () => {
    expect(judged(slower).judgement).toBe('high')
    expect(judged(slower, 1).judgement).toBe('high')
    expect(judged(slower, 1.25).judgement).toBe('pass')
  })

  it('is found where it is far more than what is explained', () => {
    expect(judged(latencies(r, 15, 200, 90), 1.25)).toMatchObject({ judgement: 'high', worse: true })
  })

  it('is found where the explanation goes the other way', () => {
    expect(judged(slower, 0.8)).toMatchObject({ judgement: 'high', pValue: judged(slower).pValue })
  })

  it('passes where requests are faster for there are fewer of them', () => {
    const faster = latencies(r, 15, 200, 40)
    expect(judged(faster).judgement).toBe('low')
    expect(judged(faster, 0.75).judgement).toBe('pass')
    expect(judged(faster, 1.25).judgement).toBe('low')
  })

  it('is never found from the explanation alone', () => {
    expect(judged(latencies(r, 15, 200, 50), 1.5).judgement).toBe('pass')
    expect(judged(latencies(r, 15, 200, 50), 0.6).judgement).toBe('pass')
  })
})

it('states a larger smallest effect to a caller that acts on certainty only, and judges the same', () => {
  const r = randomFrom(32)
  const [baseline, current] = [latencies(r, 60, 60, 50), latencies(r, 10, 60, 50)]
  const [plain, strict] = [undefined, 1e-4].map((certain) =>
    judgeDistribution({ scale: SCALE, baseline, current, certain }),
  )
  expect(strict!.power.smallestEffect).toBeGreaterThan(plain!.power.smallestEffect!)
  expect({ ...strict, power: null, lower: 0, upper: 0 }).toEqual({ ...plain, power: null, lower: 0, upper: 0 })
})
