import type { Anomaly } from '../../../shared/model/anomaly.ts'
import type { Finding } from '../../../shared/model/verdict.ts'
import { pairOf } from '../clocks.ts'
import type { Deps, Memory } from '../memory.ts'
import { readSeasonal } from '../seasonal.ts'
import { signalKey } from '../write.ts'
import { confirmSilence, confirmTraffic } from './confirm-traffic.ts'
import type { Line } from './lines.ts'
import { AHEAD_MINUTES, anomalyOf, BEFORE_MINUTES, explained } from './run.ts'
import { type RequestsAt, silentSince, trafficShifts } from './traffic-trigger.ts'

/** Services judged in one pass: what lasts is seen a minute later. */
const MAX_SERVICES = 25
/** What was judged and not found is judged again after this long. */
const AGAIN_MINUTES = 5
/** Before and within a silence: who had requests in these minutes is at work. */
const AWAKE_MINUTES = 5

/** Opens anomalies of services whose requests stop, collapse or multiply, against the hours before and the same hours of earlier days. */
export async function findRollingTraffic(deps: Deps, memory: Memory, nowMs: number): Promise<Anomaly[]> {
  const opened: Anomaly[] = []
  let looks = 0
  for (const [pair, line] of memory.lines.lines) {
    const minute = minuteOf(memory, pair, line, nowMs)
    if (minute === null || memory.clocks.importing(pair, nowMs) || isOpen(memory, line)) continue
    if (minute < (memory.trafficLooked.get(pair) ?? 0) + AGAIN_MINUTES) continue
    const ask = questionAt(memory, pair, line, minute)
    if (!ask || looks >= MAX_SERVICES) continue
    looks += 1
    memory.trafficLooked.set(pair, minute)
    if (await explained(deps, memory, line, minute)) continue
    const finding = await judge(deps, memory, line, ask)
    if (!finding || finding.started_at < (memory.ended.get(signalKey({ ...line, ...finding })) ?? '')) continue
    const anomaly = await anomalyOf(deps, memory, line, finding, nowMs)
    if (anomaly) opened.push(anomaly)
  }
  return opened
}

/** The newest closed minute of a service; of one that has fallen behind the others, theirs. After a start a silent one is known by its last minute. */
function minuteOf(memory: Memory, pair: string, line: Line, nowMs: number): number | null {
  if (!memory.clocks.get(pair))
    memory.clocks.arrived(line.service, line.environment, [line.newest], {
      arrivedMs: (line.newest + 1) * 60_000,
      nowMs,
    })
  return memory.clocks.behind(pair, nowMs) ?? memory.clocks.closedMinute(pair, nowMs)
}

const isOpen = (memory: Memory, { service, environment }: Line): boolean =>
  [...memory.open.values()].some(
    (a) =>
      (a.signal === 'silence' || a.signal === 'throughput') && a.service === service && a.environment === environment,
  )

type Ask = { minute: number; since: number | null }

function questionAt(memory: Memory, pair: string, line: Line, minute: number): Ask | null {
  const since = silentSince(requestsOf(line), minute)
  if (since !== null) return mostAwake(memory, pair, since, minute) ? { minute, since } : null
  return trafficShifts(requestsOf(line), minute) ? { minute, since: null } : null
}

const requestsOf =
  ({ points }: Line): RequestsAt =>
  (minute) =>
    points.get(minute)?.requests ?? 0

/**
 * Whether at least half of the services that were at work before the silence still are. Where most fall silent at once their telemetry did, and
 * nothing is known of any. A service that still sends metrics or logs counts for its own way here.
 */
function mostAwake(memory: Memory, pair: string, since: number, minute: number): boolean {
  const anyIn = (line: Line, from: number, to: number) => {
    for (let m = from; m < to; m++) if (line.points.has(m)) return true
    return false
  }
  const before = [...memory.lines.lines.values()].filter((l) => anyIn(l, since - AWAKE_MINUTES, since))
  const still = before.filter((l) => anyIn(l, minute + 1 - AWAKE_MINUTES, minute + 1)).length
  const sends = (memory.clocks.get(pair)?.newestMinute ?? 0) >= minute ? 1 : 0
  return 2 * (still + sends) >= before.length
}

async function judge(deps: Deps, memory: Memory, line: Line, { minute, since }: Ask): Promise<Finding | null> {
  const { service, environment } = line
  const id = `rolling\n${pairOf(service, environment)}`
  const hour = Math.floor((since ?? minute) / 60) * 60
  // A silence lasts up to an hour and a half beyond the hour in which it began.
  const span = { from: hour - BEFORE_MINUTES, to: hour + (since === null ? AHEAD_MINUTES : 3 * AHEAD_MINUTES) }
  await memory.windows.load([{ id, service, environment, ...span }], ['route'])
  const window = memory.windows.get(id)
  if (!window) return null
  const confirm = (earlier: Awaited<ReturnType<typeof readSeasonal>>) => {
    const of = { minute, earlier, sensitivity: deps.config.sensitivity }
    return since === null ? confirmTraffic(window, of) : confirmSilence(window, { ...of, since })
  }
  const found = confirm([])
  if (!found) return null
  const day = { service, environment, started_at: found.started_at, first_seen_at: null }
  return confirm(await readSeasonal(deps.store, day, deps.config.watchMinutes))
}
