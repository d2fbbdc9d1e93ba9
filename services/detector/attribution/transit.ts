import { quantile } from 'simple-statistics'
import { spansById, type Telemetry } from './telemetry.ts'

/** Time that calls between two services take outside of both: the caller's client span without the callee's span. */
export type Edge = { caller: string; callee: string; calls: number; beforeMs: number; nowMs: number; excessMs: number }

/** A service at which calls wait, on the way in, on the way out, or both. */
export type Waiting = { service: string; inMs: number; outMs: number; strength: number; edges: Edge[] }

/** Fewer calls than this say nothing about an edge. */
const leastCalls = 3
/** Ordinary jitter of the network and of thread pools: an excess is measured in units of this. */
const jitterMs = 10
/** Less than this, in and out together, is left alone. */
const leastExcessMs = jitterMs / 2

/**
 * Where calls wait. A delay at one service shows on the edges into it and out of it, and on none of its neighbours' other edges, so
 * each service is judged by the mean excess over *all* its calls in, plus that over all its calls out. The worst takes its edges
 * with it; what is left is judged again.
 */
export function waitingAt(before: Telemetry, now: Telemetry): Waiting[] {
  const found: Waiting[] = []
  const explained = new Set<Edge>()
  const edges = compareEdges(before, now)
  const services = [...new Set(edges.flatMap((e) => [e.caller, e.callee]))].sort()
  for (;;) {
    const left = services
      .map((service) => judge(service, edges, explained))
      .filter((w) => w.inMs + w.outMs > leastExcessMs)
    left.sort((a, b) => b.inMs + b.outMs - (a.inMs + a.outMs) || b.inMs - a.inMs)
    const worst = left[0]
    if (worst === undefined) return found
    found.push(worst)
    for (const edge of worst.edges) explained.add(edge)
  }
}

function compareEdges(before: Telemetry, now: Telemetry): Edge[] {
  const usual = transitTimes(before)
  const edges: Edge[] = []
  for (const [key, times] of transitTimes(now)) {
    const known = usual.get(key)
    if (known === undefined || known.length < leastCalls || times.length < leastCalls) continue
    const [caller, callee] = key.split('\u0000') as [string, string]
    const beforeMs = quantile(known, 0.5)
    const nowMs = quantile(times, 0.5)
    const isUsual = nowMs <= quantile(known, 0.95)
    edges.push({
      caller,
      callee,
      calls: times.length,
      beforeMs,
      nowMs,
      excessMs: isUsual ? 0 : Math.max(0, nowMs - beforeMs),
    })
  }
  return edges
}

function judge(service: string, edges: readonly Edge[], explained: ReadonlySet<Edge>): Waiting {
  const into = edges.filter((e) => e.callee === service)
  const out = edges.filter((e) => e.caller === service)
  const [inMs, outMs] = [meanExcess(into, explained), meanExcess(out, explained)]
  const strength = Math.log1p(inMs / jitterMs) + Math.log1p(outMs / jitterMs)
  return { service, inMs, outMs, strength, edges: [...into, ...out].filter((e) => e.excessMs > 0 && !explained.has(e)) }
}

/** Only of spans with one child: a client span waits for one answer, while other spans do more than that. */
function transitTimes(telemetry: Telemetry): Map<string, number[]> {
  const byId = spansById(telemetry)
  const children = new Map<string, number>()
  for (const span of byId.values()) children.set(span.parentId, (children.get(span.parentId) ?? 0) + 1)
  const times = new Map<string, number[]>()
  for (const span of byId.values()) {
    const caller = byId.get(span.parentId)
    if (caller === undefined || caller.service === span.service || children.get(span.parentId) !== 1) continue
    const key = `${caller.service}\u0000${span.service}`
    const known = times.get(key)
    const ms = caller.durationMs - span.durationMs
    if (known === undefined) times.set(key, [ms])
    else known.push(ms)
  }
  return times
}

function meanExcess(edges: readonly Edge[], explained: ReadonlySet<Edge>): number {
  const calls = edges.reduce((n, e) => n + e.calls, 0)
  const excess = edges.reduce((ms, e) => ms + (explained.has(e) ? 0 : e.excessMs * e.calls), 0)
  return calls === 0 ? 0 : excess / calls
}

/** One line of evidence. */
export function describeWaiting(w: Waiting): string {
  const worst = [...w.edges].sort((a, b) => b.excessMs - a.excessMs)[0]!
  return `calls ${worst.caller} → ${worst.callee} wait ${Math.round(worst.nowMs)} ms between the two, before ${Math.round(worst.beforeMs)} ms (${worst.calls} calls)`
}
