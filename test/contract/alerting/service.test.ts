import { Registry } from 'prom-client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { timing } from '../../../services/alerting/lifecycle.ts'
import { alerting } from '../../../services/alerting/service.ts'
import { createWatcher, cursorAt } from '../../../services/alerting/watch.ts'
import type { Anomaly } from '../../../shared/model/anomaly.ts'
import { manualClock } from '../../../shared/runtime/clock.ts'
import { loadConfig } from '../../../shared/runtime/config.ts'
import { silentLog } from '../../../shared/runtime/log.ts'
import type { Context, Service } from '../../../shared/runtime/service.ts'
import { createChannel, deleteChannel, listChannels } from '../../../shared/state/channels.ts'
import { enqueueTest, listDeliveries } from '../../../shared/state/deliveries.ts'
import { recordDeployEvent } from '../../../shared/state/deploys.ts'
import { listIncidents } from '../../../shared/state/incidents.ts'
import { syncScriptChannels } from '../../../shared/state/script-channels.ts'
import type { State } from '../../../shared/state/state.ts'
import { changedSince, writeAnomalies } from '../../../shared/store/anomalies.ts'
import { anomalyOf, at, closed, T0 } from '../../support/alerting.ts'
import { type Bed, openBed } from '../../support/embedded.ts'
import { openSink, type Sink } from '../../support/sink.ts'

let bed: Bed
let sink: Sink
const clock = manualClock(T0)
const running: Service[] = []

const contextOf = (): Context => ({
  config: loadConfig({ PLUMBLINE_DATA_DIR: bed.dir, PLUMBLINE_ALLOW_PRIVATE_TARGETS: '127.0.0.0/8' }),
  clock,
  log: silentLog(),
  store: bed.store,
  state: bed.state,
  metrics: new Registry(),
  random: () => 0.5,
  urls: { web: 'http://127.0.0.1:8080/' },
  readiness: () => ({ ready: true, reasons: [] }),
})
const start = async (context = contextOf()) => {
  const service = alerting(context)
  expect(service.notReady()).toContain('not started')
  await service.start()
  expect(service.notReady()).toBeNull()
  running.push(service)
  return { service, context }
}
const told = () => sink.received.map((r) => (JSON.parse(r.body) as { status: string }).status)

beforeAll(async () => {
  bed = await openBed()
  sink = await openSink()
})
afterAll(async () => {
  for (const service of running) await service.stop()
  await sink.close()
  await bed.close()
})

