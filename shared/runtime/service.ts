import type { Registry } from 'prom-client'
import type { State } from '../state/state.ts'
import type { Store } from '../store/store.ts'
import type { Clock } from './clock.ts'
import type { Log } from './log.ts'
import type { Config } from './settings.ts'

export type TargetName = 'ingest' | 'detector' | 'alerting' | 'web'

/** What every target is given. `random` yields 0 ≤ x < 1; it is an argument so that tests can fix it. */
export type Context = {
  config: Config
  clock: Clock
  log: Log
  store: Store
  state: State
  metrics: Registry
  random: () => number
  /** URLs of what listens, filled in as targets start. */
  urls: { otlpHttp?: string; otlpGrpc?: string; web?: string }
  /** Whether every target that runs here is ready; the web target's /readyz asks. */
  readiness: () => { ready: boolean; reasons: string[] }
}

/** One target. `start` resolves when it works; `stop` when nothing of it runs any more. */
export type Service = {
  name: TargetName
  start(): Promise<void>
  stop(): Promise<void>
  /** Null when ready, or the sentence that says why not. */
  notReady(): string | null
}

export type ServiceFactory = (context: Context) => Service
