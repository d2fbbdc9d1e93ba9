import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Notice, openReceiver, type Receiver } from '../../services/demo/receiver.ts'
import type { Incident } from '../../shared/model/alert.ts'
import type { Deploy } from '../../shared/model/deploy.ts'
import { seeded } from '../support/random.ts'
import { call } from '../support/timeline.ts'
import { type Plan, traceRequest } from '../support/traffic.ts'

const MINUTE = 60_000
const random = seeded(11)

type Server = { child: ChildProcess; web: string; otlp: string }

/** The product as its user starts it, on ports that stay the same over restarts. */
function start(dir: string, ports: number[]): Promise<Server> {
  const [otlpHttp, otlpGrpc, webPort] = ports
  const env = {
    ...process.env,
    PLUMBLINE_DATA_DIR: dir,
    PLUMBLINE_OTLP_HTTP_PORT: String(otlpHttp),
    PLUMBLINE_OTLP_GRPC_PORT: String(otlpGrpc),
    PLUMBLINE_WEB_PORT: String(webPort),
    PLUMBLINE_ALLOW_PRIVATE_TARGETS: '127.0.0.0/8',
    PLUMBLINE_DETECT_EVERY_S: '2',
  }
  const child = spawn(process.execPath, ['--import', 'tsx', 'services/main.ts', 'up'], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`the server ended with code ${code}`)))
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (!line.includes('"event":"ready"')) return
      child.removeAllListeners('exit')
      resolve({ child, web: `http://127.0.0.1:${webPort}`, otlp: `http://127.0.0.1:${otlpHttp}` })
    })
  })
}

function kill(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.child.once('exit', () => resolve())
    server.child.kill('SIGKILL')
  })
}

async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, () => {
      const server = createServer()
      return new Promise<typeof server>((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)))
    }),
  )
  const ports = servers.map((server) => (server.address() as AddressInfo).port)
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
}

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

/** All of it, in order: two hours of one version, ten minutes of a worse one. */
function requests(endMs: number) {
  const at = (version: Plan, from: number, to: number) =>
    Array.from({ length: to - from }, (_, i) =>
      traceRequest(version, endMs + (from + i) * MINUTE, endMs + (from + i + 1) * MINUTE, random),
    ).filter((r) => r !== null)
  return [...at(plan('1', 'a1'.repeat(20), 0.01), -130, -10), ...at(plan('2', 'b2'.repeat(20), 0.12), -10, 0)]
}

/** Sends until answered 200; a connection that breaks is tried again, as the SDKs do. */
async function sendUntilAcknowledged(url: string, body: string): Promise<void> {
  for (let attempt = 0; attempt < 300; attempt++) {
    const status = await fetch(`${url}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    }).then(
      async (response) => {
        await response.arrayBuffer()
        return response.status
      },
      () => 0,
    )
    if (status === 200) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error('the server stayed away')
}

async function eventually<T>(ask: () => Promise<T | undefined> | T | undefined, what: string): Promise<T> {
  for (let attempt = 0; attempt < 450; attempt++) {
    const answer = await Promise.resolve(ask()).catch(() => undefined)
    if (answer !== undefined && answer !== false) return answer as T
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
  throw new Error(`there was no ${what}`)
}

/**
 *  sending ──✝──✝──✝──▶ all acknowledged ──✝──▶ verdict ──✝──▶ webhook ──✝──▶
 */
describe('killed with -9 while it receives, judges and tells', () => {
  let dir: string
  let ports: number[]
  let server: Server
  let receiver: Receiver
  const notices: Notice[] = []

  const restart = async () => {
    await kill(server)
    server = await start(dir, ports)
  }

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'plumbline-kill-'))
    ports = await freePorts(3)
    server = await start(dir, ports)
    receiver = await openReceiver((notice) => notices.push(notice))
    const body = { name: 'on-call', kind: 'webhook', url: receiver.url }
    receiver.setSecret(
      (await call<{ generated_secret: string }>(server.web, 'POST', '/channels', body)).generated_secret,
    )
  }, 120_000)
  afterAll(async () => {
    await kill(server)
    await receiver.close()
    rmSync(dir, { recursive: true, force: true })
  })

  it('keeps every acknowledged span, once', async () => {
    const all = requests(Math.floor(Date.now() / MINUTE) * MINUTE)
    const killAt = new Set([20, 75, all.length - 3])
    for (const [i, request] of all.entries()) {
      const sending = sendUntilAcknowledged(server.otlp, request.body)
      if (killAt.has(i)) await restart()
      await sending
    }
    await restart()
    const sent = all.reduce((sum, request) => sum + request.spans, 0)
    const stored = () =>
      call<{ traces: { rows: number } }>(server.web, 'GET', '/status').then((status) => status.traces.rows)
    await eventually(async () => ((await stored()) >= sent ? true : undefined), `${sent} stored spans`)
    expect(await stored()).toBe(sent)
  }, 240_000)

  it('tells on-call of one incident, with one id, over restarts before, at and after the webhook', async () => {
    const isRegressed = async () => {
      const { items } = await call<{ items: (Deploy & { verdict: string })[] }>(
        server.web,
        'GET',
        '/deploys?service=orders',
      )
      return items.some((d) => d.version === '2' && d.verdict === 'regressed') || undefined
    }
    await eventually(isRegressed, 'verdict regressed')
    await restart()
    await eventually(() => notices.find((n) => n.status === 'firing'), 'firing webhook')
    await restart()
    await eventually(isRegressed, 'verdict regressed after the restart')
    const deliveries = await call<{ items: { state: string }[] }>(server.web, 'GET', '/deliveries')
    const incidents = await call<{ items: Incident[] }>(server.web, 'GET', '/incidents')
    expect(incidents.items.map((i) => [i.service, i.version, i.state])).toEqual([['orders', '2', 'firing']])
    expect(deliveries.items).toHaveLength(1)
    expect(notices.map((n) => n.webhookId)).toHaveLength(1)
  }, 240_000)
})
