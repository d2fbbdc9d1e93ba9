import { Webhook } from 'standardwebhooks'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createChannel } from '../../../shared/state/channels.ts'
import { acknowledgeIncident, getIncident, listIncidents, noteIncident } from '../../../shared/state/incidents.ts'
import { createSilence, expireSilence } from '../../../shared/state/silences.ts'
import { type AlertBed, anomalyOf, at, BASE_URL, closed, fireIn, openAlertBed, toldTo } from '../../support/alerting.ts'
import { openSink, type Sink } from '../../support/sink.ts'

let bed: AlertBed
let sink: Sink
let secret: string

beforeEach(async () => {
  bed = await openAlertBed()
  sink = await openSink()
  secret = (await createChannel(bed.context, { name: 'on-call', kind: 'webhook', url: sink.url })).secret ?? ''
})
afterEach(async () => {
  await bed.close()
  await sink.close()
})

const bodies = () => toldTo(sink)
const told = () => bodies().map((b) => b.status)
const fire = (...anomalies: ReturnType<typeof anomalyOf>[]) => fireIn(bed, ...anomalies)

/**  anomaly   ┌─────────────┐
 *            ─┘             └───────────
 *   told         firing          resolved        3 s after it was seen, 60 s after it ended
 */
describe('an incident', () => {
  it('is told once when it fires and once when it is over', async () => {
    const deploy = await bed.deployV42()
    const anomaly = anomalyOf({ deploy: { id: deploy, version: 'v42', commit: 'b'.repeat(40), commits: [] } })
    await bed.pass(anomaly)
    expect(told()).toEqual([])
    await bed.clock.advance(3_000)
    await bed.pass()
    expect(told()).toEqual(['firing'])
    for (let i = 0; i < 5; i++) {
      await bed.clock.advance(10_000)
      await bed.pass({ ...anomaly, observed: 0.13, updated_at: at(10_000 * (i + 1)) })
    }
    await bed.pass(closed(anomaly, 100_000))
    expect(told()).toEqual(['firing'])
    await bed.clock.advance(60_000)
    await bed.pass()
    expect(told()).toEqual(['firing', 'resolved'])
    const [first] = bodies()
    expect(first?.alerts[0]?.labels).toMatchObject({
      service: 'checkout',
      route: 'POST /pay',
      commit: 'b'.repeat(40),
      severity: 'critical',
    })
    expect(first?.alerts[0]?.annotations).toMatchObject({
      observed: '12.4 %',
      expected: '1.1 %',
      effect: '+11.3 points',
      author: 'Ada Lovelace',
      link: `${BASE_URL}/deploys/${deploy}`,
      diff_url: `https://github.com/acme/checkout/compare/${'a'.repeat(40)}...${'b'.repeat(40)}`,
      rollback: 'Roll back checkout to v41',
      description: expect.stringMatching(/[^.]\. Practically certain \(.*\)\. Roll back checkout to v41$/),
    })
    const [incident] = (await listIncidents(bed.state)).items
    expect(incident).toMatchObject({
      state: 'resolved',
      deploy_id: deploy,
      services: ['checkout'],
      resolved_at: at(100_000),
    })
  })

  it('is signed so that the library of Standard Webhooks verifies it', async () => {
    const wall = await import('../../../shared/runtime/clock.ts')
    await bed.clock.advance(wall.systemClock.nowMs() - bed.clock.nowMs())
    await fire(anomalyOf())
    const [request] = sink.received
    expect(() =>
      new Webhook(secret).verify(request?.body ?? '', request?.headers as Record<string, string>),
    ).not.toThrow()
    expect(() => new Webhook(secret).verify(`${request?.body} `, request?.headers as Record<string, string>)).toThrow()
  })

  it('says nothing of what ended within the hold', async () => {
    await bed.pass(anomalyOf({ started_at: at(0) }))
    await bed.clock.advance(1_000)
    await bed.pass(closed(anomalyOf({ started_at: at(0) }), 1_000))
    await bed.clock.advance(120_000)
    await bed.pass()
    expect(sink.received).toEqual([])
    expect((await listIncidents(bed.state)).items).toEqual([])
  })

  it('says nothing of changes that do no harm', async () => {
    await fire(anomalyOf({ harmful: false, direction: 'down', effect: -0.1 }))
    expect(sink.received).toEqual([])
  })

  it('tells both of a regression that was over before alerting saw it', async () => {
    await bed.pass(closed(anomalyOf({ started_at: at(-600_000) }), -60_000))
    expect(told()).toEqual(['firing', 'resolved'])
  })

  it('keeps for the record, and tells nobody, what ended a day ago', async () => {
    await bed.pass(closed(anomalyOf({ started_at: at(-90_000_000) }), -86_400_000))
    expect(sink.received).toEqual([])
    expect((await listIncidents(bed.state)).items).toMatchObject([{ state: 'resolved' }])
  })

  /**  ┌──┐ ┌──┐ ┌──┐
   *  ─┘  └─┘  └─┘  └────     gaps shorter than a minute: one firing, one resolved
   */
  it('is told once while it flaps', async () => {
    await fire(anomalyOf())
    for (let i = 0; i < 3; i++) {
      await bed.pass(closed(anomalyOf(), 10_000 + i * 40_000))
      await bed.clock.advance(20_000)
      await bed.pass(anomalyOf({ updated_at: at(30_000 + i * 40_000) }))
      await bed.clock.advance(20_000)
    }
    expect(told()).toEqual(['firing'])
  })

  it('is opened again, not doubled, when it comes back', async () => {
    await fire(anomalyOf())
    await bed.pass(closed(anomalyOf(), 10_000))
    await bed.clock.advance(60_000)
    await bed.pass()
    await fire(anomalyOf({ id: 'ano_2', started_at: at(600_000), updated_at: at(600_000) }))
    expect(told()).toEqual(['firing', 'resolved', 'firing'])
    expect((await listIncidents(bed.state)).items).toHaveLength(1)
  })

  it('takes in every signal of its deploy and is told once', async () => {
    await fire(
      anomalyOf(),
      anomalyOf({
        id: 'ano_2',
        signal: 'latency',
        unit: 'ms',
        observed: 840,
        expected: 310,
        effect: 1.71,
        effect_unit: 'relative',
      }),
    )
    await bed.pass(
      anomalyOf({ id: 'ano_3', signal: 'exception_new', dimension: 'TypeError', unit: 'count', observed: 12 }),
    )
    expect(told()).toEqual(['firing'])
    expect(bodies()[0]?.alerts).toHaveLength(2)
    expect((await listIncidents(bed.state)).items[0]?.anomaly_ids).toHaveLength(3)
  })

  it('names every service that one deploy hurts', async () => {
    const suspect = {
      deploy_id: 'd_v42',
      service: 'checkout',
      version: 'v42',
      commit: 'b'.repeat(40),
      score: 0.9,
      evidence: [],
    }
    await fire(
      anomalyOf(),
      ...['cart', 'web', 'mail', 'search'].map((service) =>
        anomalyOf({ id: `ano_${service}`, service, deploy: null, suspects: [suspect] }),
      ),
    )
    const { items } = await listIncidents(bed.state)
    expect(items).toMatchObject([
      { service: 'checkout', services: ['checkout', 'cart', 'mail', 'search', 'web'], severity: 'critical' },
    ])
    expect(told()).toEqual(['firing'])
  })

  it('is one of its own for another service, environment or deploy', async () => {
    await fire(
      anomalyOf({ deploy: null }),
      anomalyOf({ id: 'ano_2', deploy: null, environment: 'staging' }),
      anomalyOf({ id: 'ano_3', deploy: null, service: 'cart' }),
      anomalyOf({ id: 'ano_4' }),
    )
    expect((await listIncidents(bed.state)).items).toHaveLength(4)
    expect(new Set(bodies().map((b) => b.groupKey)).size).toBe(4)
  })

  it('is repeated after four hours, unless somebody has acknowledged it', async () => {
    await fire(anomalyOf(), anomalyOf({ id: 'ano_2', service: 'cart', deploy: null }))
    const { items } = await listIncidents(bed.state, { service: 'cart' })
    await acknowledgeIncident(bed.context, items[0]?.id ?? '', 'ada')
    await noteIncident(bed.context, items[0]?.id ?? '', 'known, being fixed')
    await bed.clock.advance(4 * 3_600_000)
    await bed.pass()
    expect(
      bodies()
        .map((b) => b.alerts[0]?.labels.service)
        .sort(),
    ).toEqual(['cart', 'checkout', 'checkout'])
    expect(await getIncident(bed.state, items[0]?.id ?? '')).toMatchObject({
      acknowledged_by: 'ada',
      note: 'known, being fixed',
    })
  })
})

