import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { migrateState } from '../../shared/state/migrate.ts'
import { openSqlite } from '../../shared/state/sqlite.ts'
import type { State } from '../../shared/state/state.ts'
import { openEmbedded } from '../../shared/store/embedded.ts'
import { migrate, readMigrations, variablesFor } from '../../shared/store/migrate.ts'
import type { Store } from '../../shared/store/store.ts'

export type Bed = { dir: string; store: Store; state: State; close(): Promise<void> }

/** A fresh embedded engine and state with all migrations, in a folder of its own. One a test file. */
export async function openBed(): Promise<Bed> {
  const dir = mkdtempSync(join(tmpdir(), 'plumbline-test-'))
  const store = await openEmbedded(dir)
  await migrate(store, readMigrations('migrations'), variablesFor({ cluster: '', retentionDays: 3650 }))
  const state = openSqlite(join(dir, 'state.db'))
  await migrateState(state, readMigrations('migrations/state'))
  return {
    dir,
    store,
    state,
    close: async () => {
      await state.close()
      await store.close()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}
