import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readChannels } from '../../services/alerting/channels.ts'
import { createDeliverer } from '../../services/alerting/deliver.ts'
import { timing } from '../../services/alerting/lifecycle.ts'
import { freeClaims } from '../../services/alerting/outbox.ts'
import { createWatcher } from '../../services/alerting/watch.ts'
import type { Anomaly } from '../../shared/model/anomaly.ts'
import { type Clock, systemClock } from '../../shared/runtime/clock.ts'
import { loadConfig } from '../../shared/runtime/config.ts'
import { silentLog } from '../../shared/runtime/log.ts'
import { startLoop } from '../../shared/runtime/loop.ts'
import { openPostgres } from '../../shared/state/postgres.ts'
import { openSqlite } from '../../shared/state/sqlite.ts'
import type { State, Tx, Value } from '../../shared/state/state.ts'
import type { Params, Store } from '../../shared/store/store.ts'

/** What the parent tells the child, as JSON in its last argument. */
export type AlerterOptions = {
  dir: string
  stateUrl?: string
  /** File of anomalies, a line each, which the parent appends to. */
  feed: string
  /** Time runs this much faster, from `baseMs` on. */
  speed: number
  baseMs: number
  owner: string
  /** A fault put in on purpose, for a control run that must be seen: done before it is sent, or a new id on every try. */
  flaw?: Flaw
}

export type Flaw = 'settles_first' | 'new_ids'

/** Time that runs `speed` times as fast as the wall's since `baseMs`, in every process alike. */
export function fastClock(o: Pick<AlerterOptions, 'speed' | 'baseMs'>): Clock {
  return {
    nowMs: () => Math.round(o.baseMs + (systemClock.nowMs() - o.baseMs) * o.speed),
    sleep: (ms, signal) => systemClock.sleep(ms / o.speed, signal),
  }
}

/** The one read that alerting makes of the engine, answered from the file: the engine belongs to one process, and this one dies. */
function feedStore(file: string): Store {
  const rows = async <T>(_sql: string, params?: Params): Promise<T[]> => {
    const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : []
    const latest = new Map(lines.map((line) => JSON.parse(line) as Anomaly).map((a) => [a.id, a]))
    const { at, id, limit } = params as { at: number; id: string; limit: number }
    return [...latest.values()]
      .map((a) => ({ id: a.id, updated_ms: String(Date.parse(a.updated_at)), document: JSON.stringify(a) }))
      .filter((row) => Number(row.updated_ms) > at || (Number(row.updated_ms) === at && row.id > id))
      .sort((a, b) => Number(a.updated_ms) - Number(b.updated_ms) || (a.id < b.id ? -1 : 1))
      .slice(0, limit) as T[]
  }
  const none = async () => {}
  return {
    engine: 'embedded',
    rows,
    exec: none,
    insert: none,
    insertNative: none,
    isInserting: async () => false,
    close: none,
  }
}

/** A state on which deliveries are claimed wrongly, as a careless sender would. */
function flawed(state: State, flaw: Flaw): State {
  const wrong = (tx: Tx): Tx => ({
    ...tx,
    all: async <R>(sql: string, ...values: Value[]) => {
      const rows = await tx.all<R>(sql, ...values)
      if (!sql.includes('ROW_NUMBER')) return rows
      const claimed = rows as { id: string; document: string }[]
      if (flaw === 'settles_first')
        for (const { id } of claimed) await tx.run("UPDATE deliveries SET state = 'delivered' WHERE id = ?", id)
      else
        for (const row of claimed)
          row.document = row.document.replace(/msg_\w+/, `msg_${randomBytes(12).toString('hex')}`)
      return rows
    },
  })
  return { ...state, transaction: (work) => state.transaction((tx) => work(wrong(tx))) }
}

async function main(o: AlerterOptions): Promise<void> {
  const clock = fastClock(o)
  const opened = o.stateUrl ? await openPostgres(o.stateUrl) : openSqlite(join(o.dir, 'state.db'))
  const state = o.flaw ? flawed(opened, o.flaw) : opened
  if (state.kind === 'sqlite') await freeClaims(state)
  const config = loadConfig({ PLUMBLINE_DATA_DIR: o.dir, PLUMBLINE_ALLOW_PRIVATE_TARGETS: '127.0.0.0/8' })
  const log = silentLog()
  const context = { state, clock, config, log, random: Math.random, store: feedStore(o.feed) }
  const limits = { connectTimeoutMs: 400, totalTimeoutMs: 400, answerBytes: 65_536 }
  const deliverer = createDeliverer(context, {
    owner: o.owner,
    plugins: await readChannels(),
    baseUrl: () => 'https://plumbline.example.com',
    send: { limits },
    claimMs: 1_500 * o.speed,
  })
  // At this speed an hour is a minute: what is news is not what is tried here.
  const patient = { ...timing, lateWithinMs: 86_400_000 }
  const watcher = createWatcher(context, {
    ...{ owner: o.owner, timing: patient, baseUrl: () => 'https://plumbline.example.com' },
  })
  startLoop({ name: 'watch', everyMs: 50 * o.speed, clock, log, run: async () => void (await watcher.pass()) })
  startLoop({ name: 'deliver', everyMs: 25 * o.speed, clock, log, run: () => deliverer.pump() })
  // It must not outlive a parent that died.
  process.stdin.resume().on('end', () => process.exit(0))
  process.stdout.write('ready\n')
}

const argument = process.argv.at(-1) ?? ''
if (argument.startsWith('{')) await main(JSON.parse(argument) as AlerterOptions)
