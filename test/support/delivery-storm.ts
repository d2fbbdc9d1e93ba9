import { type ChildProcess, spawn } from 'node:child_process'
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Webhook } from 'standardwebhooks'
import { systemClock } from '../../shared/runtime/clock.ts'
import { loadConfig } from '../../shared/runtime/config.ts'
import { createChannel, getChannel } from '../../shared/state/channels.ts'
import { migrateState } from '../../shared/state/migrate.ts'
import { openPostgres } from '../../shared/state/postgres.ts'
import { openSqlite } from '../../shared/state/sqlite.ts'
import type { State } from '../../shared/state/state.ts'
import { readMigrations } from '../../shared/store/migrate.ts'
import { type AlerterOptions, type Flaw, fastClock } from './alerter-child.ts'
import { anomalyOf, closed } from './alerting.ts'
import { seeded } from './random.ts'
import { type Answer, openSink, type Received } from './sink.ts'
import { until } from './wait.ts'

const SPEED = 60
/** What the receiver does to alert i: by i modulo 10, and the try's number. */
const PLANS: ((tryNumber: number, event: string) => Answer | 'slow')[] = [
  () => ({ status: 200 }),
  (n) => (n === 1 ? 'reset' : { status: 200 }),
  (n) => ({ status: n <= 2 ? 500 : 200 }),
  (n) => (n === 1 ? { status: 429, headers: { 'retry-after': '60' } } : { status: 200 }),
  (n) => (n === 1 ? 'hang' : { status: 204 }),
  () => 'slow',
  () => ({ status: 302, headers: { location: '/elsewhere' } }),
  (_, event) => ({ status: event === 'resolved' ? 400 : 200 }),
  (n) => ({ status: n <= 3 ? 503 : 200 }),
  () => ({ status: 202 }),
]
const FIRING_DEAD = 6
const RESOLVED_DEAD = 7

export type StormOptions = {
  alerts: number
  kills: number
  seed: number
  stateUrl?: string
  processes?: number
  flaw?: Flaw
}

export type StormReport = {
  alerts: number
  kills: number
  requests: number
  lost: string[]
  doubled: string[]
  outOfOrder: string[]
  badSignatures: number
  wrongDeadLetters: string[]
  /** Accepted more than once under the same id: allowed, and counted. */
  repeats: number
  merged: number
  goneDisabled: boolean
  tookMs: number
}

type Body = { status: 'firing' | 'resolved'; groupLabels: { service: string } }

const indexOf = (r: Received) => Number((JSON.parse(r.body) as Body).groupLabels.service.slice(2))
const eventOf = (r: Received) => (JSON.parse(r.body) as Body).status

async function openReceiver() {
  const tries = new Map<string, number>()
  return openSink(async (request) => {
    if (request.path === '/gone') return { status: 410 }
    const message = `${indexOf(request)} ${eventOf(request)}`
    tries.set(message, (tries.get(message) ?? 0) + 1)
    const answer = PLANS[indexOf(request) % PLANS.length]!(tries.get(message) ?? 1, eventOf(request))
    if (answer !== 'slow') return answer
    await systemClock.sleep(200)
    return { status: 200 }
  })
}

/**
 * Appends the story of the alerts to the feed: each opens at its share of the kills, so that a slow machine changes nothing, and
 * closes soon or late.
 */
function startFeed(feed: string, o: StormOptions, clock: ReturnType<typeof fastClock>, share: () => number) {
  const iso = () => new Date(clock.nowMs()).toISOString()
  const say = (anomaly: object) => appendFileSync(feed, `${JSON.stringify({ ...anomaly, updated_at: iso() })}\n`)
  const one = async (i: number) => {
    while (share() < i / o.alerts) await systemClock.sleep(20)
    const startedAt = iso()
    const a = anomalyOf({ id: `ano_${i}`, service: `s-${i}`, deploy: null, started_at: startedAt })
    say(a)
    await clock.sleep(i % 3 === 0 ? 70_000 : 300_000)
    say({ ...closed(a, 0), started_at: startedAt, ended_at: iso() })
  }
  return Promise.all(Array.from({ length: o.alerts }, (_, i) => one(i)))
}

