import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Store } from '../../../shared/store/store.ts'
import { until } from '../../support/wait.ts'
import { openWeb, type WebBed } from '../../support/web.ts'

/** Runs until the limit of reads stops it, after 30 s: longer than this test waits. */
const SLOW = 'SELECT sum(arraySum(x -> sipHash64(number, x), range(50))) AS n FROM numbers(2000000000)'

let bed: WebBed
let isSlow = true
beforeAll(async () => {
  bed = await openWeb(Date.now(), {}, async (context) => {
    const { store } = context
    const rows: Store['rows'] = (sql, params, signal) =>
      isSlow ? store.rows(SLOW, undefined, signal) : store.rows(sql, params, signal)
    context.store = { ...store, rows }
  })
})
afterAll(() => bed.close())

/** Reads of this kind that the engine runs now. */
async function running(): Promise<number> {
  const asked = `SELECT count() AS n FROM system.processes WHERE query LIKE '%numbers(2000000000)%' AND query NOT LIKE '%processes%'`
  const [row] = await bed.store.rows<{ n: string }>(asked)
  return Number(row?.n)
}

it('ends the reads of a request in the engine when its client goes, and logs no error', async () => {
  const client = new AbortController()
  const answer = fetch(`${bed.url}/api/v1/services`, { signal: client.signal }).catch((error: Error) => error.name)
  await until('slow read', async () => ((await running()) > 0 ? true : undefined))
  client.abort()
  expect(await answer).toBe('AbortError')
  await until('end of the slow read', async () => ((await running()) === 0 ? true : undefined))
  isSlow = false
  expect((await bed.call('GET', '/api/v1/services')).status).toBe(200)
  expect(bed.errors).toEqual([])
})

it('leaves the reads of a client that waits alone', async () => {
  expect((await bed.call('GET', '/api/v1/status')).status).toBe(200)
  expect(bed.errors).toEqual([])
})
