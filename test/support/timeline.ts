import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Notice, openReceiver } from '../../services/demo/receiver.ts'
import { allTargets, up } from '../../services/up.ts'
import { manualClock } from '../../shared/runtime/clock.ts'
import { loadConfig } from '../../shared/runtime/config.ts'
import { createLog, silentLog } from '../../shared/runtime/log.ts'
import { openTestServer } from './clickhouse-server.ts'
import { seeded } from './random.ts'
import { type Plan, send, sendPast, traceRequest } from './traffic.ts'

const SLICE_MS = 10_000

/** A webhook with the minute of the story at which it came. */
export type Told = Notice & { atMin: number }

export type Timeline = Awaited<ReturnType<typeof openTimeline>>

/** The settings of a test: free ports, a folder of its own, webhooks to this machine allowed. */
export const testConfig = (dataDir: string, env: Record<string, string> = {}) =>
  loadConfig({
    PLUMBLINE_DATA_DIR: dataDir,
    PLUMBLINE_OTLP_HTTP_PORT: '0',
    PLUMBLINE_OTLP_GRPC_PORT: '0',
    PLUMBLINE_WEB_PORT: '0',
    PLUMBLINE_ALLOW_PRIVATE_TARGETS: '127.0.0.0/8',
    ...env,
  })

export async function call<T>(webUrl: string, method: string, path: string, body?: unknown): Promise<T> {
  const response = await fetch(`${webUrl}/api/v1${path}`, {
    method,
    headers: { 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  const answer = await response.text()
  if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${answer}`)
  return (answer === '' ? undefined : JSON.parse(answer)) as T
}

/**
 * The whole product in this process on the real engine with real HTTP, and a clock that the story moves. Minute 0 of the
 * story is the present of the wall clock, cut to the minute. With PLUMBLINE_TEST_ENGINE=server the engine is a server of its own.
 */
export async function openTimeline(o: { seed: number; env?: Record<string, string> }) {
  const dir = mkdtempSync(join(tmpdir(), 'plumbline-story-'))
  const startMs = Math.floor(Date.now() / 60_000) * 60_000
  const clock = manualClock(startMs)
  const random = seeded(o.seed)
  const log = process.env.PLUMBLINE_TEST_LOG ? createLog('debug') : silentLog()
  const server = process.env.PLUMBLINE_TEST_ENGINE === 'server' ? await openTestServer() : null
  const env = { ...(server && { PLUMBLINE_CLICKHOUSE_URL: server.url }), ...o.env }
  const running = await up(testConfig(dir, env), allTargets, { clock, log, random: seeded(o.seed + 1) })
  const web = running.urls.web ?? ''
  const otlp = running.urls.otlpHttp ?? ''
  const minute = () => (clock.nowMs() - startMs) / 60_000
  const told: Told[] = []
  const receiver = await openReceiver((notice) => told.push({ ...notice, atMin: minute() }))
  const plans = new Map<string, Plan>()

  const addChannel = async () => {
    const channel = await call<{ generated_secret: string }>(web, 'POST', '/channels', {
      name: 'on-call',
      kind: 'webhook',
      url: receiver.url,
    })
    receiver.setSecret(channel.generated_secret)
  }

  /** Lets one slice of time pass: each service's requests of the slice arrive at its end. */
  const slice = async () => {
    const fromMs = clock.nowMs()
    await clock.advance(SLICE_MS)
    for (const plan of plans.values()) {
      const request = traceRequest(plan, fromMs, fromMs + SLICE_MS, random)
      if (request) await send(otlp, request)
    }
  }

  return {
    web,
    otlp,
    told,
    minute,
    addChannel,
    api: <T>(method: string, path: string, body?: unknown) => call<T>(web, method, path, body),
    /** From now on this service is served like this; the plan of the same service before ends. */
    serve: (plan: Plan) => plans.set(plan.service, plan),
    /** Traffic from `minutes` before the story until its beginning, sent as an import. */
    past: (plan: Plan, minutes: number) => sendPast(otlp, plan, startMs - minutes * 60_000, startMs, random),
    pass: async (minutes: number) => {
      const endMs = clock.nowMs() + minutes * 60_000
      while (clock.nowMs() < endMs) await slice()
    },
    /** Lets time pass until `seen` answers; fails when it has not by `byMin` of the story. */
    until: async <T>(what: string, byMin: number, seen: () => Promise<T | undefined> | T | undefined): Promise<T> => {
      for (;;) {
        const answer = await seen()
        if (answer !== undefined) return answer
        if (minute() >= byMin) throw new Error(`by minute ${byMin} there was no ${what}; told: ${JSON.stringify(told)}`)
        await slice()
      }
    },
    iso: (atMin: number) => new Date(startMs + atMin * 60_000).toISOString(),
    close: async () => {
      await running.stop()
      await receiver.close()
      await server?.close()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}
