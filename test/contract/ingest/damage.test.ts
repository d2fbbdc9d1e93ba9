import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { parseSegmentName, scanSegment } from '../../../services/ingest/log/segment.ts'
import { type IngestBed, openIngest } from '../../support/ingest.ts'
import { encodeRequest, requestOf, type SignalName } from '../../support/otlp.ts'
import { until } from '../../support/wait.ts'

const SIGNALS: SignalName[] = ['traces', 'logs', 'metrics']
const TABLES = ['otel_traces', 'otel_logs', 'otel_metrics_gauge']
let bed: IngestBed
/** Where minutes cannot be noted there is no checkpoint: the log keeps seals of rows that the tables hold. */
let refused: 'notes' | 'rows' | null = null
beforeAll(async () => {
  bed = await openIngest({
    wrap: (store) => ({
      ...store,
      insert: (...call) => (refused === 'notes' ? Promise.reject(new Error('refused')) : store.insert(...call)),
      insertNative: (block) => (refused === 'rows' ? Promise.reject(new Error('refused')) : store.insertNative(block)),
    }),
  })
})
afterAll(() => bed.close())

async function send(signal: SignalName, ids: string[]): Promise<void> {
  const body = new Uint8Array(encodeRequest(signal, requestOf(signal, ids, Date.now())))
  const headers = { 'content-type': 'application/x-protobuf' }
  expect((await fetch(`${bed.http}/v1/${signal}`, { method: 'POST', headers, body })).status).toBe(200)
}

const counts = async (): Promise<number[]> => {
  const sql = TABLES.map((table) => `(SELECT count() FROM ${table})`).join(', ')
  const [row] = await bed.store.rows<{ n: string[] }>(`SELECT [${sql}] AS n`)
  return row!.n.map(Number)
}
const drained = () =>
  until('an empty log', async () => ((await bed.metric('log_age_seconds')) === 0 ? true : undefined))

/** Turns a byte of every seal in the log. @returns how many there were */
function damageSeals(): number {
  const folder = join(bed.dir, 'log')
  let damaged = 0
  for (const file of readdirSync(folder)) {
    const name = parseSegmentName(file)
    if (name === null) continue
    const bytes = readFileSync(join(folder, file))
    const seals = scanSegment(bytes, name, true).records.filter((r) => r.type === 'seal')
    for (const { end } of seals) bytes[end - 2]! ^= 0xff
    writeFileSync(join(folder, file), bytes)
    damaged += seals.length
  }
  return damaged
}

async function restartDamaged(): Promise<void> {
  await bed.service.stop()
  expect(damageSeals()).toBeGreaterThanOrEqual(SIGNALS.length)
  refused = null
  bed.context.metrics.clear()
  await bed.restart()
  await drained()
}

/** log:  bodies, seals ── no checkpoint ─ stop ─ every seal damaged ─ start ── checkpoint
 *  table: rows ────────────────────────────────────────────────────────── the same rows
 */
it('does not store a batch again whose seal is damaged before its checkpoint was written', async () => {
  refused = 'notes'
  for (let i = 0; i < 4; i++) for (const signal of SIGNALS) await send(signal, [`${i}a`, `${i}b`, `${i}c`])
  await until('rows', async () => ((await counts()).every((n) => n === 12) ? true : undefined))
  await restartDamaged()
  expect(await bed.metric('replayed_records_total')).toBe(12)
  expect(await counts()).toEqual([12, 12, 12])
})

/** log:  bodies, seals ─ the engine refuses ─ stop ─ every seal damaged ─ start ── checkpoint
 *  table:                                                                    rows
 */
it('stores a batch whose seal is damaged before its rows were', async () => {
  refused = 'rows'
  for (const signal of SIGNALS) await send(signal, ['later'])
  await until('a refused insert', async () => ((await bed.metric('insert_failures_total')) > 2 ? true : undefined))
  await restartDamaged()
  expect(await counts()).toEqual([13, 13, 13])
})
