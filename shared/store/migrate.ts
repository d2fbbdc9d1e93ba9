import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Store } from './store.ts'

export type Migration = { version: number; name: string; sql: string; sha256: string }

/** What stands in braces in a migration's text, so that one text serves embedded, server and cluster. */
export type Variables = { on_cluster: string; engine_prefix: string; ttl_days: string }

export const variablesFor = (o: { cluster: string; retentionDays: number }): Variables => ({
  on_cluster: o.cluster ? `ON CLUSTER ${o.cluster}` : '',
  engine_prefix: o.cluster ? 'Replicated' : '',
  ttl_days: String(o.retentionDays),
})

/** Reads `NNNN_name.sql` files; numbers must run from 1 without a gap. */
export function readMigrations(folder: string): Migration[] {
  const files = readdirSync(folder)
    .filter((file) => /^\d{4}_.*\.sql$/.test(file))
    .sort()
  return files.map((file, i) => {
    const version = Number(file.slice(0, 4))
    if (version !== i + 1) throw new Error(`cannot use migration ${file}: number ${i + 1} is missing or doubled`)
    const sql = readFileSync(join(folder, file), 'utf8')
    return { version, name: file.slice(5, -4), sql, sha256: createHash('sha256').update(sql).digest('hex') }
  })
}

/** Splits a script into statements at `;`, aware of quotes and comments. */
export function splitStatements(sql: string): string[] {
  const statements: string[] = []
  let start = 0
  const token = /'(?:[^'\\]|\\.|'')*'|`[^`]*`|"[^"]*"|--[^\n]*|\/\*[\s\S]*?\*\/|;/g
  for (const match of sql.matchAll(token)) {
    if (match[0] !== ';') continue
    statements.push(sql.slice(start, match.index))
    start = match.index + 1
  }
  statements.push(sql.slice(start))
  const hasCode = (s: string) => s.replace(/--[^\n]*|\/\*[\s\S]*?\*\//g, '').trim() !== ''
  return statements.filter(hasCode).map((s) => s.trim())
}

export const render = (sql: string, variables: Variables): string =>
  sql.replace(/\{(on_cluster|engine_prefix|ttl_days)\}/g, (_, name: keyof Variables) => variables[name])

/**
 * Applies the migrations that the database does not have yet, in order, and sets how long each table keeps its rows.
 * @returns the versions applied now
 * @throws Error when a released migration was edited, or the database is newer than this program
 */
export async function migrate(store: Store, migrations: Migration[], variables: Variables): Promise<number[]> {
  await store.exec(
    render(
      `CREATE TABLE IF NOT EXISTS schema_migrations {on_cluster} (version UInt32, name String, sha256 String, applied_at DateTime64(3) DEFAULT now64(3)) ENGINE = {engine_prefix}MergeTree ORDER BY version`,
      variables,
    ),
  )
  const applied = await store.rows<{ version: number; name: string; sha256: string }>(
    'SELECT version, name, sha256 FROM schema_migrations ORDER BY version',
  )
  const known = new Map(migrations.map((m) => [m.version, m]))
  for (const row of applied) {
    const migration = known.get(Number(row.version))
    if (!migration)
      throw new Error(
        `cannot use this database: it has migration ${row.version} (${row.name}), which this version of Plumbline does not know. Use a newer Plumbline`,
      )
    if (migration.sha256 !== row.sha256)
      throw new Error(
        `cannot migrate: ${migration.version}_${migration.name}.sql was edited after it was applied. Restore it and add a new migration`,
      )
  }
  const done = new Set(applied.map((row) => Number(row.version)))
  const pending = migrations.filter((m) => !done.has(m.version))
  for (const migration of pending) {
    for (const statement of splitStatements(render(migration.sql, variables))) await store.exec(statement)
    await store.insert('schema_migrations', [
      { version: migration.version, name: migration.name, sha256: migration.sha256 },
    ])
  }
  await keepFor(store, migrations, variables)
  return pending.map((m) => m.version)
}

/** Gives tables the retention of the settings where theirs is another: what a migration wrote would else hold for ever. */
async function keepFor(store: Store, migrations: Migration[], variables: Variables): Promise<void> {
  const tables = await store.rows<{ name: string; engine_full: string }>(
    'SELECT name, engine_full FROM system.tables WHERE database = currentDatabase()',
  )
  const engines = new Map(tables.map((t) => [t.name, t.engine_full]))
  for (const statement of migrations.flatMap((m) => splitStatements(m.sql))) {
    const [, table = '', text = ''] = /TABLE IF NOT EXISTS (\w+)[\s\S]*^TTL (.*\{ttl_days\}.*)$/m.exec(statement) ?? []
    const ttl = render(text, variables)
    if (ttl !== '' && engines.get(table)?.includes(`TTL ${ttl}`) === false)
      await store.exec(render(`ALTER TABLE ${table} {on_cluster} MODIFY TTL ${ttl}`, variables))
  }
}
