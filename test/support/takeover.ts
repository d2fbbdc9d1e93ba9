import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../../shared/runtime/clock.ts'
import { loadConfig } from '../../shared/runtime/config.ts'
import { createChannel } from '../../shared/state/channels.ts'
import { migrateState } from '../../shared/state/migrate.ts'
import { openPostgres } from '../../shared/state/postgres.ts'
import { readMigrations } from '../../shared/store/migrate.ts'
import { anomalyOf } from './alerting.ts'
import { killAlerter, startAlerter } from './delivery-storm.ts'
import { startPostgres } from './postgres.ts'
import { openSink } from './sink.ts'
import { until } from './wait.ts'

export type Takeover = {
  /** From the kill of the alerter that works to the first message by the other. */
  tookMs: number
  /** Messages that came under more than one id. */
  doubled: number
  messages: number
}

/**
 * Two alerting processes on one PostgreSQL, in real time: the one that holds the lease tells of an alert and is killed while the next
 * one opens; the other must tell of that.
 */
export async function measureTakeover(): Promise<Takeover> {
  const cluster = startPostgres()
  const dir = mkdtempSync(join(tmpdir(), 'plumbline-takeover-'))
  const feed = join(dir, 'feed.jsonl')
  writeFileSync(feed, '')
  const state = await openPostgres(cluster.url)
  const sink = await openSink()
  try {
    await migrateState(state, readMigrations('migrations/state'))
    const config = loadConfig({ PLUMBLINE_DATA_DIR: dir, PLUMBLINE_ALLOW_PRIVATE_TARGETS: '127.0.0.0/8' })
    await createChannel({ state, clock: systemClock, config }, { name: 'hook', kind: 'webhook', url: sink.url })
    const shared = { dir, feed, speed: 1, baseMs: systemClock.nowMs(), stateUrl: cluster.url }
    const names = ['one', 'two']
    const children = await Promise.all(names.map((owner) => startAlerter({ ...shared, owner })))
    const say = (service: string) => {
      const now = new Date(systemClock.nowMs()).toISOString()
      const a = anomalyOf({ id: `ano_${service}`, service, deploy: null, started_at: now, updated_at: now })
      appendFileSync(feed, `${JSON.stringify(a)}\n`)
    }
    const of = (service: string) => sink.received.filter((r) => r.body.includes(`"service":"${service}"`))
    const told = (service: string) => of(service)[0]
    say('before')
    await until('message by the first', () => told('before'), 600)
    const lease = await state.get<{ owner: string }>("SELECT owner FROM leases WHERE name = 'alerting'")
    const holder = names.indexOf(lease?.owner ?? '')
    await killAlerter(children[holder]!)
    const killedMs = systemClock.nowMs()
    say('after')
    await until('message by the second', () => told('after'), 1200)
    const tookMs = systemClock.nowMs() - killedMs
    await killAlerter(children[1 - holder]!)
    const ids = (service: string) => new Set(of(service).map((r) => r.headers['webhook-id']))
    const doubled = ['before', 'after'].filter((service) => ids(service).size > 1).length
    return { tookMs, doubled, messages: sink.received.length }
  } finally {
    await sink.close()
    await state.close()
    cluster.stop()
    rmSync(dir, { recursive: true, force: true })
  }
}
