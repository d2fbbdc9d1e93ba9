import { randomUUID } from 'node:crypto'
import { mkdirSync, rmSync } from 'node:fs'
import { unlink, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { type ClickHouseClient, createClient } from '@clickhouse/client'
import { readOf } from './read.ts'
import { identifier, type NativeBlock, type Params, readLimits, type Store } from './store.ts'

type Connection = NonNullable<NonNullable<Parameters<typeof createClient>[0]>['connection']>

/** With the writer, one less than the threads of libuv: an engine query holds one, and the log must not wait for it to sync. */
const READERS = 2

/** One connection to the engine in this process. The cast: chdb is typed against the client's older type package. */
async function connect(path: string, settings: Record<string, string | number>): Promise<ClickHouseClient> {
  const { createChdbConnection } = await import('chdb/connection').catch((error: Error) => {
    throw new Error(
      `cannot load the embedded engine: ${error.message}. It has packages for Linux and macOS; elsewhere set PLUMBLINE_CLICKHOUSE_URL`,
    )
  })
  const client = createClient({ connection: createChdbConnection({ path }) as unknown as Connection })
  for (const [name, value] of Object.entries(settings)) await client.command({ query: `SET ${name} = ${value}` })
  return client
}

/** Wraps the engine's refusal of a folder that is in use (it tells why on standard error only) into what to do about it. */
function openError(error: unknown, path: string): Error {
  const text = String((error as Error).message ?? error)
  if (/lock|Another server|Failed to create connection/i.test(text)) {
    return new Error(
      `cannot open ${path}: another Plumbline process uses this data folder. Stop it, or set PLUMBLINE_DATA_DIR to another folder`,
    )
  }
  return new Error(`cannot open the embedded engine in ${path}: ${text}`)
}

/**
 * Opens ClickHouse inside this process on `dataDir`. One process holds a folder, and one folder a process.
 * Writes have a connection of their own; reads share a few read-only ones (each connection serialises its calls).
 */
export async function openEmbedded(dataDir: string): Promise<Store> {
  const path = resolve(dataDir, 'engine')
  const segments = resolve(dataDir, 'segments')
  mkdirSync(path, { recursive: true })
  rmSync(segments, { recursive: true, force: true })
  mkdirSync(segments, { recursive: true })
  const quoted = { output_format_json_quote_64bit_integers: 1 }
  const clients: ClickHouseClient[] = []
  try {
    clients.push(await connect(path, { ...quoted, async_insert: 0 }))
    for (let i = 0; i < READERS; i++) clients.push(await connect(path, { ...quoted, ...readLimits, readonly: 1 }))
  } catch (error) {
    for (const client of clients) await client.close()
    throw openError(error, path)
  }
  const [writer, ...readers] = clients as [ClickHouseClient, ...ClickHouseClient[]]
  const free = readers.map((client) => ({ client, queued: 0 }))
  return {
    engine: 'embedded',
    rows: async <T>(sql: string, params?: Params) => {
      const reader = free.reduce((a, b) => (b.queued < a.queued ? b : a))
      reader.queued += 1
      try {
        return await readOf<T>(reader.client, sql, params)
      } finally {
        reader.queued -= 1
      }
    },
    exec: async (sql, params) => {
      await writer.command({ query: sql, ...(params && { query_params: params }) })
    },
    insert: async (table, values) => {
      if (values.length > 0)
        await writer.insert({ table: identifier(table), values: [...values], format: 'JSONEachRow' })
    },
    insertNative: (block) => insertFile(writer, segments, block),
    close: async () => {
      for (const client of clients) await client.close()
    },
  }
}

async function insertFile(writer: ClickHouseClient, folder: string, block: NativeBlock): Promise<void> {
  const file = join(folder, `${randomUUID()}.native`)
  const columns = block.columns.map(identifier).join(', ')
  const slice = block.slice ? `LIMIT ${block.slice.rows} OFFSET ${block.slice.offset}` : ''
  await writeFile(file, block.bytes)
  try {
    await writer.command({
      query: `INSERT INTO ${identifier(block.table)} (${columns}) SELECT ${columns} FROM file('${file.replaceAll("'", "''")}', 'Native') ${slice} SETTINGS max_block_size = 1048576, max_insert_threads = 1, max_threads = 1`,
    })
  } finally {
    await unlink(file).catch(() => {})
  }
}
