import type { Anomaly } from '../../shared/model/anomaly.ts'
import { levelOf } from './anomalies/level.ts'
import { follow } from './anomalies/life.ts'
import { pairOf } from './clocks.ts'
import type { Memory } from './memory.ts'

/** Minutes loaded behind and ahead of now, for services with open anomalies. */
const BEHIND = 60
const AHEAD = 60

/** Closes the open anomalies whose signal is back. `done`: those that this pass moved already. */
export async function followAnomalies(memory: Memory, done: ReadonlySet<string>, nowMs: number): Promise<Anomaly[]> {
  const wanted = [...memory.open.values()].filter((a) => {
    const closed = memory.clocks.closedMinute(pairOf(a.service, a.environment), nowMs)
    return !done.has(a.id) && closed !== null && memory.followed.get(a.id) !== closed
  })
  const pairs = new Map(wanted.map((a) => [pairOf(a.service, a.environment), a]))
  const windows = [...pairs].map(([pair, a]) => {
    const closed = memory.clocks.closedMinute(pair, nowMs) ?? 0
    const at = Math.floor(closed / 30) * 30
    return { id: `follow\n${pair}`, service: a.service, environment: a.environment, from: at - BEHIND, to: at + AHEAD }
  })
  await memory.windows.load(windows)
  const closed: Anomaly[] = []
  for (const a of wanted) {
    const pair = pairOf(a.service, a.environment)
    const window = memory.windows.get(`follow\n${pair}`)
    const minute = memory.clocks.closedMinute(pair, nowMs)
    if (minute !== null) memory.followed.set(a.id, minute)
    if (!window || minute === null || minute * 60_000 < Date.parse(a.started_at)) continue
    const build =
      a.deploy && a.deploy.version + a.deploy.commit !== ''
        ? { version: a.deploy.version, commit: a.deploy.commit }
        : null
    const next = follow(a, levelOf(a, build, window, minute), nowMs)
    if (!next) continue
    closed.push(next)
    memory.followed.delete(a.id)
    memory.watched.get(a.deploy?.id ?? '')?.anomalies.set(next.id, next)
  }
  return closed
}
