import { chmodSync, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import Database from 'libsql'
import type { State, Tx, Value } from './state.ts'

const SETUP =
  'PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA busy_timeout = 5000;'

/** The file is its owner's alone: it holds hashes of keys and sealed secrets. */
function open(file: string): Database.Database {
  try {
    const db = new Database(file)
    chmodSync(file, 0o600)
    db.exec(SETUP)
    return db
  } catch (error) {
    const { message } = error as Error
    const isDamaged = /not a database|malformed/i.test(message)
    throw new Error(
      `cannot open the state in ${file}: ${message}. ${isDamaged ? 'Restore it from a backup, or move it away to begin with an empty one: deploys, channels and keys are in it' : 'Check that this user owns the folder'}`,
    )
  }
}

/** Opens the state in a SQLite file; each transaction is on disk when it returns (WAL, synchronous = FULL). */
export function openSqlite(file: string): State {
  mkdirSync(dirname(file), { recursive: true })
  const db = open(file)
  const plain = <T>(row: unknown): T => {
    const { _metadata, ...rest } = row as Record<string, unknown>
    return rest as T
  }
  const tx: Tx = {
    all: async <T>(sql: string, ...values: Value[]) =>
      (db.prepare(sql).all(...values) as unknown[]).map((row) => plain<T>(row)),
    get: async <T>(sql: string, ...values: Value[]) => {
      const row = db.prepare(sql).get(...values)
      return row === undefined ? undefined : plain<T>(row)
    },
    run: async (sql, ...values) => db.prepare(sql).run(...values).changes,
  }
  // One connection: a transaction must not see statements of another between its own, so all work stands in one queue.
  let tail: Promise<unknown> = Promise.resolve()
  const queued = <T>(work: () => Promise<T>): Promise<T> => {
    const result = tail.then(work)
    tail = result.catch(() => {})
    return result
  }
  return {
    kind: 'sqlite',
    all: (sql, ...values) => queued(() => tx.all(sql, ...values)),
    get: (sql, ...values) => queued(() => tx.get(sql, ...values)),
    run: (sql, ...values) => queued(() => tx.run(sql, ...values)),
    transaction: (work) =>
      queued(async () => {
        db.exec('BEGIN IMMEDIATE')
        try {
          const result = await work(tx)
          db.exec('COMMIT')
          return result
        } catch (error) {
          // After a full disk the engine has rolled back by itself; what counts is the first error.
          try {
            db.exec('ROLLBACK')
          } catch {}
          throw error
        }
      }),
    close: async () => {
      await tail
      db.close()
    },
  }
}
