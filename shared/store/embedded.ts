import { randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, rmSync } from 'node:fs'
import { unlink, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { ClickHouseClient } from '@clickhouse/client'
import { connect } from './embedded-connect.ts'
import { Reader } from './embedded-reader.ts'
import { identifier, insertSettings, literal, type NativeBlock, type Params, type Store } from './store.ts'

/** With the writer, one less than the threads of libuv: an engine query holds one, and the log must not wait for it to sync. */
const READERS = 2

/**
 * Wraps the engine's refusal of a folder into what to do about it: it tells why on standard error only. Who holds a folder has a file
 * `status` in it; an engine that could not start has deleted its own.
 */
function openError(error: unknown, path: string): Error {
  const text = String((error as Error).message ?? error)
  if (/lock|Another server|Failed to create connection/i.test(text)) {
    return new Error(
      existsSync(join(path, 'status'))
        ? `cannot open ${path}: another Plumbline process uses this data folder. Stop it, or set PLUMBLINE_DATA_DIR to another folder`
        : `cannot open ${path}: the engine does not start on it; its own message stands above. Restore the folder from a backup, or move it away to begin with an empty one: telemetry and verdicts are in it, channels and keys are not`,
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
  mkdirSync(path, { recursive: true, mode: 0o700 })
  rmSync(segments, { recursive: true, force: true })
  mkdirSync(segments, { recursive: true, mode: 0o700 })
  const opened: { close(): Promise<void> }[] = []
  const keep = <T extends { close(): Promise<void> }>(part: T): T => {
    opened.push(part)
    return part
  }
  try {
    const writer = keep(await connect(path, { async_insert: 0 }))
    const killer = keep(await connect(path, {}))
    const readers: Reader[] = []
    for (let i = 0; i < READERS; i++) readers.push(keep(await Reader.open(path, killer)))
    return storeOf(writer, readers, segments, () => closeAll(opened))
  } catch (error) {
    await closeAll(opened)
    throw openError(error, path)
  }
}

async function closeAll(opened: readonly { close(): Promise<void> }[]): Promise<void> {
  for (const part of opened) await part.close()
}

const storeOf = (
  writer: ClickHouseClient,
  readers: readonly Reader[],
  segments: string,
  close: () => Promise<void>,
): Store => ({
  engine: 'embedded',
  rows: <T>(sql: string, params?: Params, signal?: AbortSignal) =>
    readers.reduce((a, b) => (b.queued < a.queued ? b : a)).rows<T>(sql, params, signal),
  exec: async (sql, params) => {
    await writer.command({ query: sql, ...(params && { query_params: params }) })
  },
  insert: async (table, values) => {
    if (values.length > 0) await writer.insert({ table: identifier(table), values: [...values], format: 'JSONEachRow' })
  },
  ...inserts(writer, segments),
  close,
})

/** Inserts end with this process, so that it knows itself which of them run. */
function inserts(writer: ClickHouseClient, segments: string): Pick<Store, 'insertNative' | 'isInserting'> {
  const running = new Map<string, Promise<void>>()
  return {
    insertNative: async (block) => {
      const insert = insertFile(writer, segments, block)
      const { tag } = block
      if (tag === undefined) return insert
      running.set(tag, insert)
      try {
        await insert
      } finally {
        if (running.get(tag) === insert) running.delete(tag)
      }
    },
    isInserting: async (tag) => running.has(tag),
  }
}

async function insertFile(writer: ClickHouseClient, folder: string, block: NativeBlock): Promise<void> {
  const file = join(folder, `${randomUUID()}.native`)
  const columns = block.columns.map(identifier).join(', ')
  const slice = block.slice ? `LIMIT ${block.slice.rows} OFFSET ${block.slice.offset}` : ''
  await writeFile(file, block.bytes)
  try {
    await writer.command({
      query: `INSERT INTO ${identifier(block.table)} (${columns}) SELECT ${columns} FROM file(${literal(file)}, 'Native') ${slice} SETTINGS max_block_size = 1048576, ${insertSettings(block.table).join(', ')}`,
    })
  } finally {
    await unlink(file).catch(() => {})
  }
}
