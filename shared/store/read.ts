import type { ClickHouseClient } from '@clickhouse/client'
import type { Params } from './store.ts'

/** Reads all rows of one bounded query. */
export async function readOf<T>(client: ClickHouseClient, sql: string, params?: Params): Promise<T[]> {
  try {
    const result = await client.query({ query: sql, format: 'JSONEachRow', ...(params && { query_params: params }) })
    return (await result.json()) as T[]
  } catch (error) {
    throw new Error(`cannot read: ${(error as Error).message}`, { cause: error })
  }
}
