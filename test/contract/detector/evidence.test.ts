import { afterAll, expect, it } from 'vitest'
import { openDriven } from '../../support/detector.ts'
import { insertSpans, seeded, spansOf } from '../../support/telemetry.ts'

const MIN = 60_000
const { bed, d, T0 } = await openDriven(5 * 60)
afterAll(() => bed.close())

/** Requests of ten customers, each with an id of its own; those of `broken` fail, where one is named. */
async function send(service: string, fromMinute: number, minutes: number, errorRatio: number, broken?: string) {
  const random = seeded(fromMinute + 2)
  const traffic = {
    service,
    version: 'v1',
    fromMs: T0 + fromMinute * MIN,
    minutes,
    requestsPerMinute: 40,
    routes: { '/orders': { medianMs: 30, errorRatio } },
    seed: fromMinute + 3,
  }
  const rows = [...spansOf(traffic)].map((s) => {
    const customer = `c${Math.floor(10 * random())}`
    const failed = broken === undefined ? Number(s.Failed) : Number(customer === broken)
    const attributes = {
      ...(s.SpanAttributes as object),
      'http.response.status_code': failed ? '500' : '200',
      'customer.id': customer,
      'request.id': String(s.SpanId),
    }
    return { ...s, Failed: failed, HttpStatus: failed ? 500 : 200, SpanAttributes: attributes }
  })
  await insertSpans(bed.store, rows, d.nowMs())
  await d.settle()
}

it('says which customer the failing requests share, and shows traces of them', async () => {
  await send('shop', 0, 180, 0)
  await send('shop', 180, 12, 0, 'c7')
  const [anomaly] = (await d.anomalies('shop')).filter((a) => a.signal === 'error_ratio')
  const { top_attributes, exemplar_trace_ids } = anomaly!.evidence.finding
  expect(exemplar_trace_ids.length).toBeGreaterThan(0)
  expect(top_attributes.map((a) => `${a.key} ${a.value}`)).toEqual(['customer.id c7'])
  expect(top_attributes[0]!.bad_share).toBe(1)
  expect(top_attributes[0]!.all_share).toBeLessThan(0.2)
})

it('says nothing of the kind where requests of all customers fail alike', async () => {
  await send('till', 0, 180, 0)
  await send('till', 180, 12, 0.4)
  const [anomaly] = (await d.anomalies('till')).filter((a) => a.signal === 'error_ratio')
  const { top_attributes, exemplar_trace_ids } = anomaly!.evidence.finding
  expect(exemplar_trace_ids.length).toBeGreaterThan(0)
  expect(top_attributes).toEqual([])
})