describe('the alerting target on the real engine', () => {
  it('follows the table of anomalies, tells within five seconds, and goes on after a restart', async () => {
    const context = contextOf()
    await createChannel(context, { name: 'on-call', kind: 'webhook', url: sink.url })
    const first = await start(context)
    await writeAnomalies(bed.store, [anomalyOf()])
    await clock.advance(5_000)
    await expect.poll(told).toEqual(['firing'])
    await first.service.stop()
    await writeAnomalies(bed.store, [closed(anomalyOf(), 10_000)])
    const second = await start()
    await clock.advance(70_000)
    await expect.poll(told).toEqual(['firing', 'resolved'])
    await clock.advance(60_000)
    expect((await listDeliveries(bed.state)).items).toHaveLength(2)
    const metrics = await second.context.metrics.metrics()
    expect(metrics).toContain('plumbline_oldest_undelivered_seconds 0')
    expect(metrics).toContain('plumbline_incidents_firing 0')
    expect(JSON.parse(sink.received[0]?.body ?? '{}')).toMatchObject({ externalURL: 'http://127.0.0.1:8080' })
    await second.service.stop()
  })

  it('shows how old the oldest message is that waits, and none once it is delivered', async () => {
    const failing = await openSink(() => ({ status: open ? 200 : 503 }))
    let open = false
    const context = contextOf()
    const { channel } = await createChannel(context, { name: 'failing', kind: 'webhook', url: failing.url })
    const { service } = await start(context)
    await enqueueTest(context, channel.id)
    await clock.advance(4_000)
    const shownAfter = async (ms: number) => {
      await clock.advance(ms)
      const text = await context.metrics.metrics()
      return Number(/^plumbline_oldest_undelivered_seconds (\S+)/m.exec(text)?.[1])
    }
    await expect.poll(() => shownAfter(500)).toBeGreaterThan(3)
    open = true
    await expect.poll(() => shownAfter(1_000)).toBe(0)
    await service.stop()
    await deleteChannel(context, channel.id)
    await failing.close()
  })

  it('tells of deploys and runs the scripts of the configuration file', async () => {
    const pager = await openSink()
    const context = contextOf()
    context.config = {
      ...context.config,
      scripts: [{ name: 'true', command: '/bin/true', args: [], timeout_s: 5, filter: null }],
    }
    const url = new URL('/v2/enqueue', pager.url).href
    const { channel } = await createChannel(context, { name: 'pd', kind: 'pagerduty', url, secret: 'routing-key' })
    const { service } = await start(context)
    const [script] = (await listChannels(bed.state)).items.filter((c) => c.kind === 'script')
    await enqueueTest(context, script?.id ?? '')
    await clock.advance(1_000)
    const started_at = new Date(clock.nowMs()).toISOString()
    await recordDeployEvent(
      bed.state,
      { service: 'checkout', environment: '', version: 'v42', started_at },
      'api',
      clock.nowMs(),
    )
    await clock.advance(11_000)
    await expect.poll(() => pager.received.map((r) => r.path)).toEqual(['/v2/change/enqueue'])
    const states = async () =>
      (await listDeliveries(bed.state, { event: 'test', channel_id: script?.id ?? '' })).items.map((d) => d.state)
    await expect.poll(states).toEqual(['delivered'])
    await service.stop()
    await deleteChannel(context, channel.id)
    await syncScriptChannels(context, [])
    await pager.close()
  })

  it('misses no anomaly that was written after another of the same moment', async () => {
    const context = contextOf()
    const watcher = createWatcher(context, { owner: 'w', timing, baseUrl: () => '' })
    const time = at(500_000)
    await clock.advance(500_000)
    const of = (id: string) => anomalyOf({ id, service: id, deploy: null, updated_at: time, started_at: time })
    await writeAnomalies(bed.store, [of('zzz')])
    await watcher.pass()
    await writeAnomalies(bed.store, [of('aaa')])
    await watcher.pass()
    await clock.advance(5_000)
    await watcher.pass()
    const services = (await listIncidents(bed.state, { state: 'firing' })).items.map((i) => i.service)
    expect(services.sort()).toEqual(['aaa', 'zzz'])
    await watcher.release()
  })

  it('starts its reading at a time by a cursor that the table understands', async () => {
    const all = await changedSince(bed.store, cursorAt(0))
    expect(all.items.length).toBe(3)
    expect((await changedSince(bed.store, cursorAt(T0 + 499_999))).items.length).toBe(2)
    expect((await changedSince(bed.store, cursorAt(T0 + 500_001))).items).toEqual([])
  })

  it('lets one of two watchers work, and the other take over within 30 seconds', async () => {
    const context = contextOf()
    const one = createWatcher(context, { owner: 'one', timing, baseUrl: () => '' })
    const two = createWatcher(context, { owner: 'two', timing, baseUrl: () => '' })
    await one.pass()
    const fresh = anomalyOf({
      id: 'late',
      service: 'late',
      deploy: null,
      updated_at: at(700_000),
      started_at: at(500_000),
    })
    await clock.advance(T0 + 700_000 - clock.nowMs())
    await one.pass()
    await writeAnomalies(bed.store, [fresh])
    expect(await two.pass()).toEqual([])
    expect(await bed.state.get('SELECT anomaly_id FROM incident_signals WHERE anomaly_id = ?', 'late')).toBeUndefined()
    await clock.advance(16_000)
    await two.pass()
    expect(await bed.state.get('SELECT anomaly_id FROM incident_signals WHERE anomaly_id = ?', 'late')).toBeDefined()
    expect(await one.pass()).toEqual([])
    await two.release()
  })

  it('loses none of what it could not write at first, however long ago it was found', async () => {
    let writes = 0
    const transaction: State['transaction'] = (work) => {
      writes += 1
      return writes === 2 || writes === 3 ? Promise.reject(new Error('the disk is full')) : bed.state.transaction(work)
    }
    const context = { ...contextOf(), state: { ...bed.state, transaction } }
    const watcher = createWatcher(context, { owner: 'three', timing, baseUrl: () => '' })
    const of = (id: string, ms: number) => anomalyOf({ id, service: id, deploy: null, updated_at: at(ms) })
    await writeAnomalies(bed.store, [of('early', 800_000), of('later', 900_000)])
    await expect(watcher.pass()).rejects.toThrow('the disk is full')
    await watcher.pass()
    const sql = "SELECT anomaly_id FROM incident_signals WHERE anomaly_id IN ('early', 'later') ORDER BY anomaly_id"
    expect(await bed.state.all(sql)).toEqual([{ anomaly_id: 'early' }, { anomaly_id: 'later' }])
    await watcher.release()
  })

  it('tells of the others when one cannot be taken into an incident, and says which', async () => {
    const context = contextOf()
    const refused: string[] = []
    const onRefused = (anomaly: { id: string }, error: Error) => refused.push(`${anomaly.id}: ${error.name}`)
    const watcher = createWatcher(context, { owner: 'four', timing, baseUrl: () => '', onRefused })
    const of = (id: string, more: object = {}) =>
      ({ ...anomalyOf({ id, service: id, deploy: null, updated_at: at(1_000_000) }), ...more }) as Anomaly
    await writeAnomalies(bed.store, [of('before'), of('broken', { evidence: null }), of('behind')])
    const told = async () =>
      (await bed.state.all<{ anomaly_id: string }>('SELECT anomaly_id FROM incident_signals ORDER BY anomaly_id'))
        .map((row) => row.anomaly_id)
        .filter((id) => ['before', 'broken', 'behind'].includes(id))
    await expect(watcher.pass()).rejects.toThrow(TypeError)
    expect(await told()).toEqual(['before', 'behind'].sort())
    for (let i = 0; i < 3; i++) await expect(watcher.pass()).rejects.toThrow(TypeError)
    expect(refused).toEqual([])
    await watcher.pass()
    expect(refused).toEqual(['broken: TypeError'])
    await watcher.pass()
    expect(refused).toHaveLength(1)
    await watcher.release()
  })
})
