import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { alert } from '../../../services/alerting/alert.ts'
import { attempt } from '../../../services/alerting/attempt.ts'
import { readChannels } from '../../../services/alerting/channels.ts'
import { timing } from '../../../services/alerting/lifecycle.ts'
import { claimDue } from '../../../services/alerting/outbox.ts'
import { createChannel } from '../../../shared/state/channels.ts'
import { listDeliveries, replayDelivery } from '../../../shared/state/deliveries.ts'
import { acknowledgeIncident, listIncidents } from '../../../shared/state/incidents.ts'
import { createSilence } from '../../../shared/state/silences.ts'
import { type AlertBed, anomalyOf, at, BASE_URL, closed, openAlertBed, T0 } from '../../support/alerting.ts'
import { type Answer, openSink, type Sink } from '../../support/sink.ts'

let bed: AlertBed
let sink: Sink
let answer: () => Answer
beforeEach(async () => {
  bed = await openAlertBed()
  answer = () => ({ status: 200 })
  sink = await openSink(() => answer())
})
afterEach(async () => {
  await bed.close()
  await sink.close()
})

const onCall = () => createChannel(bed.context, { name: 'on-call', kind: 'webhook', url: sink.url })
const told = () =>
  sink.received
    .filter((r) => r.status !== null && r.status < 300)
    .map((r) => (JSON.parse(r.body) as { status: string }).status)
const ids = () => new Set(sink.received.map((r) => r.headers['webhook-id']))
/** Alerting takes its step, and dies before anything is sent. */
const step = (...anomalies: ReturnType<typeof anomalyOf>[]) =>
  alert(bed.context, anomalies, { timing, baseUrl: BASE_URL })
const fireUnsent = async () => {
  await step(anomalyOf())
  await bed.clock.advance(3_000)
  await step()
}
const over = async () => {
  await bed.pass(closed(anomalyOf(), bed.clock.nowMs() - T0))
  await bed.clock.advance(60_000)
  await bed.pass()
}
const claimed = async () => {
  const [one] = await claimDue(bed.state, 'local', bed.clock.nowMs())
  if (!one) throw new Error('nothing was due')
  return one
}

type Case = { state: string; before(): Promise<unknown>; after?(): Promise<unknown>; tells: string[]; requests: number }

const cases: Case[] = [
  { state: 'not tried yet', before: fireUnsent, tells: ['firing', 'resolved'], requests: 2 },
  {
    state: 'claimed and not sent',
    before: async () => {
      await fireUnsent()
      await claimed()
    },
    tells: ['firing', 'resolved'],
    requests: 2,
  },
  {
    state: 'taken by the receiver and not noted',
    before: async () => {
      await fireUnsent()
      await attempt(bed.context, { plugins: await readChannels(), baseUrl: () => BASE_URL }, await claimed())
    },
    tells: ['firing', 'firing', 'resolved'],
    requests: 3,
  },
  {
    state: 'refused and waiting',
    before: async () => {
      answer = () => ({ status: 503 })
      await fireUnsent()
      await bed.deliver()
      answer = () => ({ status: 200 })
    },
    after: () => bed.clock.advance(7_000),
    tells: ['firing', 'resolved'],
    requests: 3,
  },
  {
    state: 'a dead letter',
    before: async () => {
      answer = () => ({ status: 400 })
      await fireUnsent()
      await bed.deliver()
      answer = () => ({ status: 200 })
    },
    tells: [],
    requests: 1,
  },
  {
    state: 'delivered',
    before: async () => bed.deliver().then(fireUnsent).then(bed.deliver),
    tells: ['firing', 'resolved'],
    requests: 2,
  },
  {
    state: 'acknowledged, and four hours old',
    before: async () => {
      await fireUnsent()
      await bed.deliver()
      await acknowledgeIncident(bed.context, (await listIncidents(bed.state)).items[0]?.id ?? '', 'ada')
    },
    after: () => bed.clock.advance(4 * 3_600_000),
    tells: ['firing', 'resolved'],
    requests: 2,
  },
  {
    state: 'silenced',
    before: async () => {
      await createSilence(bed.context, { matchers: { service: 'checkout' }, ends_at: at(3_600_000) })
      await fireUnsent()
    },
    tells: [],
    requests: 0,
  },
]

describe('a restart while a message is', () => {
  it.each(cases)('$state loses nothing, and tells nothing anew', async ({ before, after, tells, requests }) => {
    await onCall()
    await before()
    await bed.restart()
    await after?.()
    await bed.pass(anomalyOf())
    await over()
    await bed.pass()
    expect(told()).toEqual(tells)
    expect(sink.received).toHaveLength(requests)
    expect(ids().size).toBe(new Set(tells).size || Math.min(requests, 1))
    expect((await listDeliveries(bed.state, { state: 'pending' })).items).toEqual([])
  })

  it('overtaken by its end says both in one', async () => {
    await onCall()
    answer = () => ({ status: 503 })
    await fireUnsent()
    await bed.deliver()
    await step(closed(anomalyOf(), 4_000))
    await bed.clock.advance(60_000)
    await step()
    await bed.restart()
    answer = () => ({ status: 200 })
    await bed.deliver()
    expect(told()).toEqual(['resolved'])
    expect(sink.received.at(-1)?.body).toContain('stands for both')
  })

  it('a dead letter that is replayed after it keeps its id', async () => {
    await onCall()
    answer = () => ({ status: 400 })
    await fireUnsent()
    await bed.deliver()
    await bed.restart()
    answer = () => ({ status: 200 })
    await replayDelivery(bed.context, (await listDeliveries(bed.state)).items[0]?.id ?? '')
    await bed.deliver()
    expect(told()).toEqual(['firing'])
    expect(ids().size).toBe(1)
  })
})

describe('where nobody is there to tell', () => {
  it('that is said once, over a restart too, and a channel that comes later is told', async () => {
    const said = [...(await step(anomalyOf()))]
    await bed.clock.advance(3_000)
    said.push(...(await step()))
    await bed.clock.advance(60_000)
    said.push(...(await step()))
    await bed.restart()
    said.push(...(await step(anomalyOf())), ...(await step()))
    expect(said.map((t) => t.actions)).toEqual([['fire', 'tell_firing']])
    await onCall()
    await bed.pass()
    expect(told()).toEqual(['firing'])
  })
})
