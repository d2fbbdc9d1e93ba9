import { join } from 'node:path'
import { collectDefaultMetrics, Registry } from 'prom-client'
import type { Clock } from '../shared/runtime/clock.ts'
import { systemClock } from '../shared/runtime/clock.ts'
import { letHeapDouble } from '../shared/runtime/heap.ts'
import { startAll, stopAll } from '../shared/runtime/lifecycle.ts'
import { createLog, type Log } from '../shared/runtime/log.ts'
import { packageRoot } from '../shared/runtime/package.ts'
import type { Context, Service, TargetName } from '../shared/runtime/service.ts'
import type { Config } from '../shared/runtime/settings.ts'
import { type SelfTelemetry, startSelfTelemetry } from '../shared/runtime/telemetry.ts'
import { migrateState } from '../shared/state/migrate.ts'
import { openState } from '../shared/state/open.ts'
import { migrate, readMigrations, variablesFor } from '../shared/store/migrate.ts'
import { openStore } from '../shared/store/open.ts'
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
  const store = await openStore(config)
  try {
    const variables = variablesFor({ cluster: config.clickhouseCluster, retentionDays: config.retentionDays })
    await migrate(store, readMigrations(join(packageRoot, 'migrations')), variables)
    const state = await openState(config)
    await migrateState(state, readMigrations(join(packageRoot, 'migrations/state')))
    return { store, state }
  } catch (error) {
    await store.close()
    throw error
  }
}
