import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { migrate, readMigrations, variablesFor } from '../../../shared/store/migrate.ts'
import { openServer } from '../../../shared/store/server.ts'
import type { Store } from '../../../shared/store/store.ts'
import { type Child, startChild } from '../../support/child.ts'
import { openTestServer, type TestServer } from '../../support/clickhouse-server.ts'
import { ClientLedger, post } from '../../support/ledger.ts'
import { encodeRequest, requestOf } from '../../support/otlp.ts'
import { until } from '../../support/wait.ts'

const dir = mkdtempSync(join(tmpdir(), 'plumbline-server-ingest-'))
const ledger = new ClientLedger()
const run = crypto.randomUUID().slice(0, 8)
let server: TestServer
let store: Store

beforeAll(async () => {
  server = await openTestServer()
  store = await openServer(server.url)
  await migrate(store, readMigrations('migrations'), variablesFor({ cluster: '', retentionDays: 3650 }))
})
afterAll(async () => {
  await store.close()
  await server.close()
  rmSync(dir, { recursive: true, force: true })
})

const start = (env: Record<string, string> = {}): Promise<Child> =>
  startChild(dir, { PLUMBLINE_CLICKHOUSE_URL: server.url, ...env })

/** Sends until so many more items are acknowledged, or nobody answers. */
async function send(child: Child, items: number): Promise<void> {
  const enough = ledger.ackedItems + items
  while (ledger.ackedItems < enough) if ((await ledger.send(child.urls.otlpHttp, 20, run)) === 0) return
}

const nothingWaits = async (child: Child): Promise<void> => {
  while (ledger.waiting > 0) await ledger.send(child.urls.otlpHttp, 20, run)
  expect(await child.stop()).toBe(0)
}

/** ingest: start ─ load ─ kill -9 in the second insert ─ start ─ load ─ kill -9 ─ start ─ re-send ─ stop */
it('keeps every acknowledged item once when ingest is killed while the server inserts', async () => {
  const first = await start({ PLUMBLINE_FAILPOINT: 'mid_insert:2' })
  await send(first, Number.POSITIVE_INFINITY)
  const second = await start()
  await send(second, 1000)
  await second.kill()
  await nothingWaits(await start())
  expect(ledger.ackedItems).toBeGreaterThan(1000)
  expect(await ledger.compare(store.rows)).toEqual({ stored: ledger.ackedItems, lost: 0, doubled: 0, foreign: 0 })
}, 120_000)

const anInsertRuns = async () => {
  const rows = await store.rows(
    "SELECT 1 FROM system.processes WHERE startsWith(Settings['log_comment'], 'plumbline otel_')",
  )
  return rows.length > 0 ? true : undefined
}

/** server: ─ load ─ kill -9 in an insert ── load, acknowledged from the log ── start ─ load ─ ; ingest runs through */
it('acknowledges while the server is away, and stores all of it once when the server is back', async (test) => {
  const { kill, restart } = server
  if (!kill || !restart) return test.skip()
  await store.exec('ALTER TABLE otel_logs ADD CONSTRAINT slow CHECK sleepEachRow(0.005) = 0')
  const child = await start()
  await send(child, 1000)
  await until('insert that runs', anInsertRuns, 1200)
  await kill()
  await send(child, 100)
  await until('insert that failed', () => child.complaints.find((c) => c.event === 'insert_failed'), 1200)
  await restart()
  await store.exec('ALTER TABLE otel_logs DROP CONSTRAINT slow')
  await send(child, 500)
  await nothingWaits(child)
  expect(await ledger.compare(store.rows)).toEqual({ stored: ledger.ackedItems, lost: 0, doubled: 0, foreign: 0 })
}, 120_000)

/**
 *  ingest: post ─ kill -9 ── start ── finds the insert running ─────── counts ─ stop
 *  server:   └─ insert ────────────────────────────────────────┘
 */
it('stores a batch once when its insert outlives the ingest that sent it', async () => {
  for (const name of ['slow_1', 'slow_2', 'slow_3'])
    await store.exec(`ALTER TABLE otel_logs ADD CONSTRAINT ${name} CHECK sleepEachRow(0.1) = 0`)
  const ids = Array.from({ length: 25 }, (_, i) => `outlives-${i}`)
  const body = encodeRequest('logs', requestOf('logs', ids, Date.now()))
  const first = await start()
  expect(await post(`${first.urls.otlpHttp}/v1/logs`, body)).toBe(200)
  await until('insert that runs', anInsertRuns, 1200)
  await first.kill()
  const second = await start()
  const counted = () => store.rows("SELECT count() AS n FROM otel_logs WHERE startsWith(Body, 'outlives-')")
  await until('end of the insert', async () => ((await anInsertRuns()) ? undefined : true), 1200)
  expect(await second.stop()).toBe(0)
  expect(await counted()).toEqual([{ n: '25' }])
  for (const name of ['slow_1', 'slow_2', 'slow_3']) await store.exec(`ALTER TABLE otel_logs DROP CONSTRAINT ${name}`)
}, 120_000)

it('sets the rows aside that the server refuses, and stores their neighbours', async () => {
  await store.exec("ALTER TABLE otel_logs ADD CONSTRAINT no_poison CHECK Body != 'poison'")
  const ids = Array.from({ length: 20 }, (_, i) => (i === 7 || i === 14 ? 'poison' : `healthy-${i}`))
  const child = await start()
  expect(await post(`${child.urls.otlpHttp}/v1/logs`, encodeRequest('logs', requestOf('logs', ids, Date.now())))).toBe(
    200,
  )
  const dead = await until(
    'two dead rows',
    async () => {
      const rows = await store.rows<Record<string, unknown>>(
        'SELECT table, row, rows, reason FROM dead_rows ORDER BY row',
      )
      return rows.length === 2 ? rows : undefined
    },
    1200,
  )
  expect(await child.stop()).toBe(0)
  expect(dead).toMatchObject([
    { table: 'otel_logs', row: 7, rows: 1, reason: expect.stringContaining('no_poison') },
    { table: 'otel_logs', row: 14, rows: 1 },
  ])
  const healthy = await store.rows("SELECT count() AS n FROM otel_logs WHERE startsWith(Body, 'healthy-')")
  expect(healthy).toEqual([{ n: '18' }])
}, 120_000)
