import { Readable } from 'node:stream'
import { type ClickHouseClient, createClient } from '@clickhouse/client'
import { readOf } from './read.ts'
import { identifier, type NativeBlock, type Params, readLimits, type Store } from './store.ts'

/** Connects to a ClickHouse server. The URL carries user, password and database: `http://user:password@host:8123/plumbline`. */
export async function openServer(url: string): Promise<Store> {
  const common = {
    url,
    request_timeout: 60_000,
    compression: { request: true, response: true },
    application: 'plumbline',
  }
  const quoted = { output_format_json_quote_64bit_integers: 1 } as const
  const writer = createClient({ ...common, clickhouse_settings: { ...quoted, async_insert: 0, wait_end_of_query: 1 } })
  const reader = createClient({
    ...common,
    clickhouse_settings: {
      ...quoted,
      readonly: '1',
      ...Object.fromEntries(Object.entries(readLimits).map(([k, v]) => [k, String(v)])),
    },
  })
  const alive = await writer.ping({ select: true })
  if (!alive.success) {
    await Promise.all([writer.close(), reader.close()])
    throw new Error(
      `cannot reach ClickHouse at ${new URL(url).host}: ${alive.error.message}. Check PLUMBLINE_CLICKHOUSE_URL`,
    )
  }
  return {
    engine: 'server',
    rows: <T>(sql: string, params?: Params) => readOf<T>(reader, sql, params),
    exec: async (sql, params) => {
      await writer.command({ query: sql, ...(params && { query_params: params }) })
    },
    insert: async (table, values) => {
      if (values.length > 0)
        await writer.insert({ table: identifier(table), values: [...values], format: 'JSONEachRow' })
    },
    insertNative: async (block) => {
      const columns = block.columns.map(identifier).join(', ')
      const source = block.slice ? await slicedSource(reader, block, block.slice) : ''
      const { stream } = await writer.exec({
        query: `INSERT INTO ${identifier(block.table)} (${columns}) ${source} FORMAT Native`,
        values: Readable.from([block.bytes], { objectMode: false }),
      })
      stream.resume()
    },
    close: async () => {
      await Promise.all([writer.close(), reader.close()])
    },
  }
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
  const text = structure.replaceAll('\\', '\\\\').replaceAll("'", "''")
  return `SELECT * FROM input('${text}') LIMIT ${slice.rows} OFFSET ${slice.offset}`
}
