import { join } from 'node:path'
import { Registry } from 'prom-client'
import { ingest } from '../../services/ingest/service.ts'
import { systemClock } from '../../shared/runtime/clock.ts'
import { loadConfig } from '../../shared/runtime/config.ts'
import { stopSignal } from '../../shared/runtime/lifecycle.ts'
import { createLog } from '../../shared/runtime/log.ts'
import type { Context } from '../../shared/runtime/service.ts'
import { migrateState } from '../../shared/state/migrate.ts'
import { openSqlite } from '../../shared/state/sqlite.ts'
import { migrate, readMigrations, variablesFor } from '../../shared/store/migrate.ts'
import { openStore } from '../../shared/store/open.ts'

/** The ingest target alone in a process, started as `up` starts it: for tests that kill it. */
const startedMs = performance.now()
const config = loadConfig()
const store = await openStore(config)
await migrate(store, readMigrations('migrations'), variablesFor({ cluster: '', retentionDays: config.retentionDays }))
const state = openSqlite(join(config.dataDir, 'state.db'))
await migrateState(state, readMigrations('migrations/state'))
const log = createLog(config.logLevel)
const context: Context = {
  config,
  log,
  store,
  state,
  clock: systemClock,
  metrics: new Registry(),
  random: Math.random,
  urls: {},
  readiness: () => ({ ready: true, reasons: [] }),
}
const service = ingest(context)
await service.start()
const stopped = stopSignal()
log.info({ event: 'ready', ...context.urls, startMs: Math.round(performance.now() - startedMs) }, 'ready')
await stopped
await service.stop()
await state.close()
await store.close()
process.exit(0)
