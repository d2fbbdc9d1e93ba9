import { quantile } from 'simple-statistics'
import { spansById, type Telemetry } from './telemetry.ts'

/** Time that calls between two services take outside of both: the caller's span without the callee's. */
export type Edge = { caller: string; callee: string; calls: number; beforeMs: number; nowMs: number; excessMs: number }

/** A service at which calls wait, on the way in, on the way out, or both. */
export type Waiting = { service: string; inMs: number; outMs: number; strength: number; edges: Edge[] }

/** Fewer calls than this say nothing about an edge. */
const leastCalls = 3
/** Ordinary jitter of the network and of thread pools: an excess is measured in units of this. */
const jitterMs = 10

/**
 * Where calls wait. A delay at one service shows on the edges into it and out of it, and on none of its neighbours' other edges, so
 * each service is scored by the mean excess over *all* its calls in, plus that over all its calls out.
 */
export function waitingAt(before: Telemetry, now: Telemetry): Waiting[] {
  const usual = transitTimes(before)
  const edges: Edge[] = []
  for (const [key, times] of transitTimes(now)) {
    const known = usual.get(key)
    if (known === undefined || known.length < leastCalls || times.length < leastCalls) continue
    const [caller, callee] = key.split('\u0000') as [string, string]
    const beforeMs = quantile(known, 0.5)
    const nowMs = quantile(times, 0.5)
    const isUsual = nowMs <= quantile(known, 0.95)
    edges.push({ caller, callee, calls: times.length, beforeMs, nowMs, excessMs: isUsual ? 0 : nowMs - beforeMs })
  }
  const services = new Set(edges.flatMap((e) => [e.caller, e.callee]))
  const all = [...services].map((service) => {
    const into = edges.filter((e) => e.callee === service)
    const out = edges.filter((e) => e.caller === service)
    const [inMs, outMs] = [meanExcess(into), meanExcess(out)]
    const strength = Math.log1p(inMs / jitterMs) + Math.log1p(outMs / jitterMs)
    return { service, inMs, outMs, strength, edges: [...into, ...out].filter((e) => e.excessMs > 0) }
  })
  return all.filter((w) => w.strength > 0).sort((a, b) => b.strength - a.strength || (a.service < b.service ? -1 : 1))
}

function transitTimes(telemetry: Telemetry): Map<string, number[]> {
  const byId = spansById(telemetry)
  const times = new Map<string, number[]>()
  for (const span of telemetry.spans) {
    const caller = byId.get(span.parentId)
    if (caller === undefined || caller.service === span.service) continue
    const key = `${caller.service}\u0000${span.service}`
    const known = times.get(key)
    const ms = caller.durationMs - span.durationMs
    if (known === undefined) times.set(key, [ms])
    else known.push(ms)
  }
  return times
}

function meanExcess(edges: readonly Edge[]): number {
  const calls = edges.reduce((n, e) => n + e.calls, 0)
  return calls === 0 ? 0 : edges.reduce((ms, e) => ms + e.excessMs * e.calls, 0) / calls
}

/** One line of evidence. */
export function describeWaiting(w: Waiting): string {
  const worst = [...w.edges].sort((a, b) => b.excessMs - a.excessMs)[0]!
  return `calls ${worst.caller} → ${worst.callee} wait ${Math.round(worst.nowMs)} ms between the two, before ${Math.round(worst.beforeMs)} ms (${worst.calls} calls)`
}
