import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type CapturedTrace, pastRequests } from '../../services/demo/history.ts'
import { releases } from '../../services/demo/shop/releases.ts'
import type { Deploy } from '../../shared/model/deploy.ts'
import type { Verdict } from '../../shared/model/verdict.ts'
import { type Child, startChild } from '../support/child.ts'
import { seeded } from '../support/random.ts'
import { call } from '../support/timeline.ts'
import { until } from '../support/wait.ts'

const MIN = 60_000
const UP = ['--import', 'tsx', 'services/main.ts', 'up']
const BEFORE = 75
const AFTER = 12
const SERVICES = ['storefront', 'catalog', 'checkout']

let dir: string
let server: Child
let T0 = 0
const start = () => startChild(dir, { PLUMBLINE_DETECT_EVERY_S: '1' }, UP)

/** One request of the shop: the storefront asks the catalogue and the checkout, which fails now and then. */
function traceOf(i: number, failing: boolean, random: () => number): CapturedTrace {
  const statusCode = failing ? 2 : 0
  const attributes = (route: string) => ({
    'http.route': route,
    'http.request.method': 'GET',
    'http.response.status_code': failing ? 500 : 200,
  })
  const at = (service: string, parent: string, kind: number, name: string, durationMs: number) => ({
    service,
    span: {
      ...{ traceId: `t${i}`, spanId: `${service}${kind}${name}`, parentSpanId: parent, name, kind, statusCode },
      ...{ startMs: 0, durationMs, attributes: kind === 2 ? attributes(name) : { 'server.address': name } },
    },
  })
  const slow = 20 + 30 * random()
  return [
    at('storefront', '', 2, '/buy', 2 * slow),
    at('storefront', 'storefront2/buy', 3, 'catalog', slow / 4),
    at('catalog', 'storefront3catalog', 2, '/items', slow / 5),
    at('storefront', 'storefront2/buy', 3, 'checkout', slow),
    at('checkout', 'storefront3checkout', 2, '/orders', slow / 1.1),
  ]
}

async function post(path: string, body: string): Promise<void> {
  const response = await fetch(`${server.urls.otlpHttp}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  })
  expect(response.status, await response.text()).toBe(200)
}

/** Gauges whose sum depends on the order in which they are added, and lines of a few patterns. */
async function postMetricsAndLogs(
  of: Record<string, string>,
  fromMs: number,
  minutes: number,
  random: () => number,
): Promise<void> {
  const text = (key: string, stringValue: string) => ({ key, value: { stringValue } })
  const resource = {
    attributes: Object.entries({ 'service.name': 'checkout', ...of }).map(([key, value]) => text(key, value)),
  }
  const times = Array.from({ length: minutes * 2 }, (_, i) => `${fromMs + i * 30_000}000000`)
  const points = times.flatMap((timeUnixNano) =>
    Array.from({ length: 20 }, (_, shard) => ({
      ...{ timeUnixNano, attributes: [text('shard', `${shard}`)] },
      asDouble: 10 ** (shard % 7) * random(),
    })),
  )
  const metrics = [{ name: 'queue.length', unit: '{item}', gauge: { dataPoints: points } }]
  await post('/v1/metrics', JSON.stringify({ resourceMetrics: [{ resource, scopeMetrics: [{ metrics }] }] }))
  const logRecords = times.map((timeUnixNano, i) => ({
    ...{ timeUnixNano, severityNumber: i % 5 === 0 ? 17 : 9 },
    body: { stringValue: i % 5 === 0 ? `order ${i} was refused` : `order ${i} was placed` },
  }))
  await post('/v1/logs', JSON.stringify({ resourceLogs: [{ resource, scopeLogs: [{ logRecords }] }] }))
}

/**  shop, first releases ────────┐ checkout's second release, every fourth order fails
 *   0                            75          87   minutes
 */
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'plumbline-replay-'))
  server = await start()
  T0 = (Math.floor(Date.now() / MIN) - BEFORE - AFTER - 5) * MIN
  const random = seeded(20)
  for (const after of [false, true]) {
    const fromMs = T0 + (after ? BEFORE * MIN : 0)
    const toMs = fromMs + (after ? AFTER : BEFORE) * MIN
    const traces = Array.from({ length: 40 }, (_, i) => traceOf(i, after && i % 4 === 0, random))
    const resources = Object.fromEntries(
      SERVICES.map((service) => {
        const { version, commit } = releases[service]![after && service === 'checkout' ? 1 : 0]!
        return [
          service,
          { 'service.version': version, 'vcs.ref.head.revision': commit, 'deployment.environment.name': 'demo' },
        ]
      }),
    )
    for (const body of pastRequests({ traces, fromMs, toMs, perMinute: 40, resources, random }))
      await post('/v1/traces', body)
    await postMetricsAndLogs(resources.checkout!, fromMs, (toMs - fromMs) / MIN, random)
  }
  expect((await until('verdict on all that was sent', wholeVerdict, 2400)).verdict).toBe('regressed')
}, 240_000)
afterAll(async () => {
  await server.stop()
  rmSync(dir, { recursive: true, force: true })
})

/** The verdict on checkout once all that was sent is in it: the last minute of requests, of the metric and of the logs. */
async function wholeVerdict(): Promise<Verdict | undefined> {
  const { items } = await call<{ items: Deploy[] }>(server.urls.web, 'GET', '/deploys?service=checkout')
  const deploy = items.find((d) => d.version === releases.checkout![1]!.version)
  if (!deploy) return undefined
  const v = await call<Verdict>(server.urls.web, 'GET', `/deploys/${deploy.id}/verdict`).catch(() => null)
  const seen = (signal: string) => v?.checked.find((c) => c.signal === signal)?.n.current ?? 0
  const ended = v?.window.current.to === new Date(T0 + (BEFORE + AFTER) * MIN).toISOString()
  const whole = ended && seen('metric') >= AFTER - 1 && seen('log_error_rate') >= 2 * (AFTER - 1)
  return whole ? v : undefined
}

/** What the command prints for the whole demo. */
function replay(...more: string[]): Promise<string> {
  const [from, to] = [T0, T0 + (BEFORE + AFTER + 1) * MIN].map((ms) => new Date(ms).toISOString())
  const args = ['--import', 'tsx', 'services/main.ts', 'replay', '--from', from!, '--to', to!, '--json', ...more]
  const env = { ...process.env, PLUMBLINE_URL: server.urls.web }
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'inherit'] })
  const chunks: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
  return new Promise((resolve, reject) =>
    child.once('close', (code) =>
      code === 0 ? resolve(Buffer.concat(chunks).toString()) : reject(new Error(`the replay ended with ${code}`)),
    ),
  )
}

it('prints the same bytes twice, with a placebo too, and again after a restart of the process', async () => {
  const first = await replay('--placebo')
  const found = JSON.parse(first) as { verdicts: Verdict[]; anomalies: unknown[]; placebo: { judged: number } }
  expect(found.verdicts.map((v) => [v.service, v.verdict])).toContainEqual(['checkout', 'regressed'])
  expect(found.verdicts.flatMap((v) => v.checked.map((c) => c.signal))).toEqual(
    expect.arrayContaining(['latency', 'metric', 'log_error_rate']),
  )
  expect(found.anomalies.length).toBeGreaterThan(0)
  expect(await replay('--placebo')).toBe(first)
  await server.stop()
  server = await start()
  expect(await replay('--placebo')).toBe(first)
  expect(JSON.parse(await replay())).not.toHaveProperty('placebo')
}, 300_000)
