import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { resend } from '../../../services/alerting/resend.ts'
import { systemClock } from '../../../shared/runtime/clock.ts'
import { createChannel } from '../../../shared/state/channels.ts'
import { enqueueTest, listDeliveries } from '../../../shared/state/deliveries.ts'
import { type AlertBed, anomalyOf, closed, openAlertBed, T0 } from '../../support/alerting.ts'
import { findAlertmanager, startAlertmanager } from '../../support/alertmanager.ts'
import { openSmtpSink } from '../../support/smtp-sink.ts'

let bed: AlertBed

beforeEach(async () => {
  bed = await openAlertBed()
})
afterEach(() => bed.close())

/** Fires and is over, in the bed's time. */
const tell = async (event: 'firing' | 'resolved') => {
  if (event === 'firing') {
    await bed.pass(anomalyOf())
    await bed.clock.advance(3_000)
  } else {
    await bed.pass(closed(anomalyOf(), bed.clock.nowMs() - T0))
    await bed.clock.advance(60_000)
  }
  await bed.pass()
}

describe('a mail server', () => {
  const open = async (refuse?: () => string | null) => {
    const sink = await openSmtpSink(refuse)
    const url = `smtp://127.0.0.1:${sink.port}?from=plumbline@example.com&to=oncall@example.com,team@example.com`
    const { channel } = await createChannel(bed.context, { name: 'mail', kind: 'email', url })
    return { sink, channel }
  }

  it('receives one mail when it fires and one in the same conversation when it is over', async () => {
    const { sink } = await open()
    await tell('firing')
    await tell('resolved')
    expect(sink.mails).toHaveLength(2)
    expect(sink.mails[0]).toMatchObject({
      from: 'plumbline@example.com',
      to: ['oncall@example.com', 'team@example.com'],
    })
    const header = (i: number, name: string) => new RegExp(`^${name}: (.*)$`, 'im').exec(sink.mails[i]?.data ?? '')?.[1]
    expect(header(0, 'References')).toBe(header(1, 'References'))
    expect(header(0, 'Message-ID')).not.toBe(header(1, 'Message-ID'))
    expect(header(0, 'Subject')).toContain('CRITICAL')
    expect((await listDeliveries(bed.state)).items.map((d) => [d.state, d.last_status])).toEqual([
      ['delivered', 250],
      ['delivered', 250],
    ])
    await sink.close()
  })

  it('is tried again after 4xx and never after 5xx', async () => {
    let answer: string | null = '451 4.7.1 greylisted'
    const { sink, channel } = await open(() => answer)
    await tell('firing')
    expect((await listDeliveries(bed.state)).items).toMatchObject([{ state: 'pending', last_status: 451 }])
    answer = null
    await bed.clock.advance(6_000)
    await bed.deliver()
    expect(sink.mails).toHaveLength(1)
    answer = '550 5.1.1 no such user'
    await enqueueTest(bed.context, channel.id)
    await bed.deliver()
    expect((await listDeliveries(bed.state, { event: 'test' })).items).toMatchObject([
      { state: 'dead', last_status: 550 },
    ])
    await sink.close()
  })
})

const program = findAlertmanager()
if (!program)
  process.stderr.write(
    'a real Alertmanager: skipped, there is none here (install prometheus-alertmanager, or set PLUMBLINE_TEST_ALERTMANAGER)\n',
  )

describe.skipIf(!program)('a real Alertmanager', () => {
  type Shown = { labels: Record<string, string>; annotations: Record<string, string>; status: { state: string } }
  const open = async () => {
    const alertmanager = await startAlertmanager(program ?? '')
    await bed.clock.advance(systemClock.nowMs() - bed.clock.nowMs() - 120_000)
    await createChannel(bed.context, { name: 'am', kind: 'alertmanager', url: alertmanager.url })
    const shown = async () => (await (await fetch(`${alertmanager.url}/api/v2/alerts`)).json()) as Shown[]
    return { alertmanager, shown }
  }
  const ours = [{ service: 'checkout', route: 'POST /pay' }]
  const labels = async (shown: () => Promise<Shown[]>) => (await shown()).map((a) => a.labels)

  it('accepts and shows our alert, and lets go of it when it is over', async () => {
    const { alertmanager, shown } = await open()
    await tell('firing')
    expect((await listDeliveries(bed.state)).items).toMatchObject([{ state: 'delivered', last_status: 200 }])
    await expect.poll(() => labels(shown)).toMatchObject(ours)
    await tell('resolved')
    await expect.poll(shown, { timeout: 20_000 }).toEqual([])
    await alertmanager.stop()
  }, 60_000)

  /**  Alertmanager   alert ── killed ── nothing ── alert again ── gone
   *   ours           firing                        re-sent        resolved   */
  it('that was restarted knows nothing, is told again, and lets go of it when it is over', async () => {
    const { alertmanager, shown } = await open()
    await tell('firing')
    await expect.poll(() => labels(shown)).toMatchObject(ours)
    await alertmanager.restart()
    expect(await shown()).toEqual([])
    expect(await resend(bed.context)).toBe(1)
    await expect.poll(() => labels(shown)).toMatchObject(ours)
    await tell('resolved')
    await expect.poll(shown, { timeout: 20_000 }).toEqual([])
    expect((await listDeliveries(bed.state)).items).toHaveLength(2)
    await alertmanager.stop()
  }, 60_000)
})
