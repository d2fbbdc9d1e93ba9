import { afterAll, describe, expect, it } from 'vitest'
import { replay } from '../../../services/detector/replay/replay.ts'
import { anomalySpans } from '../../../shared/store/anomalies.ts'
import { openDriven } from '../../support/detector.ts'
import { insertGauge } from '../../support/raw-rows.ts'

/** Minutes of the climb, and of the days before it. */
const CLIMB = 7 * 60
const DAY = 1440

const { bed, d, T0: began } = await openDriven(CLIMB + 60)
afterAll(() => bed.close())
/** A whole half hour. */
const T0 = Math.floor(began / 1_800_000) * 1_800_000

const gauge = (
  service: string,
  metric: string,
  fromMinute: number,
  minutes: number,
  value: (minute: number) => number,
) =>
  insertGauge(
    bed.store,
    { service, version: 'v1', fromMs: T0 + fromMinute * 60_000, minutes, metric, value },
    d.nowMs(),
  )
const HEAP = 'process.memory.usage'
const leak = (minute: number) => 100 * (1 + minute / 600)

describe('a metric that climbs for hours without a deploy', { timeout: 240_000 }, () => {
  /**                        ╱│
   *   100 ────────────── ╱   │ restart
   *       a day            7 h└────
   */
  it('is told once, with what it was, what the days before reached and the SQL, and closed when it has fallen back', async () => {
    await gauge('leaky', HEAP, -DAY, DAY, () => 100)
    await gauge('leaky', HEAP, 0, CLIMB + 5, leak)
    await d.settle()
    const [open, ...more] = await d.anomalies('leaky')
    expect(more).toEqual([])
    expect(open).toMatchObject({ state: 'open', deploy: null, signal: 'metric', dimension: HEAP, harmful: true })
    expect(open!.started_at).toBe(new Date(T0).toISOString())
    expect(open!.observed).toBeCloseTo(leak(CLIMB - 15), -1)
    expect(open!.upper).toBeCloseTo(100, -1)
    expect(open!.evidence.finding.reason).toMatch(/has climbed for 7 hours .* no deploy nearby/)
    const [row] = await bed.store.rows<{ observed: number; expected: number }>(open!.evidence.finding.sql)
    expect(row!.observed).toBeCloseTo(open!.observed, 6)
    expect(row!.expected).toBeCloseTo(open!.expected, 6)
    d.restart()
    await d.settle()
    expect((await d.anomalies('leaky')).map((a) => a.state)).toEqual(['open'])
    await gauge('leaky', HEAP, CLIMB + 5, 12, () => 100)
    await d.settle()
    expect((await d.anomalies('leaky')).map((a) => a.state)).toEqual(['closed'])
  })

  it('is found by a replay of the same hours', async () => {
    const { anomalies } = await replay(d.deps, { fromMs: T0 + (CLIMB - 20) * 60_000, toMs: T0 + (CLIMB + 5) * 60_000 })
    const [live] = await d.anomalies('leaky')
    expect(anomalies).toMatchObject([{ id: live!.id, observed: live!.observed, expected: live!.expected }])
  })

  it('is no outage: its minutes may be a baseline', async () => {
    const span = { services: ['leaky'], fromMs: T0, toMs: T0 + CLIMB * 60_000 }
    expect(await anomalySpans(bed.store, span)).toEqual([])
  })

  it('is none where yesterday reached the same, where less than a day is known, or where its name says nothing', async () => {
    await gauge('nightly', HEAP, -DAY, CLIMB, leak)
    await gauge('nightly', HEAP, CLIMB - DAY, DAY - CLIMB, () => 100)
    await gauge('young', HEAP, -300, 300, () => 100)
    await gauge('selling', 'orders.value', -DAY, DAY, () => 100)
    for (const [service, metric] of [
      ['nightly', HEAP],
      ['young', HEAP],
      ['selling', 'orders.value'],
    ] as const)
      await gauge(service, metric, 0, CLIMB + 5, leak)
    await d.settle()
    for (const service of ['nightly', 'young', 'selling']) expect(await d.anomalies(service)).toEqual([])
  })
})

/**                  ╱ 95th percentile, from 55 ms to 150
 *   ────────────╱
 *     26 h       7 h
 */
it('latency that climbs for hours is told, and hides no outage that comes on top', { timeout: 240_000 }, async () => {
  const traffic = (fromMinute: number, minutes: number, medianMs: number, errorRatio = 0) =>
    d.send({
      service: 'slowing',
      version: 'v1',
      commit: 'c1',
      fromMs: T0 + fromMinute * 60_000,
      minutes,
      requestsPerMinute: 30,
      routes: { '/a': { medianMs, errorRatio, sigma: 0.2 } },
      seed: fromMinute + 3000,
    })
  await traffic(-26 * 60, 26 * 60, 40)
  for (let m = 0; m < CLIMB + 5; m += 5) await traffic(m, 5, 40 * (1 + m / 240))
  await d.settle()
  const [open, ...more] = await d.anomalies('slowing')
  expect(more).toEqual([])
  expect(open).toMatchObject({ state: 'open', signal: 'latency', dimension: '(all)', deploy: null, unit: 'ms' })
  expect(open!.effect).toBeGreaterThan(0.5)
  const [row] = await bed.store.rows<{ observed: number; expected: number }>(open!.evidence.finding.sql)
  expect(row!.observed).toBeCloseTo(open!.observed, 6)
  expect(row!.expected).toBeCloseTo(open!.expected, 6)
  await traffic(CLIMB + 5, 12, 40 * (1 + CLIMB / 240), 0.4)
  await d.settle()
  const all = await d.anomalies('slowing')
  expect(all.map((a) => `${a.signal} ${a.dimension}`).sort()).toEqual(['error_ratio /a', 'latency (all)'])
})
