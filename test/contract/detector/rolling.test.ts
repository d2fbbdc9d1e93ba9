import { afterAll, describe, expect, it } from 'vitest'
import { openDriven } from '../../support/detector.ts'
import { insertGauge } from '../../support/raw-rows.ts'
import type { Traffic } from '../../support/telemetry.ts'

const { bed, d, T0 } = await openDriven(6 * 60)
afterAll(() => bed.close())

const routes = (b = {}) => ({ '/a': { medianMs: 40 }, '/b': { medianMs: 80, ...b }, '/c': { medianMs: 20 } })
const traffic = (service: string, fromMinute: number, minutes: number, more: Partial<Traffic> = {}): Traffic => ({
  service,
  version: 'v1',
  commit: 'c1',
  fromMs: T0 + fromMinute * 60_000,
  minutes,
  requestsPerMinute: 40,
  routes: routes(),
  seed: fromMinute + 7,
  ...more,
})

it('stays silent over hours of steady traffic', async () => {
  for (let i = 0; i < 8; i++) await d.send(traffic(`steady${i}`, 0, 200, { seed: 100 + i }))
  await d.settle()
  for (let i = 0; i < 8; i++) expect(await d.anomalies(`steady${i}`)).toEqual([])
})

/**  errors of /b, no deploy near
 *   0.3             ┌───┐
 *   0.01  ──────────┘   └──────
 */
it('opens an anomaly without a deploy, says that none is near, and closes it when the level is back', async () => {
  await d.send(traffic('lone', 0, 180), traffic('lone', 180, 12, { routes: routes({ errorRatio: 0.3 }) }))
  await d.settle()
  const [open] = await d.anomalies('lone')
  expect(open).toMatchObject({ state: 'open', deploy: null, signal: 'error_ratio', dimension: '/b', harmful: true })
  expect(Math.abs(Date.parse(open!.started_at) - (T0 + 180 * 60_000))).toBeLessThanOrEqual(2 * 60_000)
  expect(open!.evidence.finding.reason).toContain('no deploy nearby')
  await d.send(traffic('lone', 192, 8))
  await d.settle()
  const all = await d.anomalies('lone')
  expect(all.map((a) => a.state)).toEqual(['closed'])
  expect(Math.abs(Date.parse(all[0]!.ended_at!) - (T0 + 192 * 60_000))).toBeLessThanOrEqual(3 * 60_000)
})

it('does not find it again after a restart', async () => {
  d.restart()
  await d.send(traffic('lone', 200, 2))
  await d.settle()
  expect((await d.anomalies('lone')).map((a) => a.state)).toEqual(['closed'])
})

it('ties a change of a caller to the deploy of the service that it calls', async () => {
  const front = { ...routes(), '/a': { medianMs: 40, peer: 'back' } }
  const broken = { '/api': { medianMs: 20, errorRatio: 0.4 } }
  const { spansOf, insertSpans } = await import('../../support/telemetry.ts')
  const pair = (
    fromMinute: number,
    minutes: number,
    version: string,
    backRoutes: Traffic['routes'],
    frontRoutes: Traffic['routes'],
  ) => {
    const f = [...spansOf(traffic('front', fromMinute, minutes, { routes: frontRoutes }))]
    const calls = f.filter((s) => s.SpanKind === 'Client')
    const b = [
      ...spansOf(traffic('back', fromMinute, minutes, { version, commit: version, routes: backRoutes, seed: 5 })),
    ].map((s, i) => {
      const call = calls[i % Math.max(1, calls.length)]
      return call && Math.abs(Number(BigInt(call.Timestamp as string) - BigInt(s.Timestamp as string))) < 60e9
        ? { ...s, TraceId: call.TraceId!, ParentSpanId: call.SpanId! }
        : s
    })
    return insertSpans(bed.store, [...f, ...b], d.nowMs())
  }
  await pair(0, 180, 'v1', { '/api': { medianMs: 20 } }, front)
  await d.settle()
  await pair(180, 12, 'v2', broken, { ...front, '/a': { medianMs: 40, peer: 'back', errorRatio: 0.4 } })
  await d.settle()
  const found = await d.anomalies('front')
  expect(found.map((a) => `${a.signal} ${a.dimension}`).sort()).toEqual([
    'dependency_error_ratio back',
    'error_ratio /a',
  ])
  for (const anomaly of found) {
    expect(anomaly).toMatchObject({ deploy: { version: 'v2', commit: 'v2' } })
    expect(anomaly.suspects[0]).toMatchObject({ service: 'back', version: 'v2' })
  }
})

/**  calls to ledger that fail      till, v2 at ^      kiosk, never deployed
 *   0.4                              ┌──────              ┌──────
 *   0.01                       ──────┘              ──────┘
 */
