import { pairOf } from './clocks.ts'
import type { Memory } from './memory.ts'

/** A service that sent nothing for so long is new when it comes back: previews and jobs come and go. */
const FORGET_AFTER_MS = 86_400_000

/** Forgets the services of which nothing came for a day, but for those with a deploy that is watched, or an anomaly that is open. */
export function forgetSilent(memory: Memory, nowMs: number): void {
  const silent = memory.clocks.arrivedBefore(nowMs - FORGET_AFTER_MS)
  if (silent.length === 0) return
  const needed = [...memory.open.values(), ...[...memory.watched.values()].map((w) => w.deploy)]
  const kept = new Set(needed.map((of) => pairOf(of.service, of.environment)))
  for (const pair of silent) {
    if (kept.has(pair)) continue
    memory.clocks.forget(pair)
    memory.lines.lines.delete(pair)
    memory.triggers.forget(pair)
    memory.rolledPairs.delete(pair)
    for (const minutes of [memory.rolledTo, memory.linesRolledTo, memory.climbedTo, memory.trafficLooked])
      minutes.delete(pair)
  }
}
