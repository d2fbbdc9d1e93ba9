import { afterAll, beforeAll, expect, it } from 'vitest'
import { type IngestBed, openIngest } from '../../support/ingest.ts'
import { encodeRequest, requestOf } from '../../support/otlp.ts'

let bed: IngestBed
beforeAll(async () => {
  bed = await openIngest({ env: { PLUMBLINE_ABSORB_RESENDS: 'false' } })
})
afterAll(() => bed.close())

it('stores equal bodies each where re-sends are not absorbed, also after a restart', async () => {
  const body = new Uint8Array(encodeRequest('logs', requestOf('logs', ['again'], Date.now())))
  const post = async () => {
    const headers = { 'content-type': 'application/x-protobuf' }
    expect((await fetch(`${bed.http}/v1/logs`, { method: 'POST', headers, body })).status).toBe(200)
  }
  await Promise.all([post(), post()])
  await post()
  await bed.rows('SELECT 1 FROM otel_logs', 3)
  await bed.restart()
  await post()
  await bed.rows('SELECT 1 FROM otel_logs', 4)
  expect(await bed.metric('resends_absorbed_total')).toBe(0)
})
