import pg from 'pg'
import type { State, Tx, Value } from './state.ts'

/** One key for all of Plumbline: who holds this lock is the one writer, as in SQLite. */
const WRITER_LOCK = 7_583_221
const INT8 = 20
const POOL_SIZE = 8
const MAX_CACHED = 1000

const translated = new Map<string, string>()

/** Turns `?` into `$1`, `$2` …, but not inside quotes or comments. */
export function numbered(sql: string): string {
  const known = translated.get(sql)
  if (known !== undefined) return known
  let n = 0
  const result = sql.replace(/'(?:[^']|'')*'|"[^"]*"|--[^\n]*|\?/g, (part) => (part === '?' ? `$${++n}` : part))
  if (translated.size < MAX_CACHED) translated.set(sql, result)
  return result
}

type Runner = { query(sql: string, values: Value[]): Promise<{ rows: unknown[]; rowCount: number | null }> }

const txOf = (runner: Runner): Tx => ({
  all: async <T>(sql: string, ...values: Value[]) => (await runner.query(numbered(sql), values)).rows as T[],
  get: async <T>(sql: string, ...values: Value[]) =>
    (await runner.query(numbered(sql), values)).rows[0] as T | undefined,
  run: async (sql, ...values) => (await runner.query(numbered(sql), values)).rowCount ?? 0,
})

/**
 * Opens the state in PostgreSQL. Writers take one advisory lock, so that each transaction sees all that came before it and
 * none fails for having been raced: what SQLite gives, across replicas. Reads take none. 64-bit integers come back as numbers.
 */
export async function openPostgres(url: string): Promise<State> {
  const types = {
    getTypeParser: (oid: number, format?: string) =>
      oid === INT8 ? Number : pg.types.getTypeParser(oid, format as 'text'),
  }
  const pool = new pg.Pool({
    connectionString: url,
    max: POOL_SIZE,
    types: types as never,
    connectionTimeoutMillis: 10_000,
    statement_timeout: 30_000,
    application_name: 'plumbline',
  })
  // An idle connection that breaks is replaced at the next call; without a listener it would end the process.
  pool.on('error', () => {})
  const transaction = async <T>(work: (tx: Tx) => Promise<T>): Promise<T> => {
    const client = await pool.connect()
    let broken: Error | undefined
    // A connection that the server ends in between fails the next statement; without a listener it would end the process.
    const noteBreak = (error: Error) => {
      broken = error
    }
    client.on('error', noteBreak)
    try {
      await client.query('BEGIN')
      await client.query('SELECT pg_advisory_xact_lock($1)', [WRITER_LOCK])
      const result = await work(txOf(client))
      await client.query('COMMIT')
      return result
    } catch (error) {
      await client.query('ROLLBACK').catch(noteBreak)
      throw error
    } finally {
      client.off('error', noteBreak)
      client.release(broken)
    }
  }
  const direct = txOf(pool)
  try {
    await direct.get('SELECT 1')
  } catch (error) {
    await pool.end()
    throw new Error(
      `cannot open the state: PostgreSQL at ${withoutSecret(url)} does not answer: ${(error as Error).message}. Check PLUMBLINE_STATE_URL`,
    )
  }
  return {
    kind: 'postgres',
    all: direct.all,
    get: direct.get,
    run: (sql, ...values) => transaction((tx) => tx.run(sql, ...values)),
    transaction,
    close: () => pool.end(),
  }
}

function withoutSecret(text: string): string {
  try {
    const url = new URL(text)
    return `${url.hostname || 'a local socket'}${url.pathname}`
  } catch {
    return 'the URL given'
  }
}
