import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { timing } from '../../../services/alerting/lifecycle.ts'
import { createWatcher, type Watcher } from '../../../services/alerting/watch.ts'
import { systemClock } from '../../../shared/runtime/clock.ts'
import { listIncidents } from '../../../shared/state/incidents.ts'
import { handDriven } from '../../support/detector.ts'
import { insertSpans, spansOf, type Traffic } from '../../support/telemetry.ts'
import { openWeb, type WebBed } from '../../support/web.ts'

const MIN = 60_000
const START = systemClock.nowMs()
const T0 = Math.floor((START - 5 * 3_600_000) / MIN) * MIN

let bed: WebBed
let d: ReturnType<typeof handDriven>
let watcher: Watcher
beforeAll(async () => {
  bed = await openWeb(START)
  d = handDriven(bed)
  watcher = createWatcher(
    { state: bed.state, store: bed.store, clock: d.clock },
    { owner: 'w', timing, baseUrl: () => '' },
  )
})
afterAll(() => bed.close())

const traffic = (
  service: string,
  version: string,
  fromMinute: number,
  minutes: number,
  errorRatio = 0.01,
): Traffic => ({
  ...{ service, version, commit: `${version}${service}0000000`, minutes, requestsPerMinute: 40, seed: fromMinute + 7 },
  fromMs: T0 + fromMinute * MIN,
  routes: { '/a': { medianMs: 40 }, '/b': { medianMs: 80, errorRatio }, '/c': { medianMs: 20 } },
})
/** Traffic arrives, the detector comes to rest, and alerting follows until what is over is told as over. */
const live = async (...arrives: Traffic[]) => {
  await insertSpans(
    bed.store,
    arrives.flatMap((t) => [...spansOf(t)]),
    d.nowMs(),
  )
  await d.settle()
  for (let i = 0; i < 4; i++) {
    await watcher.pass()
    d.advance(30_000)
  }
}
const incidents = async (service: string) =>
  (await listIncidents(bed.state, { service })).items.map((i) => [i.version, i.state])
const gate = async (service: string, version: string) =>
  (await bed.call('GET', `/api/v1/gate?service=${service}&version=${version}`)).body.data as unknown as Record<
    string,
    unknown
  >
const strict = async (service: string, version: string) =>
  (await bed.call('GET', `/api/v1/gate?service=${service}&version=${version}&strict=1`)).status
const expectAll = async (service: string) => {
  for (const a of (await d.anomalies(service)).filter((one) => one.state === 'open'))
    expect((await bed.call('POST', `/api/v1/anomalies/${a.id}/expected`, { body: { by: 'Ada' } })).status).toBe(200)
}

/**  errors of /b      v2        × expected           v3            v4
 *   0.40                                                           ┌────
 *   0.12              ┌───────────────────────────────────────────┘
 *   0.01  ────────────┘
 *   incident          firing    resolved                           firing
 *   gate              no        yes                  yes           no       */
describe('a change that is called expected', () => {
  it('fires and stops the gate before anybody says so', async () => {
    await live(traffic('meant', 'v1', 0, 120), traffic('meant', 'v2', 120, 10, 0.12))
    expect(await incidents('meant')).toEqual([['v2', 'firing']])
    expect(await gate('meant', 'v2')).toMatchObject({ verdict: 'regressed', ok: false, accepted: 0 })
    expect(await strict('meant', 'v2')).toBe(412)
  })

  it('resolves the incident and opens the gate, and the verdict still says what was found', async () => {
    await expectAll('meant')
    const answer = await gate('meant', 'v2')
    expect(answer).toMatchObject({ verdict: 'regressed', ok: true, reason: expect.stringContaining('expected by Ada') })
    expect(answer.accepted).toBeGreaterThan(0)
    expect(await strict('meant', 'v2')).toBe(200)
    await live(traffic('meant', 'v2', 130, 5, 0.12))
    expect((await d.anomalies('meant')).map((a) => a.state)).not.toContain('open')
    expect(await incidents('meant')).toEqual([['v2', 'resolved']])
    expect((await d.verdict('meant', 'v2'))?.verdict).toBe('regressed')
  })

  it('stays quiet at that level, and is the baseline of the next deploy', async () => {
    await live(traffic('meant', 'v2', 135, 45, 0.12))
    await live(traffic('meant', 'v3', 180, 10, 0.12))
    expect((await d.verdict('meant', 'v3'))?.verdict).toBe('no_difference')
    expect(await gate('meant', 'v3')).toMatchObject({ verdict: 'no_difference', ok: true, accepted: 0 })
    expect(await incidents('meant')).toEqual([['v2', 'resolved']])
  })

  it('does not cover a later deploy that is worse', async () => {
    await live(traffic('meant', 'v3', 190, 50, 0.12))
    await live(traffic('meant', 'v4', 240, 10, 0.4))
    expect(await incidents('meant')).toContainEqual(['v4', 'firing'])
    expect(await gate('meant', 'v4')).toMatchObject({ verdict: 'regressed', ok: false, accepted: 0 })
  })
})

/**  errors of /b      v2     × expected   × taken back    */
describe('an acceptance', () => {
  it('that does not name all that got worse leaves the gate shut', async () => {
    const worse = traffic('half', 'v2', 120, 10, 0.12)
    await live(traffic('half', 'v1', 0, 120), { ...worse, routes: { ...worse.routes, '/a': { medianMs: 160 } } })
    const open = (await d.anomalies('half')).filter((a) => a.state === 'open')
    expect(open.length).toBeGreaterThan(1)
    await bed.call('POST', `/api/v1/anomalies/${open[0]?.id}/expected`)
    expect(await gate('half', 'v2')).toMatchObject({ ok: false, accepted: 1 })
    expect(await strict('half', 'v2')).toBe(412)
  })

  it('is taken back: the gate shuts, and the incident opens again rather than a new one', async () => {
    await live(traffic('back', 'v1', 0, 120), traffic('back', 'v2', 120, 10, 0.12))
    await expectAll('back')
    await live(traffic('back', 'v2', 130, 5, 0.12))
    expect(await incidents('back')).toEqual([['v2', 'resolved']])
    const [a] = await d.anomalies('back')
    const path = `/api/v1/anomalies/${a?.id}`
    expect((await bed.call('GET', path)).body.accepted).toMatchObject({ accepted_by: 'Ada' })
    for (const one of await d.anomalies('back'))
      expect((await bed.call('DELETE', `/api/v1/anomalies/${one.id}/expected`)).status).toBe(204)
    expect((await bed.call('DELETE', `${path}/expected`)).status).toBe(404)
    expect((await bed.call('GET', path)).body).not.toHaveProperty('accepted')
    expect(await gate('back', 'v2')).toMatchObject({ ok: false, accepted: 0 })
    await live(traffic('back', 'v2', 135, 3, 0.12))
    expect(await incidents('back')).toEqual([['v2', 'firing']])
  })
})
