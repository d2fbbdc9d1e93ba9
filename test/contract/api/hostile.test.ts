import { afterAll, beforeAll, expect, it } from 'vitest'
import type { z } from 'zod'
import { routes } from '../../../services/web/routes.ts'
import { openWeb, type WebBed } from '../../support/web.ts'
import { fillDeploys, fillTelemetry, fillTrace, T0 } from '../../support/web-data.ts'

let bed: WebBed
beforeAll(async () => {
  bed = await openWeb(T0 + 120 * 60_000)
  await fillTelemetry(bed)
  await fillTrace(bed)
  await fillDeploys(bed)
})
afterAll(() => bed.close())

const hostile = [
  "' OR 1=1 --",
  'x\\',
  "\\'; DROP TABLE otel_traces; --",
  '{x:String}',
  '{service:Identifier}',
  'a\0b',
  '\t\r\n\\N',
  '"`$(id)`"',
  '%00%27',
  '\u{1F4A5}\u202E\uFFFD',
  '*/ UNION ALL SELECT 1 /*',
  'x'.repeat(900),
  '__proto__',
]

const reads = routes.filter((r) => r.method === 'get')
const namesOf = (schema: z.ZodType | undefined) => Object.keys((schema as unknown as { shape?: object })?.shape ?? {})
const filled = (path: string, value: string) => path.replace(/\{\w+\}/g, encodeURIComponent(value))

it.each(reads.filter((r) => r.path.includes('{')).map((r) => r.path))('%s takes any text in its path', async (path) => {
  for (const text of hostile) {
    const answer = await bed.call('GET', filled(path, text))
    expect(answer.status, `${JSON.stringify(text)} ${answer.text.slice(0, 300)}`).toBeLessThan(500)
  }
})

it.each(reads.filter((r) => r.query).map((r) => r.path))('%s takes any text in its query', async (path) => {
  const r = reads.find((one) => one.path === path)
  for (const name of namesOf(r?.query))
    for (const text of hostile) {
      const needed = name === 'service' ? '' : 'service=checkout&'
      const query = `${namesOf(r?.query).includes('service') ? needed : ''}${name === 'metric' ? 'signal=metric&' : ''}`
      const answer = await bed.call('GET', `${filled(path, 'checkout')}?${query}${name}=${encodeURIComponent(text)}`)
      expect(answer.status, `${name}=${JSON.stringify(text)} ${answer.text.slice(0, 300)}`).toBeLessThan(500)
    }
})

it.each(reads.map((r) => r.path))('%s names a query parameter that it does not know', async (path) => {
  const answer = await bed.call('GET', `${filled(path, 'checkout')}?service=checkout&wat=1`)
  expect(answer.status).toBe(400)
  expect((answer.body.errors as never as { pointer: string }[]).map((e) => e.pointer)).toContain('?wat')
})

it('leaves every table as it was, and nothing in the log', async () => {
  expect(await bed.store.rows('SELECT count() AS n FROM otel_traces')).toEqual([{ n: '2' }])
  expect(bed.errors).toEqual([])
})
