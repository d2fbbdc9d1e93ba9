import { afterAll, beforeAll, expect, it } from 'vitest'
import { application, ways } from '../../support/exporters.ts'
import { type IngestBed, openIngest } from '../../support/ingest.ts'

let bed: IngestBed
beforeAll(async () => {
  bed = await openIngest()
})
afterAll(() => bed.close())

it.each(ways)('stores all that the stock SDK sends by $protocol, compression $compression', async (way) => {
  const app = application(way, bed)
  const name = `${way.protocol}-${way.compression}`
  for (let i = 0; i < 50; i++) app.emit(`${name}-${i}`)
  app.count(`${name}-counter`)
  await app.flush()
  await app.stop()
  const where = `WHERE ServiceName = '${name}'`
  const spans = await bed.rows<{ id: string }>(`SELECT SpanName AS id FROM otel_traces ${where}`, 50)
  const logs = await bed.rows<{ id: string }>(`SELECT Body AS id FROM otel_logs ${where}`, 50)
  const points = await bed.rows<{ id: string }>(`SELECT MetricName AS id FROM otel_metrics_sum ${where}`, 1)
  const expected = Array.from({ length: 50 }, (_, i) => `${name}-${i}`).sort()
  expect(spans.map((row) => row.id).sort()).toEqual(expected)
  expect(logs.map((row) => row.id).sort()).toEqual(expected)
  expect(points[0]?.id).toBe(`${name}-counter`)
})
