import { Webhook } from 'standardwebhooks'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { systemClock } from '../../../shared/runtime/clock.ts'
import { createChannel, deleteChannel, getChannel, rotateSecret } from '../../../shared/state/channels.ts'
import { enqueueTest, getDelivery, listDeliveries, replayDelivery } from '../../../shared/state/deliveries.ts'
import { type AlertBed, anomalyOf, at, closed, fireIn, openAlertBed } from '../../support/alerting.ts'
import { type Answer, openSink, type Sink } from '../../support/sink.ts'

let bed: AlertBed
let sink: Sink
let script: (n: number) => Answer
const limits = { connectTimeoutMs: 300, totalTimeoutMs: 300, answerBytes: 1024 }

beforeEach(async () => {
  bed = await openAlertBed({ send: { limits } })
  script = () => ({ status: 200 })
  sink = await openSink((_, n) => script(n))
})
afterEach(async () => {
  await bed.close()
  await sink.close()
})

const channel = (name = 'on-call', url = sink.url) => createChannel(bed.context, { name, kind: 'webhook', url })
const fire = (...anomalies: ReturnType<typeof anomalyOf>[]) =>
  fireIn(bed, ...(anomalies.length > 0 ? anomalies : [anomalyOf()]))
const wait = async (ms: number) => {
  await bed.clock.advance(ms)
  await bed.deliver()
}
const only = async () => {
  const { items } = await listDeliveries(bed.state)
  expect(items).toHaveLength(1)
  return items[0]!
}

/**  try   1    2       3          4
 *   at    0    5 s     35 s       2 min 35 s …    ±20 %
 */
describe('a delivery that fails', () => {
  it.each([408, 425, 429, 500, 502, 503, 504])(
    'comes back by the schedule after %i, under the same id',
    async (status) => {
      script = (n) => ({ status: n < 3 ? status : 200 })
      await channel()
      await fire()
      expect(await only()).toMatchObject({ state: 'pending', attempts: 1, last_status: status })
      await wait(3_900)
      expect(sink.received).toHaveLength(1)
      await wait(2_200)
      expect(sink.received).toHaveLength(2)
      await wait(36_000)
      expect(await only()).toMatchObject({ state: 'delivered', attempts: 3, last_status: 200 })
      expect(new Set(sink.received.map((r) => r.headers['webhook-id'])).size).toBe(1)
      expect(new Set(sink.received.map((r) => r.body)).size).toBe(1)
      expect(new Set(sink.received.map((r) => r.headers['webhook-timestamp'])).size).toBeGreaterThan(1)
    },
  )

  it.each([
    ['reset', 'reset'],
    ['hang', 'no answer within'],
  ] as const)('comes back after a %s', async (answer, why) => {
    script = (n) => (n === 1 ? answer : { status: 204 })
    await channel()
    await fire()
    expect((await only()).last_error).toContain(why)
    await wait(6_000)
    expect(await only()).toMatchObject({ state: 'delivered', attempts: 2, last_status: 204 })
  })

  it.each([301, 302, 307, 400, 401, 403, 404, 413, 422])('is a dead letter at once after %i', async (status) => {
    script = () => ({ status, headers: { location: sink.url } })
    await channel()
    await fire()
    await wait(60_000)
    expect(await only()).toMatchObject({ state: 'dead', attempts: 1, last_error: `the receiver answered ${status}` })
    expect(sink.received).toHaveLength(1)
  })

  it('waits as long as Retry-After asks, where that is longer', async () => {
    script = (n) => (n === 1 ? { status: 429, headers: { 'retry-after': '60' } } : { status: 200 })
    await channel()
    await fire()
    await wait(59_000)
    expect(sink.received).toHaveLength(1)
    await wait(1_000)
    expect(sink.received).toHaveLength(2)
  })

  it('is a dead letter after nine tries in about eighteen hours', async () => {
    script = () => ({ status: 503 })
    await channel()
    await fire()
    for (let i = 0; i < 12; i++) await wait(12.1 * 3_600_000)
    expect(await only()).toMatchObject({ state: 'dead', attempts: 9 })
    expect((await only()).last_error).toMatch(/Given up after 9 tries/)
  })

  it('can be replayed by hand under the same id', async () => {
    script = (n) => ({ status: n === 1 ? 400 : 200 })
    await channel()
    await fire()
    const dead = await only()
    await replayDelivery(bed.context, dead.id)
    await bed.deliver()
    expect(await getDelivery(bed.state, dead.id)).toMatchObject({ state: 'delivered', webhook_id: dead.webhook_id })
    expect(sink.received[0]?.headers['webhook-id']).toBe(sink.received[1]?.headers['webhook-id'])
  })

  it('disables its channel after 410, which is shown, and no later message is tried', async () => {
    script = () => ({ status: 410 })
    const { channel: c } = await channel()
    await fire()
    expect(await getChannel(bed.state, c.id)).toMatchObject({ enabled: false })
    expect((await getChannel(bed.state, c.id))?.disabled_reason).toContain('410')
    await fire(anomalyOf({ id: 'ano_2', service: 'cart', deploy: null }))
    expect(sink.received).toHaveLength(1)
  })
})

