import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openPostgres } from '../../shared/state/postgres.ts'
import { openSqlite } from '../../shared/state/sqlite.ts'
import type { State } from '../../shared/state/state.ts'
import { type Cluster, postgresMissing, startPostgres } from './postgres.ts'

/** Why there is no PostgreSQL here, or null. */
export const missing = postgresMissing()
if (missing) process.stderr.write(`the PostgreSQL half of the state's contract is skipped: ${missing}\n`)

export type Engine = { name: string; skip: boolean; start(): Promise<{ open(): Promise<State>; stop(): void }> }

/** The databases that hold the state, each empty. */
export const engines: Engine[] = [
  {
    name: 'sqlite',
    skip: false,
    start: async () => {
      const dir = mkdtempSync(join(tmpdir(), 'plumbline-state-'))
      return {
        open: async () => openSqlite(join(dir, 'state.db')),
        stop: () => rmSync(dir, { recursive: true, force: true }),
      }
    },
  },
  {
    name: 'postgres',
    skip: missing !== null,
    start: async () => {
      const cluster: Cluster = startPostgres()
      const state = await openPostgres(cluster.url)
      await state.run('DROP SCHEMA public CASCADE')
      await state.run('CREATE SCHEMA public')
      await state.close()
      return { open: () => openPostgres(cluster.url), stop: cluster.stop }
    },
  },
]
