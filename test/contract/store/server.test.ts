import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { open } from '../../../services/up.ts'
import { loadConfig } from '../../../shared/runtime/config.ts'
import { readMigrations } from '../../../shared/store/migrate.ts'
import { openServer } from '../../../shared/store/server.ts'
import { literal, type Store } from '../../../shared/store/store.ts'
import { openTestServer, type TestServer } from '../../support/clickhouse-server.ts'
import { until } from '../../support/wait.ts'
import { storeContract } from './suite.ts'

describe('a ClickHouse server', () => {
  let server: TestServer
  let store: Store

  beforeAll(async () => {
    server = await openTestServer()
    store = await openServer(server.url)
  })
  afterAll(async () => {
    await store.close()
    await server.close()
  })

  storeContract(() => ({ store, restart: server.restart }))

  it('is migrated once by processes that start together', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'plumbline-together-'))
    const url = new URL(server.url)
    url.pathname = '/plumbline_together'
    const config = loadConfig({ PLUMBLINE_CLICKHOUSE_URL: url.href, PLUMBLINE_DATA_DIR: dataDir }, 'absent.yaml')
    const opened = await Promise.all([open(config), open(config), open(config)])
    const sql = 'SELECT version, count() AS times FROM schema_migrations GROUP BY version ORDER BY version'
    const once = readMigrations('migrations').map(({ version }) => ({ version, times: '1' }))
    expect(await opened[0].store.rows(sql)).toEqual(once)
    await opened[0].store.exec('DROP DATABASE plumbline_together')
    for (const { store, state } of opened) {
      await state.close()
      await store.close()
    }
    rmSync(dataDir, { recursive: true })
  })

  it('tells whether an insert still runs, when whoever began it is gone', async () => {
    const tag = "batch 'seven'"
    await store.exec('CREATE TABLE slow (n UInt64) ENGINE = MergeTree ORDER BY n')
    const first = await openServer(server.url)
    const insert = first.exec(
      `INSERT INTO slow SELECT sum(sipHash64(number)) FROM numbers(30000000) SETTINGS log_comment = ${literal(tag)}, max_threads = 1`,
    )
    const gone = insert.catch(() => {})
    await until('insert that runs', async () => (await store.isInserting(tag)) || undefined)
    expect(await store.isInserting('another')).toBe(false)
    expect(await store.rows('SELECT count() AS n FROM slow')).toEqual([{ n: '0' }])
    await first.close()
    await until('end of the insert', async () => !(await store.isInserting(tag)) || undefined)
    expect(await store.rows('SELECT count() AS n FROM slow')).toEqual([{ n: '1' }])
    await gone
  })

  it('names the server and the setting when nobody answers there', async () => {
    await expect(openServer('http://127.0.0.1:1/plumbline')).rejects.toThrow(
      /^cannot use ClickHouse at 127\.0\.0\.1:1: .*Check PLUMBLINE_CLICKHOUSE_URL$/,
    )
  })

  it('says that the server refuses the user, without the password', async () => {
    const url = new URL(server.url)
    url.password = 'not-this-one'
    const error = (await openServer(url.href).catch((e) => e)) as Error
    expect(error.message).toMatch(/^cannot use ClickHouse at .*Authentication failed/)
    expect(error.message).not.toContain('not-this-one')
  })
})
