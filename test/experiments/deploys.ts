import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startInstance } from '../../services/demo/instance.ts'
import { type Notice, openReceiver } from '../../services/demo/receiver.ts'
import type { Deploy } from '../../shared/model/deploy.ts'
import type { Verdict } from '../../shared/model/verdict.ts'
import { seeded } from '../support/random.ts'
import { call } from '../support/timeline.ts'
import { type Plan, sendPast } from '../support/traffic.ts'

const MINUTE = 60_000

type Kind = 'errors' | 'unchanged' | 'latency' | 'few'
type Case = {
  kind: Kind
  seed: number
  service: string
  before: Plan
  after: Plan
  beforeMin: number
  afterMin: number
}
type Outcome = {
  verdict: string
  needs: string | null
  secondsToVerdict: number
  firing: number
  namesRoute: boolean
  wrong: string[]
}
type World = { web: string; notices: Notice[]; sentAtMs: Map<string, number> }

const kinds: Kind[] = ['errors', 'unchanged', 'latency', 'few']
const expected: Record<Kind, string> = {
  errors: 'regressed',
  unchanged: 'no_difference',
  latency: 'regressed',
  few: 'insufficient_data',
}

function makeCase(kind: Kind, seed: number): Case {
  const random = seeded(seed)
  const perMinute = kind === 'few' ? 0.05 : 40 / 3
  const slow = 15 + 30 * random()
  const routes = (errors: number, latency: number) => ({
    'GET /cart': { perMinute, errors: 0.01, latencyMs: 30 },
    'POST /orders': { perMinute, errors, latencyMs: 60 * latency },
    'GET /orders/:id': { perMinute, errors: 0.01, latencyMs: slow },
  })
  const common = { service: `${kind}-${seed}`, environment: `env-${kind}-${seed}` }
  const digits = String(seed).padStart(39, '0')
  const before = { ...common, version: '1.0.0', commit: `a${digits}`, routes: routes(0.01, 1) }
  const changed = routes(kind === 'errors' ? 0.12 : 0.01, kind === 'latency' ? 2 : 1)
  const after = { ...common, version: '1.1.0', commit: `b${digits}`, routes: changed }
  return { kind, seed, service: common.service, before, after, beforeMin: kind === 'few' ? 50 : 120, afterMin: 10 }
}

async function verdictOf(world: World, c: Case): Promise<Verdict | undefined> {
  const { items } = await call<{ items: Deploy[] }>(world.web, 'GET', `/deploys?service=${c.service}`)
  const deploy = items.find((d) => d.version === c.after.version)
  return deploy && (await call<Verdict>(world.web, 'GET', `/deploys/${deploy.id}/verdict`).catch(() => undefined))
}

async function judge(world: World, c: Case): Promise<Outcome> {
  const sentAtMs = world.sentAtMs.get(c.service) ?? 0
  let verdict: Verdict | undefined
  while (Date.now() - sentAtMs < 60_000) {
    verdict = await verdictOf(world, c)
    if (verdict?.verdict === expected[c.kind]) break
    await new Promise((resolve) => setTimeout(resolve, 1000))
  }
  const secondsToVerdict = Math.round((Date.now() - sentAtMs) / 1000)
  if (expected[c.kind] === 'regressed') await new Promise((resolve) => setTimeout(resolve, 4000))
  const isOurs = (n: Notice) => n.status === 'firing' && n.alerts.some((a) => a.labels.service === c.service)
  const alerts = world.notices.filter(isOurs)
  const named = alerts.flatMap((n) => n.alerts).filter((a) => a.labels.commit === c.after.commit)
  const stray = (verdict?.findings ?? []).filter((f) => f.harmful && !['POST /orders', ''].includes(f.dimension))
  return {
    verdict: verdict?.verdict ?? 'none',
    needs: verdict?.power?.needs ?? null,
    secondsToVerdict,
    firing: alerts.length,
    namesRoute: named.some((a) => a.labels.dimension === 'POST /orders'),
    wrong: stray.map((f) => `${f.signal} ${f.dimension}`),
  }
}

