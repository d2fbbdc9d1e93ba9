import type { ClickHouseClient } from '@clickhouse/client'
import type { Params } from './store.ts'

/** Reads all rows of one bounded query; see `Store.rows`. */
export async function readOf<T>(
  client: ClickHouseClient,
  sql: string,
  params?: Params,
  signal?: AbortSignal,
): Promise<T[]> {
  try {
    signal?.throwIfAborted()
    const result = await client.query({
      query: sql,
      format: 'JSONEachRow',
      ...(params && { query_params: params }),
      ...(signal && { abort_signal: signal }),
    })
    return (await result.json()) as T[]
  } catch (error) {
    throw new Error(`cannot read: ${(error as Error).message}`, { cause: error })
  }
}
