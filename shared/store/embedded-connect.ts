import { type ClickHouseClient, createClient } from '@clickhouse/client'

type Connection = NonNullable<NonNullable<Parameters<typeof createClient>[0]>['connection']>

/**
 * One connection to the engine in this process, with settings that stay with it, each as it stands in `SET`. The cast: chdb is
 * typed against the client's older type package.
 */
export async function connect(path: string, settings: Record<string, string | number>): Promise<ClickHouseClient> {
  const { createChdbConnection } = await import('chdb/connection').catch((error: Error) => {
    throw new Error(
      `cannot load the embedded engine: ${error.message}. It has packages for Linux and macOS; elsewhere set PLUMBLINE_CLICKHOUSE_URL`,
    )
  })
  const client = createClient({ connection: createChdbConnection({ path }) as unknown as Connection })
  for (const [name, value] of Object.entries({ output_format_json_quote_64bit_integers: 1, ...settings }))
    await client.command({ query: `SET ${name} = ${value}` })
  return client
}
