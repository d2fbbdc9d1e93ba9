import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Store } from '../../../shared/store/store.ts'
import { BETWEEN_S, betweenMs } from '../../../shared/store/within.ts'
import { type Bed, openBed } from '../../support/embedded.ts'

const DAY_S = 86_400
const FROM_S = Date.UTC(2026, 10, 20) / 1000
const ROWS = 300_000
const MINUTE_S = { from_s: FROM_S + 12 * 3600, to_s: FROM_S + 12 * 3600 + 60 }
const MINUTE_MS = { from_ms: MINUTE_S.from_s * 1000, to_ms: MINUTE_S.to_s * 1000 }

/** Rows that the engine would look at. */
const looked = async (store: Store, table: string, where: string, params: Record<string, number>): Promise<number> => {
  const rows = await store.rows<{ rows: string }>(`EXPLAIN ESTIMATE SELECT * FROM ${table} WHERE ${where}`, params)
  return rows.reduce((sum, row) => sum + Number(row.rows), 0)
}

describe('a condition on time', () => {
  let bed: Bed
  beforeAll(async () => {
    bed = await openBed()
    const second = `${FROM_S} + number % ${DAY_S}`
    const fill = (table: string, time: string) =>
      bed.store.exec(
        `INSERT INTO ${table} (${time}, ${time === 'minute' ? 'service' : 'ServiceName'}) SELECT ${time === 'minute' ? `toDateTime(intDiv(${second}, 60) * 60)` : `toDateTime64(${second}, 9)`}, concat('service-', toString(number % 97)) FROM numbers(${ROWS})`,
      )
    await fill('otel_traces', 'Timestamp')
    await fill('otel_logs', 'Timestamp')
    await fill('otel_metrics_gauge', 'TimeUnix')
    await fill('rollup_services', 'minute')
    for (const table of ['otel_traces', 'otel_logs', 'otel_metrics_gauge', 'rollup_services'])
      await bed.store.exec(`OPTIMIZE TABLE ${table} FINAL`)
  })
  afterAll(() => bed.close())

  it.each([
    ['otel_traces', betweenMs()],
    ['otel_logs', betweenMs()],
    ['otel_metrics_gauge', betweenMs('TimeUnix')],
  ])('reads of %s the minute, and not the day around it', async (table, where) => {
    expect(await looked(bed.store, table, where, MINUTE_MS)).toBeLessThan(ROWS / 10)
    const [found] = await bed.store.rows<{ n: string }>(`SELECT count() AS n FROM ${table} WHERE ${where}`, MINUTE_MS)
    const [all] = await bed.store.rows<{ n: string }>(
      `SELECT countIf(toUnixTimestamp(${table.includes('metrics') ? 'TimeUnix' : 'Timestamp'}) BETWEEN {from_s:Int64} AND {to_s:Int64} - 1) AS n FROM ${table}`,
      MINUTE_S,
    )
    expect(Number(found!.n)).toBe(Number(all!.n))
    expect(Number(found!.n)).toBeGreaterThan(100)
  })

  it('reads of rollups the hour, and not the day around it', async () => {
    const of = (where: string) => looked(bed.store, 'rollup_services', where, MINUTE_S)
    expect(await of(BETWEEN_S)).toBeLessThan((await of('1')) / 5)
  })
})