export async function startAlerter(options: AlerterOptions): Promise<ChildProcess> {
  const child = spawn(process.execPath, ['--import', 'tsx', 'test/support/alerter-child.ts', JSON.stringify(options)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  await new Promise<void>((resolve, reject) => {
    child.stdout?.once('data', () => resolve())
    child.once('exit', (code) => reject(new Error(`the alerter ended with ${code} before it was ready`)))
  })
  return child
}

export const killAlerter = (child: ChildProcess) =>
  new Promise<void>((resolve) => {
    child.once('exit', () => resolve())
    child.kill('SIGKILL')
  })

/**
 * Alerts against a receiver that fails by script, while the alerter is killed again and again, in real processes over real HTTP
 * with time 60 times as fast. With `processes: 2` two alerters share one PostgreSQL and are killed in turn.
 */
export async function runStorm(o: StormOptions): Promise<StormReport> {
  const startMs = systemClock.nowMs()
  const dir = mkdtempSync(join(tmpdir(), 'plumbline-storm-'))
  const feed = join(dir, 'feed.jsonl')
  writeFileSync(feed, '')
  const random = seeded(o.seed)
  const clock = fastClock({ speed: SPEED, baseMs: startMs })
  const state: State = o.stateUrl ? await openPostgres(o.stateUrl) : openSqlite(join(dir, 'state.db'))
  await migrateState(state, readMigrations('migrations/state'))
  const config = loadConfig({ PLUMBLINE_DATA_DIR: dir, PLUMBLINE_ALLOW_PRIVATE_TARGETS: '127.0.0.0/8' })
  const context = { state, clock, config }
  const sink = await openReceiver()
  const gone = sink.url.replace('/hook', '/gone')
  const main = await createChannel(context, { name: 'main', kind: 'webhook', url: sink.url })
  const goneId = (await createChannel(context, { name: 'gone', kind: 'webhook', url: gone })).channel.id
  const start = (owner: string) =>
    startAlerter({
      dir,
      feed,
      speed: SPEED,
      baseMs: startMs,
      owner,
      ...(o.flaw && { flaw: o.flaw }),
      ...(o.stateUrl && { stateUrl: o.stateUrl }),
    })
  const owners = o.stateUrl ? Array.from({ length: o.processes ?? 1 }, (_, i) => `alerter-${i}`) : ['local']
  const children = await Promise.all(owners.map(start))
  let killed = 0
  const feeding = startFeed(feed, o, clock, () => killed / Math.max(1, o.kills))
  for (let i = 0; i < o.kills; i++) {
    await systemClock.sleep(50 + random() * 550)
    const at = i % children.length
    await killAlerter(children[at]!)
    killed += 1
    children[at] = await start(o.stateUrl ? `${owners[at]}-${i}` : 'local')
  }
  await feeding
  await until(
    'end of the storm',
    async () => {
      const open = await state.get(
        "SELECT 1 AS one FROM deliveries WHERE state = 'pending' UNION SELECT 1 AS one FROM incidents WHERE phase <> 'resolved'",
      )
      const told = await state.get<{ n: number }>('SELECT COUNT(*) AS n FROM incidents')
      return open === undefined && Number(told?.n) === o.alerts ? true : undefined
    },
    6000,
  )
  await Promise.all(children.map(killAlerter))
  const report = await judge(state, sink.received, { ...o, mainId: main.channel.id, goneId, secret: main.secret ?? '' })
  await sink.close()
  await state.close()
  rmSync(dir, { recursive: true, force: true })
  return { ...report, tookMs: systemClock.nowMs() - startMs }
}

/** The ids under which one message came, refused tries too: there must be one. */
const triedIds = (received: readonly Received[], i: number, event: string) =>
  new Set(received.filter((r) => indexOf(r) === i && eventOf(r) === event).map((r) => r.headers['webhook-id']))

type Ledger = StormOptions & { mainId: string; goneId: string; secret: string }

async function judge(state: State, received: readonly Received[], o: Ledger): Promise<Omit<StormReport, 'tookMs'>> {
  const main = received.filter((r) => r.path === '/hook')
  const accepted = main.filter((r) => r.status !== null && r.status < 300)
  const rows = await state.all<{ service: string; event: string; state: string }>(
    'SELECT i.service, d.event, d.state FROM deliveries d JOIN incidents i ON i.id = d.incident_id WHERE d.channel_id = ?',
    o.mainId,
  )
  const stateOf = (i: number, event: string) =>
    rows
      .filter((r) => r.service === `s-${i}` && r.event === event)
      .map((r) => r.state)
      .join(',')
  const report = {
    lost: [] as string[],
    doubled: [] as string[],
    outOfOrder: [] as string[],
    wrongDeadLetters: [] as string[],
  }
  let repeats = 0
  for (let i = 0; i < o.alerts; i++) {
    const mine = accepted.filter((r) => indexOf(r) === i)
    const events = mine.map(eventOf)
    const kind = i % PLANS.length
    const wanted =
      kind === FIRING_DEAD ? ['dead', ''] : kind === RESOLVED_DEAD ? ['delivered', 'dead'] : ['delivered', 'delivered']
    const got = [stateOf(i, 'firing'), stateOf(i, 'resolved')]
    const end = kind === FIRING_DEAD || kind === RESOLVED_DEAD ? 'dead' : 'delivered'
    const merged = got.join() === `superseded,${end}`
    // Both are dead where the end came before the beginning could be tried.
    const bothDead = kind === FIRING_DEAD && got.join() === 'dead,dead'
    if (!merged && !bothDead && got.join() !== wanted.join()) report.wrongDeadLetters.push(`s-${i}: ${got.join()}`)
    for (const [n, event] of (['firing', 'resolved'] as const).entries()) {
      const ids = new Set(mine.filter((r) => eventOf(r) === event).map((r) => r.headers['webhook-id']))
      if (got[n] === 'delivered' && ids.size === 0) report.lost.push(`s-${i} ${event}`)
      if (triedIds(main, i, event).size > 1) report.doubled.push(`s-${i} ${event}`)
    }
    repeats += mine.length - new Set(mine.map((r) => r.headers['webhook-id'])).size
    if (events.lastIndexOf('firing') > events.indexOf('resolved') && events.includes('resolved'))
      report.outOfOrder.push(`s-${i}`)
  }
  const signer = new Webhook(o.secret)
  const badSignatures = main.filter((r) => {
    const { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signature } = r.headers
    return signer.sign(String(id), new Date(Number(timestamp) * 1000), r.body) !== signature
  }).length
  return {
    alerts: o.alerts,
    kills: o.kills,
    requests: received.length,
    ...report,
    badSignatures,
    repeats,
    merged: rows.filter((r) => r.state === 'superseded').length,
    goneDisabled: (await getChannel(state, o.goneId))?.enabled === false,
  }
}

/** Whether a storm left everything as promised. */
export const weathered = (r: StormReport): boolean =>
  [r.lost, r.doubled, r.outOfOrder, r.wrongDeadLetters].every((list) => list.length === 0) &&
  r.badSignatures === 0 &&
  r.goneDisabled
