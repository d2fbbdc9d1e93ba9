import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { collectDefaultMetrics, Registry } from 'prom-client'
import type { Clock } from '../shared/runtime/clock.ts'
import { systemClock } from '../shared/runtime/clock.ts'
import { makeDataFolder } from '../shared/runtime/folder.ts'
import { letHeapDouble } from '../shared/runtime/heap.ts'
import { startAll, stopAll } from '../shared/runtime/lifecycle.ts'
import { createLog, type Log } from '../shared/runtime/log.ts'
import { packageRoot } from '../shared/runtime/package.ts'
import type { Context, Service, TargetName } from '../shared/runtime/service.ts'
import type { Config } from '../shared/runtime/settings.ts'
import { type SelfTelemetry, startSelfTelemetry } from '../shared/runtime/telemetry.ts'
import { checkKey } from '../shared/security/secrets.ts'
import { acquireLease, releaseLease } from '../shared/state/leases.ts'
import { migrateState } from '../shared/state/migrate.ts'
import { openState } from '../shared/state/open.ts'
import type { State } from '../shared/state/state.ts'
import { migrate, readMigrations, variablesFor } from '../shared/store/migrate.ts'
import { openStore } from '../shared/store/open.ts'
import type { Store } from '../shared/store/store.ts'
import { targets } from './targets.ts'

export type Running = { context: Context; urls: Context['urls']; stop(): Promise<void> }

export const allTargets = Object.keys(targets) as TargetName[]

/**
 * Opens engine and state, migrates both, and starts the targets.
 * @throws Error when a lone target is asked for on the embedded engine, which one process must hold alone
 */
export async function up(
  config: Config,
  names: TargetName[],
  o: { clock?: Clock; log?: Log; random?: () => number } = {},
): Promise<Running> {
  if (!config.clickhouseUrl && names.length < allTargets.length) {
    throw new Error(
      `cannot start ${names.join(', ')} alone: the embedded engine belongs to one process, so all targets must run in it. Run \`plumbline up\`, or set PLUMBLINE_CLICKHOUSE_URL to a ClickHouse server`,
    )
  }
  letHeapDouble()
  const log = o.log ?? createLog(config.logLevel)
  const { store, state } = await open(config)
  const services: Service[] = []
  const metrics = new Registry()
  collectDefaultMetrics({ register: metrics })
  const reasons = () => services.map((s) => s.notReady()).filter((reason) => reason !== null)
  const context: Context = {
    config,
    log,
    store,
    state,
    metrics,
    clock: o.clock ?? systemClock,
    random: o.random ?? Math.random,
    urls: {},
    readiness: () => ({ ready: reasons().length === 0, reasons: reasons() }),
  }
  let own: SelfTelemetry | null = null
  const close = async () => {
    await state.close()
    await store.close()
  }
  services.push(...allTargets.filter((name) => names.includes(name)).map((name) => targets[name](context)))
  try {
    await startAll(services, log)
    if (config.selfTelemetry) own = await startSelfTelemetry(metrics, context.clock.nowMs)
  } catch (error) {
    await close()
    throw error
  }
  return {
    context,
    urls: context.urls,
    stop: async () => {
      await own
        ?.stop()
        .catch((error) => log.warn({ event: 'self_telemetry', error: String(error) }, 'not all was sent'))
      await stopAll(services, log)
      await close()
    },
  }
}

/** Opens engine and state and brings both schemas up to date. */
export async function open(config: Config): Promise<Pick<Context, 'store' | 'state'>> {
  // With both elsewhere a target may have the folder of secrets to read only.
  if (!config.clickhouseUrl || !config.stateUrl) makeDataFolder(config.dataDir)
  checkKey(config.dataDir)
  const store = await openStore(config)
  let state: State | undefined
  try {
    state = await openState(config)
    await migrateState(state, readMigrations(join(packageRoot, 'migrations/state')))
    await migrateAlone(store, state, config)
    return { store, state }
  } catch (error) {
    await state?.close()
    await store.close()
    throw error
  }
}

/** Longer than the migrations take; when a process dies in the middle, the next one waits for it no longer. */
const MIGRATE_LEASE_MS = 30_000

/** Targets that start together migrate one after the other: a server refuses changes of one replicated table that come at once. */
async function migrateAlone(store: Store, state: State, config: Config): Promise<void> {
  const variables = variablesFor({ cluster: config.clickhouseCluster, retentionDays: config.retentionDays })
  const work = () => migrate(store, readMigrations(join(packageRoot, 'migrations')), variables)
  if (store.engine === 'embedded') return void (await work())
  const lease = { name: 'migrate', owner: randomUUID(), ttlMs: MIGRATE_LEASE_MS }
  while (!(await acquireLease(state, { ...lease, nowMs: systemClock.nowMs() })).held) await systemClock.sleep(200)
  try {
    await work()
  } finally {
    await releaseLease(state, lease.name, lease.owner)
  }
}
