import { join } from 'node:path'
import type { Config } from '../runtime/settings.ts'
import { openSqlite } from './sqlite.ts'
import type { State } from './state.ts'

/** Opens the state that the settings name: PostgreSQL where a URL is set, else SQLite in the data folder. */
export async function openState(config: Config): Promise<State> {
  if (!config.stateUrl) return openSqlite(join(config.dataDir, 'state.db'))
  const { openPostgres } = await import('./postgres.ts')
  return openPostgres(config.stateUrl)
}
