import { pairOf } from './clocks.ts'
import { discoverDeploys } from './deploys/discover.ts'
import type { Presence } from './deploys/presence.ts'
import { readPresence } from './deploys/presence.ts'
import type { Deps, Memory } from './memory.ts'
import { heldAt } from './rollups/open-minute.ts'
import { recompute, withFollowers } from './rollups/recompute.ts'

/** Minutes that changed, of each service that has telemetry in them. */
export type Changes = {
  cursorMs: number
  /** When ingest noted the newest of it; 0 where nothing changed. */
  arrivedMs: number
  minutes: number[]
  byPair: Map<string, { service: string; environment: string; minutes: number[] }>
}

/** Brings rollups and deploys up to what was ingested, and says which minutes of which services changed. */
export async function takeChanges(deps: Deps, memory: Memory, fromMs: number, nowMs: number): Promise<Changes> {
  const { touched, cursorMs, arrivedMs, done } = await readDue(memory, fromMs, nowMs)
  const minutes = [...new Set([...touched.traces, ...touched.logs, ...touched.metrics])].sort((a, b) => a - b)
  const byPair: Changes['byPair'] = new Map()
  if (minutes.length === 0) return { cursorMs, arrivedMs, minutes, byPair }
  memory.computedMs = Math.max(nowMs, memory.computedMs + 1)
  await recompute(deps.store, touched, memory.computedMs)
  await memory.patterns.recompute(touched.logs, memory.computedMs)
  await memory.patterns.save(nowMs)
  const presence = await readPresence(deps.store, minutes)
  const changed = new Set(minutes)
  for (const { service, environment, rows } of presence) {
    const own = minutesOf(rows, changed)
    if (own.length === 0) continue
    byPair.set(pairOf(service, environment), { service, environment, minutes: own })
    memory.clocks.arrived(service, environment, own, { arrivedMs: Math.min(arrivedMs, nowMs), nowMs })
  }
  await discoverDeploys(deps.state, presence, nowMs)
  await memory.windows.refresh([...new Set([...minutes, ...withFollowers('metrics', touched.metrics)])])
  done()
  return { cursorMs, arrivedMs, minutes, byPair }
}

/** What ingest noted since the cursor and is due now; after a start also what the process before may have held back. */
async function readDue(memory: Memory, fromMs: number, nowMs: number) {
  const read = await memory.readTouched(fromMs)
  if (memory.cursorMs === null)
    for (const signal of ['traces', 'logs', 'metrics'] as const)
      for (const minute of heldAt(fromMs)[signal]) read.touched[signal].add(minute)
  return { cursorMs: read.cursorMs, ...memory.openMinute.take(read.touched, read.arrivedMs, nowMs) }
}

const minutesOf = (rows: readonly Presence[], changed: ReadonlySet<number>): number[] => [
  ...new Set(rows.map((r) => r.minute).filter((m) => changed.has(m))),
]
