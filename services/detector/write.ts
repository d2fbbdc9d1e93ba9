import type { Anomaly } from '../../shared/model/anomaly.ts'
import type { Verdict } from '../../shared/model/verdict.ts'
import { standingAccepted } from '../../shared/state/accepted.ts'
import { setCursor } from '../../shared/state/cursors.ts'
import { deploysChangedSince } from '../../shared/state/deploys.ts'
import { writeAnomalies } from '../../shared/store/anomalies.ts'
import { mirrorDeploys } from '../../shared/store/deploys.ts'
import { writeVerdicts } from '../../shared/store/verdicts.ts'
import { withAccepted } from './anomalies/accepted.ts'
import { pairOf } from './clocks.ts'
import type { Deps, Memory } from './memory.ts'

export const CURSOR = 'detector.touched'
export const ROLLED = 'detector.rolled'

/** Writes what a pass found, anomalies first: a verdict that is final is not looked at again after a stop between the two. Then the cursor moves. */
export async function writeResults(
  deps: Deps,
  memory: Memory,
  found: { verdicts: readonly Verdict[]; anomalies: readonly Anomaly[]; cursorMs: number },
  nowMs: number,
): Promise<void> {
  // Readers follow anomalies by time of writing: it must not fall, nor be the same for two writes.
  memory.writtenMs = Math.max(nowMs, memory.writtenMs + 1)
  const updated_at = new Date(memory.writtenMs).toISOString()
  const anomalies = withAccepted(found.anomalies, memory.open, await standingAccepted(deps.state), nowMs)
  await writeAnomalies(
    deps.store,
    anomalies.map((a) => ({ ...a, updated_at })),
  )
  await writeVerdicts(deps.store, found.verdicts)
  remember(memory, anomalies)
  const changed = await deploysChangedSince(deps.state, memory.mirroredMs, 5000)
  if (changed.length > 0) {
    await mirrorDeploys(deps.store, changed)
    memory.mirroredMs = Date.parse(changed.at(-1)!.updated_at)
  }
  const rolled = JSON.stringify([...memory.rolledTo])
  if (rolled !== memory.rolledText) await setCursor(deps.state, ROLLED, rolled, nowMs)
  memory.rolledText = rolled
  if (found.cursorMs !== memory.cursorMs) await setCursor(deps.state, CURSOR, String(found.cursorMs), nowMs)
  memory.cursorMs = found.cursorMs
}

/** Signals of which it is remembered when they ended. */
const MAX_ENDED = 20_000

/** Keeps what is open at hand, and when what is closed ended. */
export function remember(memory: Memory, anomalies: readonly Anomaly[]): void {
  if (memory.ended.size > MAX_ENDED) memory.ended.clear()
  for (const a of anomalies) {
    if (a.state === 'open') memory.open.set(a.id, a)
    else memory.open.delete(a.id)
    if (a.ended_at !== null) memory.ended.set(signalKey(a), a.ended_at)
  }
}

/** What tells the anomalies of one signal of a service apart from all others. */
export const signalKey = (a: Pick<Anomaly, 'service' | 'environment' | 'signal' | 'dimension'>): string =>
  `${pairOf(a.service, a.environment)}\n${a.signal}\n${a.dimension}`
