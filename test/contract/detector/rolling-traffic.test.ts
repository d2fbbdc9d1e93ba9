import { afterAll, describe, expect, it } from 'vitest'
import { openDriven } from '../../support/detector.ts'

const MIN = 60_000
/** Minutes of history before what is told here begins: a service must have been there for four hours. */
const BEFORE = 250

const { bed, d, T0 } = await openDriven(BEFORE)
afterAll(() => bed.close())

const send = (service: string, fromMinute: number, minutes: number, requestsPerMinute = 20) =>
  d.send({
    service,
    version: 'v1',
    fromMs: T0 + fromMinute * MIN,
    minutes,
    requestsPerMinute,
    routes: { '/a': { medianMs: 20 } },
    seed: fromMinute + 7 + service.length,
  })
const traffic = async (service: string) =>
  (await d.anomalies(service)).filter((a) => a.signal === 'silence' || a.signal === 'throughput')
/** Lets minutes go by, in which those named send. */
const goOn = async (fromMinute: number, minutes: number, ...services: string[]) => {
  for (const service of services) await send(service, fromMinute, minutes)
  d.advance(minutes * MIN)
  await d.settle()
}

describe('requests of a service, no deploy near', { timeout: 240_000 }, () => {
  /**  mute    ─────────────┐        ┌─────
   *           0            └────────┘
   *   others  ──────────────────────────
   */
  it('that stop while others go on are a silence, open over a restart and closed when they are back', async () => {
    const others = ['web', 'cart', 'stock']
    for (const service of [...others, 'mute', 'crowd']) await send(service, 0, BEFORE, service === 'crowd' ? 40 : 20)
    await send('nightly', 0, BEFORE)
    await send('nightly', -1440, BEFORE)
    await d.settle()
    await send('crowd', BEFORE, 14, 6)
    await goOn(BEFORE, 14, ...others)
    const [open, ...more] = await traffic('mute')
    expect(more).toEqual([])
    expect(open).toMatchObject({ signal: 'silence', dimension: '(all)', state: 'open', harmful: true, deploy: null })
    expect(open!.evidence.finding.reason).toMatch(/^no request in \d+ minutes, about \d+ expected; no deploy nearby$/)
    expect(open!.started_at).toBe(new Date(T0 + BEFORE * MIN).toISOString())
    const [row] = await bed.store.rows<{ observed: number; expected: number }>(open!.evidence.finding.sql)
    expect(row).toEqual({ observed: 0, expected: expect.closeTo(open!.expected, 6) })
    d.restart()
    await goOn(BEFORE + 14, 6, ...others, 'crowd')
    expect((await traffic('mute')).map((a) => [a.id, a.state])).toEqual([[open!.id, 'open']])
    await goOn(BEFORE + 20, 6, ...others, 'mute', 'crowd')
    expect((await traffic('mute')).map((a) => [a.id, a.state])).toEqual([[open!.id, 'closed']])
  })

  it('that collapse are found, with SQL that gives the same numbers', async () => {
    const [found, ...more] = await traffic('crowd')
    expect(more).toEqual([])
    expect(found).toMatchObject({ signal: 'throughput', direction: 'down', harmful: true, deploy: null })
    expect(found!.evidence.finding.reason).toContain('no deploy nearby')
    const [row] = await bed.store.rows<{ observed: number; expected: number }>(found!.evidence.finding.sql)
    expect(row!.observed).toBeCloseTo(found!.observed, 6)
    expect(row!.expected).toBeCloseTo(found!.expected, 6)
  })

  it('that stopped yesterday at this time as well are no silence', async () => {
    expect(await traffic('nightly')).toEqual([])
  })

  it('of services that go on as they were are no anomaly', async () => {
    for (const service of ['web', 'cart', 'stock']) expect(await d.anomalies(service)).toEqual([])
  })

  it('that all stop at once are no silence of any: their telemetry is what stopped', async () => {
    await goOn(BEFORE + 26, 8, 'crowd')
    for (const service of ['web', 'cart', 'stock']) expect(await traffic(service)).toEqual([])
  })
})
