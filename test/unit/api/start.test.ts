import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Registry } from 'prom-client'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { web } from '../../../services/web/service.ts'
import { manualClock } from '../../../shared/runtime/clock.ts'
import { loadConfig } from '../../../shared/runtime/config.ts'
import { silentLog } from '../../../shared/runtime/log.ts'
import type { Context } from '../../../shared/runtime/service.ts'
import { createKey } from '../../../shared/state/keys.ts'
import { migrateState } from '../../../shared/state/migrate.ts'
import { openSqlite } from '../../../shared/state/sqlite.ts'
import type { State } from '../../../shared/state/state.ts'
import { readMigrations } from '../../../shared/store/migrate.ts'

const dir = mkdtempSync(join(tmpdir(), 'plumbline-start-'))
let state: State
beforeAll(async () => {
  state = openSqlite(join(dir, 'state.db'))
  await migrateState(state, readMigrations('migrations/state'))
})
afterAll(async () => {
  await state.close()
  rmSync(dir, { recursive: true, force: true })
})

/** What starting needs: it reads no telemetry. */
const contextAt = (host: string) => {
  const env = { PLUMBLINE_DATA_DIR: dir, PLUMBLINE_HOST: host, PLUMBLINE_WEB_PORT: '0' }
  const config = loadConfig(env, '/nonexistent.yaml')
  const parts = { config, state, clock: manualClock(0), log: silentLog(), metrics: new Registry(), urls: {} }
  return parts as unknown as Context
}

it('the web target starts on loopback without a key, and anywhere else with one only', async () => {
  const local = web(contextAt('127.0.0.1'))
  await local.start()
  expect(local.notReady()).toBeNull()
  await local.stop()
  await expect(web(contextAt('0.0.0.0')).start()).rejects.toThrow('Make one with `plumbline key create')
  await createKey({ state, clock: manualClock(0) }, { name: 'me', scopes: ['admin'] })
  const open = web(contextAt('0.0.0.0'))
  await open.start()
  await open.stop()
})