describe('a silence', () => {
  it('keeps an incident from being told, and lets it be told when it ends', async () => {
    const silence = await createSilence(bed.context, {
      matchers: { service: 'checkout', signal: 'error_ratio' },
      ends_at: at(3_600_000),
    })
    await fire(anomalyOf())
    expect(told()).toEqual([])
    expect((await listIncidents(bed.state)).items).toMatchObject([{ state: 'firing' }])
    await expireSilence(bed.context, silence.id)
    await bed.pass()
    expect(told()).toEqual(['firing'])
  })

  it('leaves what it does not match', async () => {
    await createSilence(bed.context, { matchers: { service: 'cart' }, ends_at: at(3_600_000) })
    await fire(anomalyOf())
    expect(told()).toEqual(['firing'])
  })

  it('mutes one signal of one route: others are told, without it', async () => {
    const matchers = { service: 'checkout', signal: 'error_ratio', dimension: 'POST /pay' }
    await createSilence(bed.context, { matchers, ends_at: at(3_600_000) })
    const muted = anomalyOf({ observed: 0.5, effect: 0.49 })
    await fire(muted)
    expect(told()).toEqual([])
    await fire(anomalyOf({ id: 'ano_2', dimension: 'GET /cart' }))
    expect(told()).toEqual(['firing'])
    expect(bodies()[0]?.alerts.map((a) => a.labels.dimension)).toEqual(['GET /cart'])
    expect(bodies()[0]?.commonAnnotations.title).toContain('GET /cart')
    const [shown] = (await listIncidents(bed.state)).items
    expect(shown?.anomaly_ids).toHaveLength(2)
  })

  /**  POST /pay, muted   ────────────────────────────
   *   GET /cart          ──────┐                  mute ends
   *   told               firing  resolved         firing   */
  it('of one signal keeps no incident open, and lets it be told again when it ends', async () => {
    const matchers = { service: 'checkout', signal: 'error_ratio', dimension: 'POST /pay' }
    const silence = await createSilence(bed.context, { matchers, ends_at: at(3_600_000) })
    const cart = anomalyOf({ id: 'ano_2', dimension: 'GET /cart' })
    await fire(anomalyOf(), cart)
    await bed.pass(closed(cart, 10_000))
    await bed.clock.advance(61_000)
    await bed.pass()
    expect(told()).toEqual(['firing', 'resolved'])
    expect(bodies()[1]?.alerts.map((a) => a.labels.dimension)).toEqual(['GET /cart'])
    await expireSilence(bed.context, silence.id)
    await bed.pass(anomalyOf({ observed: 0.2, updated_at: at(65_000) }))
    await bed.clock.advance(3_000)
    await bed.pass()
    expect(told()).toEqual(['firing', 'resolved', 'firing'])
    expect(bodies()[2]?.alerts.map((a) => a.labels.dimension)).toEqual(['POST /pay'])
  })

  it('owes no resolved for what was never told', async () => {
    await createSilence(bed.context, { matchers: { environment: 'production' }, ends_at: at(3_600_000) })
    await fire(anomalyOf())
    await bed.pass(closed(anomalyOf(), 10_000))
    await bed.clock.advance(61_000)
    await bed.pass()
    expect(sink.received).toEqual([])
    expect((await listIncidents(bed.state)).items).toMatchObject([{ state: 'resolved' }])
  })
})
