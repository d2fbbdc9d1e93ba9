import type { Anomaly, Origin } from '../../shared/model/anomaly.ts'
import type { Deploy } from '../../shared/model/deploy.ts'
import type { Verdict } from '../../shared/model/verdict.ts'
import type { Log } from '../../shared/runtime/log.ts'
import type { Config } from '../../shared/runtime/settings.ts'
import type { State } from '../../shared/state/state.ts'
import type { Store } from '../../shared/store/store.ts'
import { Clocks } from './clocks.ts'
import type { Day } from './decide/season.ts'
import { CountLines } from './rolling/counts.ts'
import { Lines } from './rolling/lines.ts'
import { MetricLines } from './rolling/metrics.ts'
import { Triggers } from './rolling/trigger.ts'
import { OpenMinute } from './rollups/open-minute.ts'
import { LogPatterns } from './rollups/patterns.ts'
import { createTouchedReader } from './rollups/touched.ts'
import { WindowCache } from './window/cache.ts'

/** What one look at a deploy needs to know of the look before. */
export type Watched = {
  deploy: Deploy
  verdict: Verdict | null
  anomalies: Map<string, Anomaly>
  /** Closed minute and quietness at the last look: another look is due when they differ. */
  looked: string
  /** The same hours of earlier days; read once, when it is first looked at. */
  seasonal: readonly Day[] | null
  /** What was masked before it (masked-before.ts); read with the earlier days. */
  maskedBefore: ReadonlyMap<string, number>
  /** Minutes that matter to it changed since. */
  dirty: boolean
}

export type Deps = {
  store: Store
  state: State
  log: Log
  config: Pick<Config, 'settleMinutes' | 'watchMinutes' | 'sensitivity'>
}

/** What the detector keeps between passes. All of it can be had again from the tables. */
export type Memory = {
  readTouched: ReturnType<typeof createTouchedReader>
  openMinute: OpenMinute
  /** Null until it was read from the state. */
  cursorMs: number | null
  computedMs: number
  patterns: LogPatterns
  clocks: Clocks
  windows: WindowCache
  watched: Map<string, Watched>
  /** Open anomalies by id. */
  open: Map<string, Anomaly>
  /** When the newest anomaly of a signal ended (write.ts): what ended is not found a second time. */
  ended: Map<string, string>
  /** Where anomalies began, by their id; empty where that was looked up in vain. */
  origins: Map<string, readonly Origin[]>
  /** How often that failed. */
  originTries: Map<string, number>
  /** Closed minute at which an open anomaly was followed last. */
  followed: Map<string, number>
  /** Service-level minutes, what watches them, and up to which minute they were watched, over restarts. */
  lines: Lines
  metrics: MetricLines
  counts: CountLines
  triggers: Triggers
  rolledTo: Map<string, number>
  linesRolledTo: Map<string, number>
  climbedTo: Map<string, number>
  /** Minute in which the traffic of a service was judged last. */
  trafficLooked: Map<string, number>
  rolledText: string
  rolledPairs: Set<string>
  /** What was told of deploys when they were looked at last. */
  told: Map<string, string>
  /** Deploys changed up to here were looked at. */
  toldToMs: number
  /** The mirror in ClickHouse has the deploys changed up to here. */
  mirroredMs: number
  writtenMs: number
}

export const newMemory = (deps: Pick<Deps, 'store' | 'state'>): Memory => ({
  readTouched: createTouchedReader(deps.store),
  openMinute: new OpenMinute(),
  cursorMs: null,
  computedMs: 0,
  patterns: new LogPatterns(deps.store, deps.state),
  clocks: new Clocks(),
  windows: new WindowCache(deps.store),
  watched: new Map(),
  open: new Map(),
  ended: new Map(),
  origins: new Map(),
  originTries: new Map(),
  followed: new Map(),
  lines: new Lines(),
  metrics: new MetricLines(),
  counts: new CountLines(),
  triggers: new Triggers(),
  rolledTo: new Map(),
  linesRolledTo: new Map(),
  climbedTo: new Map(),
  trafficLooked: new Map(),
  rolledText: '',
  rolledPairs: new Set(),
  told: new Map(),
  toldToMs: 0,
  mirroredMs: 0,
  writtenMs: 0,
})

/**
 * Forgets what stands ahead of the tables. Kept are windows, which only repeat them, log patterns, which are counted by then, and the times
 * that must not fall.
 */
export const forget = (deps: Pick<Deps, 'store' | 'state'>, memory: Memory): void => {
  const { windows, patterns, computedMs, writtenMs } = memory
  Object.assign(memory, newMemory(deps), { windows, patterns, computedMs, writtenMs })
}
