import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { prune } from '../../../services/alerting/prune.ts'
import { createChannel } from '../../../shared/state/channels.ts'
import { listDeliveries } from '../../../shared/state/deliveries.ts'
import { listIncidents } from '../../../shared/state/incidents.ts'
import { createReplay, getReplay, saveReplay } from '../../../shared/state/replays.ts'
import { type AlertBed, anomalyOf, closed, fireIn, openAlertBed, toldTo } from '../../support/alerting.ts'
import { openSink, type Sink } from '../../support/sink.ts'

let bed: AlertBed
let sink: Sink

beforeEach(async () => {
  bed = await openAlertBed()
  sink = await openSink()
  await createChannel(bed.context, { name: 'on-call', kind: 'webhook', url: sink.url })
})
afterEach(async () => {
  await bed.close()
  await sink.close()
})

const bodies = () => toldTo(sink)
const told = () => bodies().map((b) => b.status)
const fire = (...anomalies: ReturnType<typeof anomalyOf>[]) => fireIn(bed, ...anomalies)

describe('a restart', () => {
  const story = async (restartAt: number) => {
    const stops = [
      () => bed.pass(anomalyOf()),
      () => bed.clock.advance(3_000),
      () => bed.pass(),
      () => bed.pass(closed(anomalyOf(), 10_000)),
      () => bed.clock.advance(60_000),
      () => bed.pass(),
      () => bed.pass(closed(anomalyOf(), 10_000)),
    ]
    for (const [i, stop] of stops.entries()) {
      await stop()
      if (i === restartAt) await bed.restart()
    }
    await bed.pass(closed(anomalyOf(), 10_000))
  }
  for (const [i, when] of [
    'pending',
    'held',
    'firing',
    'quiet',
    'quiet long enough',
    'resolved',
    'read again',
  ].entries())
    it(`while ${when} neither doubles a notice nor loses one`, async () => {
      await story(i)
      expect(told()).toEqual(['firing', 'resolved'])
      expect(new Set(sink.accepted()).size).toBe(2)
      expect((await listDeliveries(bed.state, { state: 'pending' })).items).toEqual([])
    })
})

describe('what is long over', () => {
  it('is forgotten, and what is not stays', async () => {
    await fire(anomalyOf(), anomalyOf({ id: 'ano_2', service: 'cart', deploy: null }))
    await bed.pass(closed(anomalyOf(), 10_000))
    await bed.clock.advance(61_000)
    await bed.pass()
    const asked = { from: '2026-03-01T00:00:00Z', to: '2026-03-02T00:00:00Z' }
    const [over, waiting] = [
      await createReplay(bed.state, asked, bed.clock.nowMs()),
      await createReplay(bed.state, asked, bed.clock.nowMs()),
    ]
    await saveReplay(bed.state, { ...over, status: 'done' })
    await bed.clock.advance(121 * 86_400_000)
    expect(await prune(bed.state, 120, bed.clock.nowMs())).toBeGreaterThan(0)
    expect((await listIncidents(bed.state)).items.map((i) => i.service)).toEqual(['cart'])
    expect((await bed.state.all('SELECT * FROM incident_signals')).length).toBe(1)
    expect((await listDeliveries(bed.state)).items).toEqual([])
    expect(await getReplay(bed.state, over.id)).toBeNull()
    expect(await getReplay(bed.state, waiting.id)).toMatchObject({ status: 'queued' })
  })
})

describe('an anomaly that is tied to no deploy', () => {
  it('is an incident of its own that names a suspect as a possibility, where that deploy has none', async () => {
    const suspects = [
      {
        deploy_id: 'd_9',
        service: 'pay',
        version: 'v9',
        commit: 'c'.repeat(40),
        score: 0.8,
        evidence: ['it began 3 minutes before the change'],
      },
    ]
    await fire(anomalyOf({ deploy: null, suspects }))
    expect((await listIncidents(bed.state)).items).toMatchObject([{ service: 'checkout', deploy_id: null }])
    expect(bodies()[0]?.alerts[0]?.annotations.suspect).toBe(
      'Possible cause: pay v9 (ccccccc), it began 3 minutes before the change',
    )
  })

  it('whose own service was not deployed goes under the service that was', async () => {
    const deploy = await bed.deployV42()
    await fire(
      anomalyOf({ service: 'web', deploy: { id: deploy, version: 'v42', commit: 'b'.repeat(40), commits: [] } }),
    )
    expect((await listIncidents(bed.state)).items).toMatchObject([
      { service: 'checkout', services: ['web'], deploy_id: deploy },
    ])
  })
})
