import { afterAll, beforeAll, expect, it } from 'vitest'
import { handDriven } from '../../support/detector.ts'
import { type Bed, openBed } from '../../support/embedded.ts'
import type { Traffic } from '../../support/telemetry.ts'

let bed: Bed
let d: ReturnType<typeof handDriven>
let T0 = 0
beforeAll(async () => {
  bed = await openBed()
  d = handDriven(bed)
  T0 = Math.floor((d.nowMs() - 6 * 3_600_000) / 60_000) * 60_000
})
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
  const [anomaly] = await d.anomalies('front')
  expect(anomaly).toMatchObject({ deploy: { version: 'v2', commit: 'v2' }, dimension: '/a' })
  expect(anomaly!.suspects[0]).toMatchObject({ service: 'back', version: 'v2' })
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
