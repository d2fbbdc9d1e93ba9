import type { Store } from '../../../shared/store/store.ts'
import { logStatements } from './log-sql.ts'
import { LOOKBACK_MINUTES } from './metric-points.ts'
import { metricStatements } from './metric-sql.ts'
import { spanStatements } from './span-sql.ts'
import { clearing, type Statement } from './statement.ts'
import type { RollupSignal, Touched } from './touched.ts'

/** Minutes in one statement: an hour of a busy installation fits the engine's memory; an import of a day takes 24 rounds. */
const MINUTES_A_ROUND = 60
const MINUTES_A_DAY = 1440
/** One core is left to ingest, which shares the engine where everything runs in one process. */
const SETTINGS = 'SETTINGS max_threads = 1'

const STATEMENTS: Record<RollupSignal, readonly Statement[]> = {
  traces: spanStatements,
  logs: logStatements,
  metrics: metricStatements,
}

/**
 * Recomputes the rollups of these minutes from the raw rows, inside the engine. Doing it again gives the same rows.
 * `computedMs` must not fall from call to call: the latest computation wins.
 */
export async function recompute(store: Store, touched: Touched, computedMs: number): Promise<void> {
  for (const signal of ['traces', 'logs', 'metrics'] as const) {
    const minutes = withFollowers(signal, touched[signal])
    for (const round of rounds(minutes)) await computeRound(store, STATEMENTS[signal], round, computedMs)
  }
}

async function computeRound(store: Store, statements: readonly Statement[], minutes: number[], computedMs: number) {
  const [first, last] = [minutes[0]!, minutes.at(-1)!]
  const params = {
    from_ms: first * 60_000,
    to_ms: (last + 1) * 60_000,
    from_s: first * 60,
    to_s: (last + 1) * 60,
    minutes: minutes.map((m) => m * 60),
    computed_ms: computedMs,
  }
  for (const { sql, needs } of statements) {
    const isNeeded = needs === undefined || (await store.rows(needs, params)).length > 0
    if (isNeeded) await store.exec(`${sql}\n${SETTINGS}`, params)
  }
  for (const statement of new Map(statements.map((s) => [s.table, s])).values())
    await store.exec(clearing(statement), params)
}

/** Minutes after one whose rollups hang on it: a call's parent may begin the minute before; a counter's last point stands further back. */
const FOLLOWERS: Record<RollupSignal, number> = { traces: 1, logs: 0, metrics: LOOKBACK_MINUTES }

/** Minutes with those whose rollups change with them, in order. */
export function withFollowers(signal: RollupSignal, minutes: ReadonlySet<number>): number[] {
  const all = new Set(minutes)
  for (const m of minutes) for (let i = 1; i <= FOLLOWERS[signal]; i++) all.add(m + i)
  return [...all].sort((a, b) => a - b)
}

/** Parts of one UTC day each (rollups are partitioned by day), at most MINUTES_A_ROUND minutes. */
export function rounds(sorted: readonly number[]): number[][] {
  const parts: number[][] = []
  for (const m of sorted) {
    const part = parts.at(-1)
    const fits =
      part &&
      part.length < MINUTES_A_ROUND &&
      Math.floor(part[0]! / MINUTES_A_DAY) === Math.floor(m / MINUTES_A_DAY) &&
      m - part[0]! < 2 * MINUTES_A_ROUND
    if (fits) part.push(m)
    else parts.push([m])
  }
  return parts
}
