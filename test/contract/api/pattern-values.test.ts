import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { PatternValues } from '../../../services/web/api/schemas.ts'
import { openWeb, type WebBed } from '../../support/web.ts'

const NOW = Date.parse('2026-03-01T12:00:00Z')
const ID = '18446744073709551610'
const at = (minutes: number) => new Date(NOW - minutes * 60_000).toISOString()

/**
 *  minutes before now   90 ──────────── 30 ──────── 0
 *  took                 10 … 69 ms       500 ms          the deploy of v2 at 30
 */
let bed: WebBed
beforeAll(async () => {
  bed = await openWeb(NOW)
  const line = (minutes: number, Body: string, Environment = 'production') => ({
    ...{ ServiceName: 'pay', Environment, Version: minutes > 30 ? 'v1' : 'v2', Body },
    Timestamp: (BigInt(NOW - minutes * 60_000) * 1_000_000n).toString(),
  })
  await bed.store.insert('log_patterns', [
    { service: 'pay', pattern_id: ID, template: 'user <*> took <*> at eth0', sample: 'x', updated_at: NOW },
  ])
  await bed.store.insert('otel_logs', [
    ...Array.from({ length: 60 }, (_, i) => line(90 - i, `user u${i % 3} took ${10 + i} ms at eth${i % 2}`)),
    ...Array.from({ length: 20 }, (_, i) => line(20 - i / 2, 'user u9 took 500 ms at eth0')),
    line(10, 'user u1 took 1 ms at eth0', 'staging'),
    line(10, 'user logged in'),
  ])
})
afterAll(() => bed.close())

const path = `/api/v1/services/pay/logs/patterns/${ID}/values`
const read = async (query: string) => {
  const { status, body, text } = await bed.call('GET', `${path}?environment=production&${query}`)
  expect(status, text).toBe(200)
  return body as never as PatternValues
}

describe('the values of a log pattern', () => {
  it('come from its lines of the span, with how many were read', async () => {
    const { samples } = await read(`from=${at(120)}`)
    expect(samples).toHaveLength(1)
    const [all] = samples
    expect(all).toMatchObject({ of: 'all', lines: 80, more: false })
    expect(all!.slots[0]!.distinct).toBe(4)
    expect(all!.slots[0]!.numbers).toBeNull()
    expect(all!.slots[1]!.top[0]).toEqual({ value: '500 ms', count: 20 })
    expect(all!.slots[1]!.numbers).toEqual({ n: 80, unit: 'ms', min: 10, median: 49.5, max: 500 })
  })

  it('are told apart before and since a deploy', async () => {
    const { samples } = await read(`from=${at(120)}&split=${at(30)}`)
    expect(samples.map((one) => [one.of, one.lines, one.slots[1]!.numbers?.median])).toEqual([
      ['before', 60, 39.5],
      ['since', 20, 500],
    ])
  })

  it('need a time to split by that lies inside, and a pattern that is there', async () => {
    expect((await bed.call('GET', `${path}?from=${at(120)}&split=${at(200)}`)).status).toBe(400)
    expect((await bed.call('GET', path.replace(ID, '7'))).status).toBe(404)
    expect((await bed.call('GET', path.replace(ID, 'x'))).status).toBe(404)
  })

  it('say so where there are more lines than were read', async () => {
    const rows = Array.from({ length: 1100 }, (_, i) => ({
      ...{ ServiceName: 'pay', Environment: 'load', Version: 'v2', Body: `user u${i} took 3 ms at eth0` },
      Timestamp: (BigInt(NOW - 60_000 + i) * 1_000_000n).toString(),
    }))
    await bed.store.insert('otel_logs', rows)
    const { body } = await bed.call('GET', `${path}?environment=load`)
    const [all] = (body as never as PatternValues).samples
    expect(all).toMatchObject({ lines: 1000, more: true })
    expect(all!.slots[0]!.distinct).toBe(1000)
  })
})
