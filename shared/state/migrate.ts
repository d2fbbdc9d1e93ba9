import { type Migration, splitStatements } from '../store/migrate.ts'
import type { State } from './state.ts'

/** Applies the state's migrations (`migrations/state`) that it does not have yet, each in one transaction. */
export async function migrateState(state: State, migrations: Migration[]): Promise<number[]> {
  await state.run(
    'CREATE TABLE IF NOT EXISTS schema_migrations (version INTEGER PRIMARY KEY, name TEXT NOT NULL, sha256 TEXT NOT NULL)',
  )
  const applied = await state.all<{ version: number; sha256: string }>('SELECT version, sha256 FROM schema_migrations')
  const done = new Map(applied.map((row) => [Number(row.version), row.sha256]))
  const pending = migrations.filter((m) => !done.has(m.version))
  for (const m of migrations) {
    const sha256 = done.get(m.version)
    if (sha256 && sha256 !== m.sha256)
      throw new Error(
        `cannot migrate the state: ${m.version}_${m.name}.sql was edited after it was applied. Restore it and add a new migration`,
      )
  }
  if (applied.length > migrations.length)
    throw new Error('cannot use this state: a newer Plumbline wrote it. Use that version or a newer one')
  for (const m of pending) {
    await state.transaction(async (tx) => {
      // Another replica may have applied it since it was looked up.
      if (await tx.get('SELECT version FROM schema_migrations WHERE version = ?', m.version)) return
      for (const statement of splitStatements(m.sql)) await tx.run(statement)
      await tx.run(
        'INSERT INTO schema_migrations (version, name, sha256) VALUES (?, ?, ?)',
        m.version,
        m.name,
        m.sha256,
      )
    })
  }
  return pending.map((m) => m.version)
}
