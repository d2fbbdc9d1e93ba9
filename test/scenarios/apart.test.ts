import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Notice, openReceiver, type Receiver } from '../../services/demo/receiver.ts'
import { allTargets } from '../../services/up.ts'
import type { Incident } from '../../shared/model/alert.ts'
import type { Deploy } from '../../shared/model/deploy.ts'
import type { TargetName } from '../../shared/runtime/service.ts'
import { type Child, startChild } from '../support/child.ts'
import { openTestServer, type TestServer } from '../support/clickhouse-server.ts'
import { type Cluster, postgresMissing, startPostgres } from '../support/postgres.ts'
import { seeded } from '../support/random.ts'
import { call } from '../support/timeline.ts'
import { type Plan, sendPast } from '../support/traffic.ts'
import { until } from '../support/wait.ts'

const MINUTE = 60_000
const TRIES = 2400

const plan = (version: string, commit: string, errors: number): Plan => ({
  service: 'orders',
  version,
  commit,
  routes: {
    'GET /orders': { perMinute: 14, errors: 0.01, latencyMs: 20 },
    'POST /orders': { perMinute: 14, errors, latencyMs: 60 },
    'GET /cart': { perMinute: 14, errors: 0.01, latencyMs: 30 },
  },
})

/**
 *  ingest   ──▶ ┌────────────┐ ──▶ detector
 *               │ ClickHouse │ ──▶ alerting ──▶ webhook
 *               └────────────┘ ──▶ web
 *  each a process of its own; the state is a PostgreSQL where there is one, else a file
 */
describe('the four targets apart, on a ClickHouse server', () => {
  const dir = mkdtempSync(join(tmpdir(), 'plumbline-apart-'))
  const notices: Notice[] = []
  const running = new Map<TargetName, Child>()
  let server: TestServer
  let postgres: Cluster | null = null
  let receiver: Receiver

  const start = async (target: TargetName) => {
    const env = {
      PLUMBLINE_CLICKHOUSE_URL: server.url,
      PLUMBLINE_ALLOW_PRIVATE_TARGETS: '127.0.0.0/8',
      PLUMBLINE_DETECT_EVERY_S: '2',
      ...(postgres && { PLUMBLINE_STATE_URL: postgres.url }),
    }
    running.set(target, await startChild(dir, env, ['--import', 'tsx', 'services/main.ts', 'up', target]))
  }
  const web = () => running.get('web')!.urls.web
  const bad = async () => {
    const { items } = await call<{ items: (Deploy & { verdict: string })[] }>(web(), 'GET', '/deploys?service=orders')
    return items.find((d) => d.version === '2')
  }

  beforeAll(async () => {
    server = await openTestServer()
    postgres = postgresMissing() === null ? startPostgres() : null
    receiver = await openReceiver((notice) => notices.push(notice))
  }, 120_000)
  afterAll(async () => {
    for (const child of running.values()) await child.kill()
    await receiver.close()
    await server.close()
    postgres?.stop()
    rmSync(dir, { recursive: true, force: true })
  })

  it('starts all of them at once on an empty database', async () => {
    await Promise.all(allTargets.map(start))
    expect(await call<object>(web(), 'GET', '/status')).toBeDefined()
    const channel = { name: 'on-call', kind: 'webhook', url: receiver.url }
    receiver.setSecret((await call<{ generated_secret: string }>(web(), 'POST', '/channels', channel)).generated_secret)
  }, 120_000)

  it('ties what one target took in to the deploy that did it, by another, and tells on-call by a third', async () => {
    const endMs = Math.floor(Date.now() / MINUTE) * MINUTE
    const random = seeded(11)
    const { otlpHttp } = running.get('ingest')!.urls
    await sendPast(otlpHttp, plan('1', 'a1'.repeat(20), 0.01), endMs - 130 * MINUTE, endMs - 10 * MINUTE, random)
    await sendPast(otlpHttp, plan('2', 'b2'.repeat(20), 0.12), endMs - 10 * MINUTE, endMs, random)
    await until('verdict', async () => ((await bad())?.verdict === 'regressed' ? true : undefined), TRIES)
    const firing = await until('webhook', () => notices.find((n) => n.status === 'firing'), TRIES)
    expect(firing.alerts.map((a) => a.labels.commit)).toContain('b2'.repeat(20))
  }, 180_000)

  it('tells nothing again when all of them are killed and start anew', async () => {
    await Promise.all(
      allTargets.map(async (target) => {
        await running.get(target)!.kill()
        await start(target)
      }),
    )
    await until('verdict', async () => ((await bad())?.verdict === 'regressed' ? true : undefined), TRIES)
    const { items } = await call<{ items: Incident[] }>(web(), 'GET', '/incidents')
    expect(items.map((i) => [i.service, i.version, i.state])).toEqual([['orders', '2', 'firing']])
    expect(notices).toHaveLength(1)
  }, 180_000)
})
