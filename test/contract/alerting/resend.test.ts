import { afterEach, beforeEach, expect, it } from 'vitest'
import { resend } from '../../../services/alerting/resend.ts'
import { createChannel } from '../../../shared/state/channels.ts'
import { listDeliveries } from '../../../shared/state/deliveries.ts'
import { type AlertBed, anomalyOf, closed, openAlertBed, T0 } from '../../support/alerting.ts'
import { openSink, type Sink } from '../../support/sink.ts'

let bed: AlertBed
let sink: Sink
beforeEach(async () => {
  bed = await openAlertBed()
  sink = await openSink()
  await createChannel(bed.context, { name: 'am', kind: 'alertmanager', url: sink.url })
  await createChannel(bed.context, { name: 'hook', kind: 'webhook', url: sink.url })
})
afterEach(async () => {
  await bed.close()
  await sink.close()
})

/**  told     firing ······ again ······ again ····· resolved
 *   Alertmanager only; no new row among the deliveries, and nothing once it is quiet  */
it('an Alertmanager is told again of what fires, and of nothing else', async () => {
  expect(await resend(bed.context)).toBe(0)
  await bed.pass(anomalyOf())
  await bed.clock.advance(3_000)
  await bed.pass()
  const before = sink.received.length
  expect(before).toBe(2)
  await bed.clock.advance(180_000)
  expect(await resend(bed.context)).toBe(1)
  const again = sink.received.at(-1)
  expect([sink.received.length, again?.path]).toEqual([before + 1, '/hook/api/v2/alerts'])
  const [alert] = JSON.parse(again?.body ?? '[]') as { endsAt: string; labels: Record<string, string> }[]
  expect(Date.parse(alert?.endsAt ?? '')).toBeGreaterThan(bed.clock.nowMs())
  expect(alert?.labels).toEqual(
    JSON.parse(sink.received.find((r) => r.path.endsWith('alerts'))?.body ?? '[]')[0].labels,
  )
  expect((await listDeliveries(bed.state)).items).toHaveLength(2)
  await bed.pass(closed(anomalyOf(), bed.clock.nowMs() - T0))
  expect(await resend(bed.context)).toBe(0)
  await bed.clock.advance(60_000)
  await bed.pass()
  expect(await resend(bed.context)).toBe(0)
  expect(sink.received.length).toBe(before + 3)
})
