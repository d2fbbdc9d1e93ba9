import { afterAll, beforeAll, expect, it } from 'vitest'
import { LogPatterns } from '../../../services/detector/rollups/patterns.ts'
import { listPatterns } from '../../../shared/store/logs.ts'
import { type Bed, openBed } from '../../support/embedded.ts'

let bed: Bed
beforeAll(async () => {
  bed = await openBed()
})
afterAll(() => bed.close())

const T0 = Date.parse('2026-03-01T10:00:00Z')
const line = (body: string, minute: number) => ({
  Timestamp: `${BigInt(T0 + minute * 60_000) * 1_000_000n}`,
  ServiceName: 'shop',
  Environment: 'production',
  Version: minute === 0 ? 'v1' : 'v2',
  SeverityNumber: 17,
  Body: body,
})
const listed = () => listPatterns(bed.store, { service: 'shop', fromMs: T0, toMs: T0 + 600_000, stepS: 60, limit: 10 })

it('counts the patterns of a minute, the same whatever how often, and remembers them over a restart', async () => {
  await bed.store.insert(
    'otel_logs',
    Array.from({ length: 20 }, (_, i) => line(`payment ${i} was refused by the bank`, i < 12 ? 0 : 1)),
  )
  const patterns = new LogPatterns(bed.store, bed.state)
  await patterns.recompute([T0 / 60_000, T0 / 60_000 + 1], T0)
  await patterns.save(T0, true)
  await new LogPatterns(bed.store, bed.state).recompute([T0 / 60_000], T0 + 1)
  expect(await listed()).toMatchObject([
    { n: '20', template: 'payment <*> was refused by the bank', main_severity: 'error', first_version: 'v1' },
  ])
})

it('shows patterns that became one as one', async () => {
  const words = ['Anna', 'Bert', 'Carl', 'Dora', 'Emil', 'Fred', 'Gina', 'Hans']
  await bed.store.insert(
    'otel_logs',
    words.map((w, i) => line(`the great account of ${w} is closed`, 2 + Math.floor(i / 4))),
  )
  const patterns = new LogPatterns(bed.store, bed.state)
  await patterns.recompute([T0 / 60_000 + 2, T0 / 60_000 + 3], T0 + 2)
  expect((await listed()).filter((p) => p.template.startsWith('the great'))).toMatchObject([{ n: '8' }])
})
