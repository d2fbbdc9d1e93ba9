import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ClickHouseClient, createClient } from '@clickhouse/client'
import { createChdbConnection } from 'chdb/connection'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Batches, type Signal } from '../../../services/ingest/decode/index.ts'
import { readMigrations, render, splitStatements, variablesFor } from '../../../shared/store/migrate.ts'
import { runs } from '../../support/property.ts'
import { requests } from './support/arbitrary.ts'
import { expectedRows } from './support/expected.ts'
import { type Row, readBlocks, readNative } from './support/native-reader.ts'
import { attr, encode, NOW, type Plain, span, spans } from './support/otlp.ts'

type Opts = NonNullable<Parameters<typeof createClient>[0]>
let client: ClickHouseClient
const dir = mkdtempSync(join(tmpdir(), 'plumbline-decode-'))

beforeAll(async () => {
  const connection = createChdbConnection({ path: join(dir, 'db') }) as unknown as NonNullable<Opts['connection']>
  client = createClient({ connection })
  const variables = variablesFor({ cluster: '', retentionDays: 30 })
  for (const { sql } of readMigrations('migrations'))
    for (const query of splitStatements(render(sql, variables))) await client.command({ query })
})

afterAll(async () => {
  await client.close()
  rmSync(dir, { recursive: true, force: true })
})

/** Inserts as ingest does; the rows then come back from the engine in Native format. */
const roundTrip = async (table: string, native: Uint8Array, batch: bigint): Promise<Row[]> => {
  const file = join(dir, `${table}-${batch}.native`)
  writeFileSync(file, native)
  await client.command({ query: `INSERT INTO ${table} SELECT * FROM file('${file}', 'Native')` })
  const out = join(dir, `${table}-${batch}.out.native`)
  await client.command({
    query: `SELECT * FROM ${table} WHERE _batch = ${batch} INTO OUTFILE '${out}' FORMAT Native SETTINGS max_threads = 1`,
  })
  return readBlocks(readFileSync(out))
}

const text = (row: Row): string =>
  JSON.stringify(row, (_, v) =>
    typeof v === 'bigint' ? `${v}n` : typeof v === 'number' ? (Object.is(v, -0) ? '-0' : String(v)) : v,
  )
/** Rows as texts without regard to their order. */
const bag = (rows: Row[]): string[] => rows.map(text).sort()

describe('a request, decoded, inserted and read back', () => {
  let batch = 0n
  for (const signal of ['traces', 'logs', 'metrics'] as const satisfies Signal[]) {
    it(`has the rows that the specification asks for: ${signal}`, async () => {
      const request = fc.array(requests[signal], { minLength: 1, maxLength: 3 })
      await fc.assert(
        fc.asyncProperty(request, async (list: Plain[]) => {
          const batches = new Batches({}, { redact: false })
          for (const one of list) batches.append(signal, 'protobuf', encode(signal, one), NOW)
          const stored: Record<string, Row[]> = {}
          for (const { key } of batches.open()) {
            const sealed = batches.seal(key, ++batch)
            const rows = await roundTrip(sealed.table, sealed.native, batch)
            expect(bag(rows)).toEqual(bag(readNative(sealed.native)))
            stored[sealed.table] = [...(stored[sealed.table] ?? []), ...rows]
          }
          const expected = expectedRows(signal, list)
          expect(Object.keys(stored).sort()).toEqual(Object.keys(expected).sort())
          for (const [table, rows] of Object.entries(expected)) {
            const names = Object.keys(rows[0]!)
            const seen = stored[table]!.map((row) => Object.fromEntries(names.map((name) => [name, row[name]])))
            expect(bag(seen)).toEqual(bag(rows))
          }
        }),
        runs(40),
      )
    })
  }

  it.each([200, 300, 70_000])('keeps apart %i keys of attributes in one block', async (count) => {
    const batches = new Batches()
    for (let i = 0; i < count; i += 1000) {
      const some = Array.from({ length: 1000 }, (_, k) =>
        span({ name: `name ${(i + k) % 5000}`, attributes: [attr(`key ${(i + k) % count}`, `${(i + k) % count}`)] }),
      )
      batches.append('traces', 'protobuf', encode('traces', spans(some)), NOW)
    }
    const sealed = batches.seal('otel_traces/20261122', ++batch)
    const rows = await roundTrip(sealed.table, sealed.native, batch)
    expect(rows).toHaveLength(Math.max(1000, count))
    const entries = rows.map((row) => (row.SpanAttributes as [string, string][])[0]!)
    expect(new Set(entries.map(([key]) => key)).size).toBe(count)
    for (const [key, value] of entries) expect(key).toBe(`key ${value}`)
    expect(new Set(rows.map((row) => row.SpanName)).size).toBe(Math.min(5000, Math.max(1000, count)))
  })

  it('lies in one part, in the partition of its day', async () => {
    const parts = await client.query({
      query: "SELECT DISTINCT partition_id AS day, table FROM system.parts WHERE active AND table = 'otel_traces'",
      format: 'JSONEachRow',
    })
    const days = (await parts.json<{ day: string }>()).map(({ day }) => day)
    expect(days.length).toBeGreaterThan(0)
    for (const day of days) expect(day).toMatch(/^202611(19|2[012])$/)
  })
})
