import { afterAll, beforeAll, expect, it } from 'vitest'
import { LogPatterns } from '../../../services/detector/rollups/patterns.ts'
import { likeOf } from '../../../shared/patterns/like.ts'
import { listPatterns } from '../../../shared/store/log-patterns.ts'
import { listLogs } from '../../../shared/store/logs.ts'
import { type Bed, openBed } from '../../support/embedded.ts'
import { refusingOnce } from '../../support/refusing.ts'

let bed: Bed
beforeAll(async () => {
  bed = await openBed()
})
afterAll(() => bed.close())

const T0 = Date.parse('2026-03-01T10:00:00Z')
const line = (body: string, minute: number) => ({
  Timestamp: `${BigInt(T0 + minute * 60_000) * 1_000_000n}`,
  ServiceName: 'shop',
  Environment: 'production',
  Version: minute === 0 ? 'v1' : 'v2',
  SeverityNumber: 17,
  Body: body,
})
const listed = () => listPatterns(bed.store, { service: 'shop', fromMs: T0, toMs: T0 + 600_000, stepS: 60, limit: 10 })

it('counts the patterns of a minute, the same whatever how often, and remembers them over a restart', async () => {
  await bed.store.insert(
    'otel_logs',
    Array.from({ length: 20 }, (_, i) => line(`payment ${i} was refused by the bank`, i < 12 ? 0 : 1)),
  )
  const patterns = new LogPatterns(bed.store, bed.state)
  await patterns.recompute([T0 / 60_000, T0 / 60_000 + 1], T0)
  await patterns.save(T0, true)
  await new LogPatterns(bed.store, bed.state).recompute([T0 / 60_000], T0 + 1)
  expect(await listed()).toMatchObject([
    { n: '20', template: 'payment <*> was refused by the bank', main_severity: 'error', first_version: 'v1' },
  ])
})

it.each(['log_patterns', 'log_patterns_seen'])(
  'writes what it could not write into %s with the next pass',
  async (table) => {
    await bed.store.insert('otel_logs', [line(`the table ${table} is full`, 5)])
    const patterns = new LogPatterns(refusingOnce(bed.store, { insert: table }), bed.state)
    const minute = T0 / 60_000 + 5
    await expect(patterns.recompute([minute], T0)).rejects.toThrow('cannot do this now')
    await patterns.recompute([minute], T0 + 1)
    const sql = `SELECT uniqExact(pattern_id) AS n FROM log_patterns_seen WHERE pattern_id IN (SELECT pattern_id FROM log_patterns WHERE sample = {body:String})`
    expect(await bed.store.rows(sql, { body: `the table ${table} is full` })).toEqual([{ n: '1' }])
    await bed.store.exec(`ALTER TABLE otel_logs DELETE WHERE Body LIKE 'the table%' SETTINGS mutations_sync = 1`)
    await patterns.recompute([minute], T0 + 2)
  },
)

it('shows patterns that became one as one', async () => {
  const words = ['Anna', 'Bert', 'Carl', 'Dora', 'Emil', 'Fred', 'Gina', 'Hans']
  await bed.store.insert(
    'otel_logs',
    words.map((w, i) => line(`the great account of ${w} is closed`, 2 + Math.floor(i / 4))),
  )
  const patterns = new LogPatterns(bed.store, bed.state)
  await patterns.recompute([T0 / 60_000 + 2, T0 / 60_000 + 3], T0 + 2)
  expect((await listed()).filter((p) => p.template.startsWith('the great'))).toMatchObject([{ n: '8' }])
})

it('counts the same, minute by minute with restarts between as in one go, and knows when each was first seen', async () => {
  const bodies = ['disk 1 is full', 'disk 2 is full', 'user Zoe left', 'lock 7 was held for 3 ms']
  const rows = (service: string) =>
    bodies.flatMap((body, i) =>
      [6, 7, 8].slice(i % 3).map((minute) => ({ ...line(body, minute), ServiceName: service })),
    )
  await bed.store.insert('otel_logs', [...rows('whole'), ...rows('parted')])
  const minutes = [6, 7, 8].map((m) => T0 / 60_000 + m)
  await new LogPatterns(bed.store, bed.state).recompute(minutes, T0 + 10)
  for (const minute of minutes) {
    const patterns = new LogPatterns(bed.store, bed.state)
    await patterns.recompute([minute], T0 + 20)
    await patterns.save(T0 + 20, true)
  }
  const counted = (service: string) =>
    bed.store.rows(
      `SELECT toString(minute) AS at, pattern_id, severity, count FROM rollup_log_patterns FINAL WHERE service = {service:String} AND count > 0 ORDER BY at, pattern_id`,
      { service },
    )
  const seen = (service: string) =>
    bed.store.rows<{ first: string }>(
      'SELECT pattern_id, toString(min(first_minute)) AS first FROM log_patterns_seen WHERE service = {service:String} GROUP BY pattern_id ORDER BY pattern_id',
      { service },
    )
  expect(await counted('parted')).toEqual(await counted('whole'))
  expect((await counted('whole')).length).toBeGreaterThan(5)
  expect(await seen('parted')).toEqual(await seen('whole'))
  expect(new Set((await seen('whole')).map((p) => p.first.slice(11)))).toEqual(new Set(['10:06:00', '10:08:00']))
})

it('finds the very lines that a pattern counts, however they are written', async () => {
  const bodies = [
    ...['  indented 1 of 2', 'indented 3 of 4\n', '\tindented  5   of 6 \r\n'],
    ...['100 % of quota_a used, see C:\\logs\\1', '7 % of quota_a used, see C:\\logs\\22'],
    ...["can't read 'eth0': \"down\"", "can't read 'eth12': \"down\""],
    ...['waited 12 ms for lock', 'waited 3 s for lock', 'waited <1 sec for lock'],
    ...['zahlung 1 für Jürgen – ok', 'zahlung 2 für Jürgen – ok', 'ZAHLUNG 2 FÜR JÜRGEN – OK'],
    ...['token [deadbeef] (a=1, b=2)', 'token [cafe01234] (a=17, b=3.5)'],
    ...['GET /api/v1/users/1?x=2 200', 'GET /api/v2/orders 404'],
    ...[`payload ${'x'.repeat(5000)} 1`, 'empty', 'empties', 'not empty'],
  ]
  await bed.store.insert(
    'otel_logs',
    bodies.map((body) => ({ ...line(body, 9), ServiceName: 'odd' })),
  )
  await new LogPatterns(bed.store, bed.state).recompute([T0 / 60_000 + 9], T0 + 30)
  const span = { service: 'odd', fromMs: T0, toMs: T0 + 600_000 }
  const patterns = await listPatterns(bed.store, { ...span, stepS: 60, limit: 100 })
  expect(patterns.reduce((sum, p) => sum + Number(p.n), 0)).toBe(bodies.length)
  for (const { template, n } of patterns) {
    const found = await listLogs(bed.store, { ...span, like: likeOf(template), limit: 100 })
    expect(`${found.length} of ${template}`).toBe(`${n} of ${template}`)
  }
})
