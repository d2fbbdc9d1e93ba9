import { Readable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { type ClickHouseClient, ClickHouseLogLevel, createClient } from '@clickhouse/client'
import { readOf } from './read.ts'
import { identifier, insertSettings, literal, type NativeBlock, type Params, readLimits, type Store } from './store.ts'

/** Code of the server's error for a database that is not there. */
const UNKNOWN_DATABASE = '81'

/**
 * Connects to a ClickHouse server. The URL carries user, password and database: `http://user:password@host:8123/plumbline`. A
 * database that is not there is created, on all nodes of `cluster` where one is named.
 * @throws Error where the server cannot be reached or refuses the user
 */
export async function openServer(url: string, o: { cluster?: string } = {}): Promise<Store> {
  const writer = connect(url, { async_insert: 0 })
  const limits = Object.fromEntries(Object.entries(readLimits).map(([name, value]) => [name, String(value)]))
  const reader = connect(url, { ...limits, readonly: '1', cancel_http_readonly_queries_on_client_close: 1 })
  const close = async () => {
    await Promise.all([writer.close(), reader.close()])
  }
  try {
    await reach(url, writer, o.cluster ?? '')
  } catch (error) {
    await close()
    throw error
  }
  return {
    engine: 'server',
    rows: <T>(sql: string, params?: Params, signal?: AbortSignal) => readOf<T>(reader, sql, params, signal),
    exec: async (sql, params) => {
      await writer.command({ query: sql, ...(params && { query_params: params }) })
    },
    insert: async (table, values) => {
      if (values.length > 0)
        await writer.insert({ table: identifier(table), values: [...values], format: 'JSONEachRow' })
    },
    insertNative: (block) => insertBody(writer, reader, block),
    isInserting: async (tag) => {
      const sql = `SELECT count() AS n FROM system.processes WHERE Settings['log_comment'] = {tag:String}`
      const [found] = await readOf<{ n: string }>(reader, sql, { tag })
      return Number(found?.n) > 0
    },
    close,
  }
}

/**
 * `wait_end_of_query` holds an answer back until the query has ended, so that an error in its middle has its own status and
 * never comes as half of the rows. Long parameters go in the body: addresses end at 1 MiB, and earlier behind proxies.
 */
const connect = (url: string, settings: Record<string, string | number>): ClickHouseClient =>
  createClient({
    url,
    request_timeout: 60_000,
    compression: { request: true, response: true },
    application: 'plumbline',
    use_multipart_params_auto: true,
    log: { level: ClickHouseLogLevel.OFF },
    clickhouse_settings: { output_format_json_quote_64bit_integers: 1, wait_end_of_query: 1, ...settings },
  })

/** Asks over the database itself: the client's ping leaves it out. */
async function reach(url: string, writer: ClickHouseClient, cluster: string): Promise<void> {
  const ask = () => writer.command({ query: 'SELECT 1' })
  try {
    await ask().catch(async (error: { code?: string }) => {
      if (error.code !== UNKNOWN_DATABASE) throw error
      await createDatabase(url, cluster)
      await ask()
    })
  } catch (error) {
    const { code, message } = error as { code?: string; message: string }
    throw new Error(
      `cannot use ClickHouse at ${new URL(url).host}: ${message.trim() || code}. Check PLUMBLINE_CLICKHOUSE_URL`,
      { cause: error },
    )
  }
}

async function createDatabase(url: string, cluster: string): Promise<void> {
  const without = new URL(url)
  const database = decodeURIComponent(without.pathname.slice(1))
  without.pathname = ''
  const client = connect(without.href, {})
  try {
    const where = cluster ? ` ON CLUSTER ${identifier(cluster)}` : ''
    await client.command({ query: `CREATE DATABASE IF NOT EXISTS ${identifier(database)}${where}` })
  } catch (error) {
    throw new Error(
      `cannot create the database ${database}: ${(error as Error).message.trim()} Create it, or grant CREATE DATABASE`,
    )
  } finally {
    await client.close()
  }
}

/** Sends the block as the body of one insert, and waits for the end of the answer. */
async function insertBody(writer: ClickHouseClient, reader: ClickHouseClient, block: NativeBlock): Promise<void> {
  const columns = block.columns.map(identifier).join(', ')
  const settings = insertSettings(block.table)
  if (block.tag !== undefined) settings.push(`log_comment = ${literal(block.tag)}`)
  const source = block.slice ? await slicedSource(reader, block, block.slice) : ''
  const { stream } = await writer.exec({
    query: `INSERT INTO ${identifier(block.table)} (${columns}) ${source} SETTINGS ${settings.join(', ')} FORMAT Native`,
    values: Readable.from([block.bytes], { objectMode: false }),
  })
  await finished(stream.resume())
}

/** A SELECT over the block that is sent, for some of its rows; `input` wants the columns spelled out. */
async function slicedSource(
  reader: ClickHouseClient,
  block: NativeBlock,
  slice: { offset: number; rows: number },
): Promise<string> {
  const found = await readOf<{ name: string; type: string }>(
    reader,
    'SELECT name, type FROM system.columns WHERE database = currentDatabase() AND table = {table:String}',
    { table: block.table },
  )
  const types = new Map(found.map((column) => [column.name, column.type]))
  const structure = block.columns.map((name) => `${identifier(name)} ${types.get(name)}`).join(', ')
  return `SELECT * FROM input(${literal(structure)}) LIMIT ${slice.rows} OFFSET ${slice.offset}`
}