describe('order', () => {
  /**  firing ✗ ✗ … resolved        the receiver is down: one message that says both */
  it('merges a firing that could not be delivered with its resolved', async () => {
    script = () => ({ status: 503 })
    await channel()
    await fire()
    await bed.pass(closed(anomalyOf(), 10_000))
    await bed.clock.advance(61_000)
    await bed.pass()
    script = () => ({ status: 200 })
    await wait(36_000)
    const { items } = await listDeliveries(bed.state)
    expect(items.map((d) => [d.event, d.state])).toEqual([
      ['resolved', 'delivered'],
      ['firing', 'superseded'],
    ])
    const last = JSON.parse(sink.received.at(-1)?.body ?? '') as {
      status: string
      alerts: { annotations: { note: string } }[]
    }
    expect(last.status).toBe('resolved')
    expect(last.alerts[0]?.annotations.note).toContain('could not be delivered')
  })

  it('never sends resolved before a firing that is still under way', async () => {
    await channel()
    await fire()
    await bed.pass(closed(anomalyOf(), 10_000))
    await bed.clock.advance(61_000)
    await bed.pass()
    expect(sink.received.map((r) => (JSON.parse(r.body) as { status: string }).status)).toEqual(['firing', 'resolved'])
  })

  /**  firing ──200 ms──▶ 200
   *                      resolved ▶ 200      both were owed at the same moment */
  it('tries resolved only when the firing before it was answered', async () => {
    const before: (number | null)[] = []
    const slow: Sink = await openSink(async (_, n) => {
      before.push(...(n === 2 ? [slow.received[0]?.status ?? null] : []))
      await systemClock.sleep(200)
      return { status: 200 }
    })
    await channel('slow', slow.url)
    await bed.pass(closed(anomalyOf({ started_at: at(-600_000) }), -60_000))
    expect(slow.received.map((r) => (JSON.parse(r.body) as { status: string }).status)).toEqual(['firing', 'resolved'])
    expect(before).toEqual([200])
    await slow.close()
  })

  it('holds up no other channel while one hangs', async () => {
    script = () => 'hang'
    const other = await openSink()
    await channel('slow')
    await channel('quick', other.url)
    const many = Array.from({ length: 30 }, (_, i) => anomalyOf({ id: `ano_${i}`, service: `s${i}`, deploy: null }))
    await bed.pass(...many)
    await bed.clock.advance(3_000)
    const passing = bed.pass()
    // On a machine that stalls one request may fail: the time of its next try comes when nothing moved for some seconds.
    let polls = 0
    const received = async () => {
      if (++polls % 100 === 0) {
        await bed.clock.advance(10_000)
        await bed.deliverer.pump()
      }
      return other.received.length
    }
    await expect.poll(received, { timeout: 60_000, interval: 50 }).toBeGreaterThanOrEqual(30)
    expect(sink.received.length).toBeLessThan(30)
    await bed.deliverer.stop()
    await passing
    await other.close()
  })
})

describe('a channel', () => {
  it('is told only of what its filter lets through', async () => {
    await createChannel(bed.context, { name: 'cart', kind: 'webhook', url: sink.url, filter: { services: ['cart'] } })
    await fire()
    expect(sink.received).toEqual([])
    await fire(anomalyOf({ id: 'ano_2', service: 'cart', deploy: null }))
    expect(sink.received).toHaveLength(1)
  })

  it('that wants only critical ones is told when an incident becomes critical, and the other not again', async () => {
    const other = await openSink()
    await createChannel(bed.context, {
      name: 'pager',
      kind: 'webhook',
      url: sink.url,
      filter: { severities: ['critical'] },
    })
    await channel('chat', other.url)
    await fire(anomalyOf({ effect: 0.03, observed: 0.04 }))
    expect([sink.received.length, other.received.length]).toEqual([0, 1])
    await fire(anomalyOf({ id: 'ano_2', dimension: 'GET /cart', effect: 0.3, observed: 0.31 }))
    expect([sink.received.length, other.received.length]).toEqual([1, 1])
    await other.close()
  })

  it('that was deleted leaves dead letters', async () => {
    script = () => ({ status: 503 })
    const { channel: c } = await channel()
    await fire()
    await deleteChannel(bed.context, c.id)
    await wait(60_000)
    expect(await only()).toMatchObject({ state: 'dead', last_error: 'its channel was deleted' })
  })

  it('is tested with a message that says it is a test', async () => {
    const { channel: c } = await channel()
    const test = await enqueueTest(bed.context, c.id)
    await bed.deliver()
    expect(await getDelivery(bed.state, test?.id ?? '')).toMatchObject({ state: 'delivered', event: 'test' })
    expect(sink.received[0]?.body).toContain('This is a test')
  })

  it('signs with both secrets while one takes over from the other', async () => {
    await bed.clock.advance(systemClock.nowMs() - bed.clock.nowMs())
    const first = await channel()
    const second = await rotateSecret(bed.context, first.channel.id)
    await enqueueTest(bed.context, first.channel.id)
    await bed.deliver()
    const [request] = sink.received
    for (const secret of [first.secret, second?.secret])
      expect(() =>
        new Webhook(secret ?? '').verify(request?.body ?? '', request?.headers as Record<string, string>),
      ).not.toThrow()
    await bed.clock.advance(25 * 3_600_000)
    await enqueueTest(bed.context, first.channel.id)
    await bed.deliver()
    expect(String(sink.received[1]?.headers['webhook-signature']).split(' ')).toHaveLength(1)
  })
})