function isRight(c: Case, o: Outcome): boolean {
  if (o.verdict !== expected[c.kind]) return false
  if (expected[c.kind] === 'regressed') return o.firing === 1 && o.namesRoute
  return o.firing === 0 && (c.kind !== 'few' || o.needs !== null)
}

async function play(world: World, otlpUrl: string, c: Case, endMs: number): Promise<Outcome> {
  const random = seeded(c.seed * 7919 + kinds.indexOf(c.kind))
  const deployMs = endMs - c.afterMin * MINUTE
  await sendPast(otlpUrl, c.before, deployMs - c.beforeMin * MINUTE, deployMs, random)
  await sendPast(otlpUrl, c.after, deployMs, endMs, random)
  world.sentAtMs.set(c.service, Date.now())
  return judge(world, c)
}

/**
 * Deploys of the past, sent by OTLP into the whole product: two hours of steady traffic, then ten minutes of a new version that
 * fails more on one route, or is slower there, or is just the same; and one that hardly gets a request. Prints how many
 * were judged right. Arguments: cases of each kind (20), first seed (1).
 */
export default async function run(args: string[]): Promise<void> {
  const [count = 20, firstSeed = 1] = args.map(Number)
  const dir = mkdtempSync(join(tmpdir(), 'plumbline-deploys-'))
  process.argv[1] = 'bin/plumbline.mjs'
  const server = await startInstance({
    PLUMBLINE_DATA_DIR: dir,
    PLUMBLINE_OTLP_HTTP_PORT: '0',
    PLUMBLINE_OTLP_GRPC_PORT: '0',
    PLUMBLINE_WEB_PORT: '0',
    PLUMBLINE_ALLOW_PRIVATE_TARGETS: '127.0.0.0/8',
  })
  const world: World = { web: server.urls.web, notices: [], sentAtMs: new Map() }
  const receiver = await openReceiver((notice) => world.notices.push(notice))
  try {
    const body = { name: 'sink', kind: 'webhook', url: receiver.url }
    receiver.setSecret(
      (await call<{ generated_secret: string }>(world.web, 'POST', '/channels', body)).generated_secret,
    )
    const endMs = Math.floor(Date.now() / MINUTE) * MINUTE
    const outcomes: { c: Case; o: Outcome }[] = []
    for (let i = 0; i < count; i++) {
      for (const kind of kinds) {
        const c = makeCase(kind, firstSeed + i)
        const o = await play(world, server.urls.otlpHttp, c, endMs)
        outcomes.push({ c, o })
        process.stderr.write(`${c.service}: ${isRight(c, o) ? 'right' : 'WRONG'} ${JSON.stringify(o)}\n`)
      }
    }
    await report(world, outcomes)
  } finally {
    await server.stop()
    await receiver.close()
    rmSync(dir, { recursive: true, force: true })
  }
}

async function report(world: World, outcomes: { c: Case; o: Outcome }[]): Promise<void> {
  for (const kind of kinds) {
    const of = outcomes.filter(({ c }) => c.kind === kind)
    const right = of.filter(({ c, o }) => isRight(c, o)).length
    const slowestS = Math.max(...of.map(({ o }) => o.secondsToVerdict))
    const stray = of.reduce((sum, { o }) => sum + o.wrong.length, 0)
    console.log(
      `${kind}: ${right} of ${of.length} right, slowest verdict ${slowestS} s after the last batch, ${stray} findings on unchanged routes`,
    )
  }
  const incidents = await call<{ items: unknown[] }>(world.web, 'GET', '/incidents?limit=200')
  const fired = world.notices.filter((n) => n.status === 'firing').length
  console.log(`incidents: ${incidents.items.length}, webhooks fired: ${fired}`)
}
