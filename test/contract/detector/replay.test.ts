import { afterAll, beforeAll, expect, it } from 'vitest'
import { placebo } from '../../../services/detector/replay/placebo.ts'
import { runQueued } from '../../../services/detector/replay/queue.ts'
import { seeded } from '../../../services/detector/replay/random.ts'
import { replay } from '../../../services/detector/replay/replay.ts'
import { createReplay, getReplay, saveReplay } from '../../../shared/state/replays.ts'
import { handDriven } from '../../support/detector.ts'
import { type Bed, openBed } from '../../support/embedded.ts'
import type { Traffic } from '../../support/telemetry.ts'
import { until } from '../../support/wait.ts'

let bed: Bed
let d: ReturnType<typeof handDriven>
let T0 = 0
const MIN = 60_000
const routes = (b = {}) => ({ '/a': { medianMs: 40 }, '/b': { medianMs: 80, ...b }, '/c': { medianMs: 20 } })
const traffic = (service: string, version: string, fromMinute: number, minutes: number, b = {}, seed = 1): Traffic => ({
  service,
  version,
  commit: version,
  fromMs: T0 + fromMinute * MIN,
  minutes,
  requestsPerMinute: 40,
  routes: routes(b),
  seed: fromMinute + seed,
})

beforeAll(async () => {
  bed = await openBed()
  d = handDriven(bed)
  T0 = Math.floor((d.nowMs() - 6 * 3_600_000) / MIN) * MIN
  await d.send(
    traffic('bad', 'v1', 0, 120),
    traffic('bad', 'v2', 120, 12, { errorRatio: 0.2 }),
    traffic('bad', 'v1', 132, 48, {}, 2),
    traffic('calm', 'v1', 0, 120, {}, 3),
    traffic('calm', 'v2', 120, 60, {}, 4),
  )
  await d.settle()
}, 600_000)
afterAll(() => bed.close())

it('finds in event time what the live detector found, the same twice, and writes nothing', async () => {
  const rows = () => bed.store.rows('SELECT deploy_id, document FROM verdicts FINAL ORDER BY deploy_id')
  const before = await rows()
  const span = { fromMs: T0 + 100 * MIN, toMs: T0 + 181 * MIN }
  const first = await replay(d.deps, span)
  expect(first.verdicts.map((v) => [v.service, v.version, v.verdict])).toEqual(
    expect.arrayContaining([
      ['bad', 'v2', 'regressed'],
      ['calm', 'v2', 'no_difference'],
      ['bad', 'v1', 'no_difference'],
    ]),
  )
  expect(first.anomalies.length).toBeGreaterThan(0)
  for (const a of first.anomalies)
    expect(a).toMatchObject({ service: 'bad', state: 'closed', deploy: { version: 'v2' } })
  expect(JSON.stringify(await replay(d.deps, span))).toBe(JSON.stringify(first))
  expect(await rows()).toEqual(before)
})

it('runs what is queued, with a placebo that finds no false alarm on steady traffic', async () => {
  const queued = await createReplay(
    bed.state,
    {
      from: new Date(T0).toISOString(),
      to: new Date(T0 + 180 * MIN).toISOString(),
      settings: { watch_minutes: 10 },
      placebo: true,
    },
    d.nowMs(),
  )
  expect(await runQueued(d.deps, d.clock, new AbortController().signal)).toBe(true)
  const done = (await getReplay(bed.state, queued.id))!
  expect(done).toMatchObject({ status: 'done', progress: 1, error: null })
  expect(done.placebo!.judged).toBeGreaterThan(20)
  expect(done.placebo!.without_deploy).toEqual({ services: 2, anomalies: 0, per_service_and_week: 0 })
  expect(done.placebo!.false_alarm_ratio).toBeLessThanOrEqual(0.05)
  expect(await runQueued(d.deps, d.clock, new AbortController().signal)).toBe(false)
}, 600_000)

it('runs what the end of the process cut off once more, and not for ever', async () => {
  const span = { from: new Date(T0).toISOString(), to: new Date(T0 + 60 * MIN).toISOString() }
  const [again, ending] = [await createReplay(bed.state, span, 1), await createReplay(bed.state, span, 2)]
  await saveReplay(bed.state, { ...again, status: 'running' })
  const run = (signal = new AbortController().signal) => runQueued(d.deps, d.clock, signal)
  const shown = async (id: string) => (await getReplay(bed.state, id))!
  await run()
  expect(await shown(again.id)).toMatchObject({ status: 'done', error: null })
  await run(AbortSignal.abort())
  expect(await shown(ending.id)).toMatchObject({ status: 'queued', error: null })
  // As kill -9 leaves it, twice.
  await saveReplay(bed.state, { ...ending, status: 'running' })
  const stuck = { ...d.deps, store: { ...bed.store, rows: () => new Promise<never>(() => {}) } }
  void runQueued(stuck, d.clock, new AbortController().signal)
  await until('second begin', async () => (await shown(ending.id)).error ?? undefined)
  await run()
  expect(await shown(ending.id)).toMatchObject({ status: 'failed', error: expect.stringContaining('ended twice') })
  expect(await run()).toBe(false)
})

it('reports false alarms per service and week at each sensitivity, and the same twice', async () => {
  const deps = { ...d.deps, config: { ...d.deps.config, watchMinutes: 6 } }
  const once = () =>
    placebo(deps, { fromMs: T0, toMs: T0 + 180 * MIN, deploys: [], anomalies: [], random: seeded('once and again') })
  const first = await once()
  expect(first.by_sensitivity.map((s) => s.sensitivity)).toEqual(['high', 'normal', 'low'])
  for (const { judged, regressed, per_service_and_week } of first.by_sensitivity) {
    expect(judged).toBeGreaterThan(20)
    expect(per_service_and_week).toBeCloseTo(((regressed / judged) * 7 * 1440) / 6, 9)
  }
  const alarms = first.by_sensitivity.map((s) => s.regressed)
  expect(alarms).toEqual([...alarms].sort((a, b) => b - a))
  expect(JSON.stringify(await once())).toBe(JSON.stringify(first))
}, 600_000)
