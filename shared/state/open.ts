import { join } from 'node:path'
import type { Config } from '../runtime/settings.ts'
import { openSqlite } from './sqlite.ts'
import type { State } from './state.ts'

/** Opens the state that the settings name. */
export async function openState(config: Config): Promise<State> {
  return openSqlite(join(config.dataDir, 'state.db'))
}