it('tells of an incident that another caller sees too without the deploy, whose verdict says why', async () => {
  const calls = (errorRatio: number) => ({ '/pay': { medianMs: 40, peer: 'ledger', errorRatio } })
  const both = (fromMinute: number, minutes: number, version: string, errorRatio: number) =>
    d.send(
      traffic('till', fromMinute, minutes, {
        version,
        commit: version,
        routes: calls(errorRatio),
        requestsPerMinute: 20,
      }),
      traffic('kiosk', fromMinute, minutes, {
        routes: calls(errorRatio),
        requestsPerMinute: 20,
        seed: fromMinute + 11,
      }),
    )
  await both(50, 130, 'v1', 0.01)
  await d.settle()
  await both(180, 8, 'v2', 0.4)
  await d.settle()
  const verdict = await d.verdict('till', 'v2')
  expect(verdict?.verdict, verdict?.reason).toBe('no_difference')
  expect(verdict!.reason).toContain(
    'not held against this deploy: calls from kiosk, which was not deployed, show it too',
  )
  const [anomaly] = await d.anomalies('till')
  expect(anomaly).toMatchObject({ state: 'open', deploy: null, signal: 'error_ratio', dimension: '/pay' })
  expect(anomaly!.suspects[0]).toMatchObject({ service: 'till', version: 'v2' })
  expect(anomaly!.suspects[0]!.evidence).toContain('it speaks for it: its verdict says why')
})

describe('metrics', { timeout: 240_000 }, () => {
  const gauge = (metric: string, service: string, fromMinute: number, minutes: number, value: number) =>
    insertGauge(
      bed.store,
      { service, version: 'v1', fromMs: T0 + fromMinute * 60_000, minutes, metric, value },
      d.nowMs(),
    )
  const metricsOf = async (service: string) => (await d.anomalies(service)).filter((a) => a.signal === 'metric')

  /**  orders.queue.length, no deploy near
   *   400                    ┌─────┐
   *   100  ──────────────────┘     └─────
   */
  it('are found where they leave what the hours before showed, kept open while it lasts, and closed', async () => {
    await d.send(traffic('queueing', 0, 190))
    await gauge('orders.queue.length', 'queueing', 0, 178, 100)
    await gauge('orders.queue.length', 'queueing', 178, 12, 400)
    await d.settle()
    const [open] = await metricsOf('queueing')
    expect(open).toMatchObject({ state: 'open', deploy: null, dimension: 'orders.queue.length', harmful: true })
    expect(open!.evidence.finding.reason).toContain('no deploy nearby')
    expect(open!.observed).toBeCloseTo(400, -1)
    expect(Math.abs(Date.parse(open!.started_at) - (T0 + 178 * 60_000))).toBeLessThanOrEqual(2 * 60_000)
    const [row] = await bed.store.rows<{ observed: number; expected: number }>(open!.evidence.finding.sql)
    expect(row!.observed).toBeCloseTo(open!.observed, 6)
    expect(row!.expected).toBeCloseTo(open!.expected, 6)
    await d.send(traffic('queueing', 190, 3))
    await gauge('orders.queue.length', 'queueing', 190, 3, 400)
    await d.settle()
    expect((await metricsOf('queueing')).map((a) => a.state)).toEqual(['open'])
    await d.send(traffic('queueing', 193, 8))
    await gauge('orders.queue.length', 'queueing', 193, 8, 100)
    await d.settle()
    expect((await metricsOf('queueing')).map((a) => a.state)).toEqual(['closed'])
    d.restart()
    await d.settle()
    expect((await metricsOf('queueing')).map((a) => a.state)).toEqual(['closed'])
  })

  it('whose names do not say that more is worse are shown and hurt nobody, also of a service without requests', async () => {
    await gauge('carts.open', 'counting', 0, 178, 100)
    await gauge('carts.open', 'counting', 178, 12, 30)
    await d.settle()
    expect(await metricsOf('counting')).toMatchObject([{ state: 'open', direction: 'down', harmful: false }])
  })

  /**  v1 ───────────┐ v2          the metric rises with the deploy
   */
  it('are left to the verdict while a deploy is watched', async () => {
    await d.send(traffic('released', 0, 178), traffic('released', 178, 12, { version: 'v2', commit: 'v2' }))
    await gauge('orders.queue.length', 'released', 0, 178, 100)
    const v2 = { service: 'released', version: 'v2', fromMs: T0 + 178 * 60_000, minutes: 12 }
    await insertGauge(bed.store, { ...v2, metric: 'orders.queue.length', value: 400 }, d.nowMs())
    await d.settle()
    expect((await metricsOf('released')).map((a) => a.deploy?.version)).toEqual(['v2'])
  })

  it('are no anomaly where they stay as they were, or where one minute stands out', async () => {
    await d.send(traffic('level', 0, 200))
    await gauge('orders.queue.length', 'level', 0, 180, 100)
    await gauge('orders.queue.length', 'level', 180, 1, 900)
    await gauge('orders.queue.length', 'level', 181, 19, 100)
    await gauge('jobs.running', 'level', 0, 200, 7)
    await d.settle()
    expect(await metricsOf('level')).toEqual([])
  })

  /**  yesterday ──┐ 400 ┌──     today ──┐ 400
   *          100  └─────┘               │
   */
  it('are no anomaly where the same hours of yesterday did the same', async () => {
    const yesterday = -1440
    for (const day of [yesterday, 0]) {
      await d.send(traffic('nightly', day, 190))
      await gauge('orders.queue.length', 'nightly', day, 178, 100)
      await gauge('orders.queue.length', 'nightly', day + 178, 12, 400)
    }
    await d.settle()
    expect(await metricsOf('nightly')).toEqual([])
  })
})
