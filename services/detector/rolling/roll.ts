import type { Changes } from '../changes.ts'
import type { Deps, Memory } from '../memory.ts'
import { readCountLines } from './counts.ts'
import { readLines } from './lines.ts'
import { readMetricLines } from './metrics.ts'

/** History that the rolling detectors learn from when they see a service for the first time. */
const LEARN_MINUTES = 360

/** Reads the changed minutes of all services, and the history of those seen for the first time. */
export async function readChangedLines(deps: Deps, memory: Memory, changes: Changes): Promise<void> {
  for (const [from, to] of runs(changes.minutes)) await readRolling(deps, memory, from, to + 1)
  const strangers = [...changes.byPair].filter(([pair]) => !memory.rolledPairs.has(pair))
  if (strangers.length > 0) {
    const first = Math.min(...strangers.flatMap(([, c]) => c.minutes))
    await readRolling(deps, memory, first - LEARN_MINUTES, first)
    for (const [pair] of strangers) memory.rolledPairs.add(pair)
  }
  memory.lines.trim()
  memory.metrics.trim(changes.minutes.at(-1) ?? 0)
  memory.counts.trim(changes.minutes.at(-1) ?? 0)
}

/** Reads the minutes from … to (exclusive) of what is followed without a deploy. */
export async function readRolling(
  deps: Pick<Deps, 'store'>,
  memory: Pick<Memory, 'lines' | 'metrics' | 'counts'>,
  from: number,
  to: number,
): Promise<void> {
  await readLines(deps.store, memory.lines, from, to)
  await readMetricLines(deps.store, memory.metrics, from, to)
  await readCountLines(deps.store, memory.counts, from, to)
}

function runs(minutes: readonly number[]): [number, number][] {
  const found: [number, number][] = []
  for (const m of minutes) {
    const run = found.at(-1)
    if (run && m - run[1] <= 2) run[1] = m
    else found.push([m, m])
  }
  return found
}
