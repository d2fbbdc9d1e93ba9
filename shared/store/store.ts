/** What the rest of Plumbline sees of ClickHouse, whether it runs in this process or on a server. */
export type Params = Record<string, string | number | boolean | bigint | readonly (string | number)[] | null>

/** One block in the Native format with these columns. `slice` inserts only some of its rows. */
export type NativeBlock = {
  table: string
  columns: readonly string[]
  rows: number
  bytes: Uint8Array
  slice?: { offset: number; rows: number } | undefined
  /** Names this insert for `isInserting`. */
  tag?: string | undefined
}

export type Store = {
  readonly engine: 'embedded' | 'server'
  /**
   * Reads rows over a read-only connection with limits on time, memory, rows read and rows returned. Values are bound as
   * `{name:Type}`. 64-bit integers come back as decimal strings. `signal` ends the read in the engine too.
   * @throws Error of the engine, or because `signal` was aborted; message begins "cannot read"
   */
  rows<T>(sql: string, params?: Params, signal?: AbortSignal): Promise<T[]>
  /** Runs one statement that writes or changes the schema. Settings go into its text: `… SETTINGS k = v`. */
  exec(sql: string, params?: Params): Promise<void>
  /** Inserts row objects (JSONEachRow): for small tables. Telemetry goes through `insertNative`. */
  insert(table: string, rows: readonly Record<string, unknown>[]): Promise<void>
  /** Inserts one Native block as one part, synced to disk before it resolves. */
  insertNative(block: NativeBlock): Promise<void>
  /**
   * Whether an insert of this tag still runs in the engine, though whoever began it may be gone. Once false it stays so until
   * the tag is used again: what the table holds then is final.
   */
  isInserting(tag: string): Promise<boolean>
  close(): Promise<void>
}

/** Limits of every read. Ingest must never starve because of a query. */
export const readLimits = {
  max_execution_time: 30,
  max_memory_usage: 2_000_000_000,
  max_rows_to_read: 2_000_000_000,
  max_result_rows: 1_000_000,
  max_result_bytes: 256_000_000,
} as const

/** Names that may stand in SQL as they are: tables and columns of ours. */
export function identifier(name: string): string {
  if (!/^[A-Za-z_][A-Za-z0-9_.]*$/.test(name)) throw new Error(`cannot use ${JSON.stringify(name)} as an identifier`)
  return `\`${name}\``
}

/** A text as a literal of SQL, for the few places that take no parameters. */
export const literal = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`

/**
 * Of a table apart. The words of log lines are indexed by the first merge, which indexes all of its lines anyway: done at the insert as well, it
 * was a third of that. Until then a search reads the lines of fresh parts.
 */
const SETTINGS_OF: Readonly<Record<string, readonly string[]>> = {
  otel_logs: ['materialize_skip_indexes_on_insert = 0'],
}

/** What stands in the text of an insert of a Native block. A block becomes one part, and one core is left to others. */
export const insertSettings = (table: string): string[] => [
  'max_insert_threads = 1',
  'max_threads = 1',
  ...(SETTINGS_OF[table] ?? []),
]
