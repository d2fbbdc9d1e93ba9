import { type Behaviour, type Event, nothing, type Operation } from './behaviour.ts'

/** An operation that no longer does what it always did, or does what it never did. */
export type Symptom = {
  service: string
  operation: string
  event: Event
  kind: 'appeared' | 'vanished'
  before: { spans: number; with: number }
  now: { spans: number; with: number }
  /** Nats of surprise per call: how badly the share of before codes what happens now. */
  surprise: number
  /** The spans of now that show it. */
  spanIds: Set<string>
}

/** 1 % two-sided: what one operation's share does by chance. */
const leastZ = 2.58
/** An event that is new but no error is worth less: rare requests were perhaps not seen before. */
const newsWithoutError = 0.3

/**
 * Compares each operation with what it did before. An early return is a statement or a call that vanished; an exception is an error
 * that appeared. More of a known event, or an error that went away, is a shift in traffic or a repair, and no symptom. Operations
 * that were never seen before are not compared.
 */
export function symptomsOf(before: Behaviour, now: Behaviour): Symptom[] {
  const symptoms: Symptom[] = []
  for (const [key, current] of now.operations) {
    const usual = before.operations.get(key)
    if (usual === undefined) continue
    for (const event of new Set([...usual.events.keys(), ...current.events.keys()])) {
      const what = now.events.get(event) ?? before.events.get(event)!
      const symptom = compare(what, usual, current)
      if (symptom !== null) symptoms.push(symptom)
    }
  }
  return symptoms.sort((a, b) => b.surprise - a.surprise)
}

function compare(event: Event, usual: Operation, current: Operation): Symptom | null {
  const [idleBefore, idleNow] = event === nothing ? [0, 0] : [idle(usual), idle(current)]
  const n0 = usual.spanIds.length - idleBefore
  const n1 = current.spanIds.length - idleNow
  if (n0 === 0 || n1 === 0) return null
  const k0 = usual.events.get(event.key)?.size ?? 0
  const withIt = current.events.get(event.key) ?? new Set<string>()
  const k1 = withIt.size
  const appeared = k1 / n1 > k0 / n0
  if (appeared ? !event.error && k0 > 0 : event.error) return null
  if (Math.abs(proportionZ(k0, n0, k1, n1)) < leastZ) return null
  const nats = surprise((k0 + 0.5) / (n0 + 1), (k1 + 0.5) / (n1 + 1))
  return {
    service: current.service,
    operation: current.operation,
    event,
    kind: appeared ? 'appeared' : 'vanished',
    before: { spans: n0, with: k0 },
    now: { spans: n1, with: k1 },
    surprise: appeared && !event.error ? nats * newsWithoutError : nats,
    spanIds: appeared ? withIt : new Set(current.spanIds.filter((id) => !withIt.has(id))),
  }
}

/** Spans without any event are counted once, as such, and not again as missing each event: often they are lost telemetry. */
const idle = (operation: Operation): number => operation.events.get(nothing.key)?.size ?? 0

/** Difference of two shares in standard errors, the variance pooled. */
function proportionZ(k0: number, n0: number, k1: number, n1: number): number {
  const pooled = (k0 + k1) / (n0 + n1)
  const error = Math.sqrt(pooled * (1 - pooled) * (1 / n0 + 1 / n1))
  return error === 0 ? 0 : (k1 / n1 - k0 / n0) / error
}

/** Kullback-Leibler divergence of two coins, in nats. */
const surprise = (before: number, now: number): number =>
  now * Math.log(now / before) + (1 - now) * Math.log((1 - now) / (1 - before))

/** One line of evidence. */
export function describeSymptom(s: Symptom): string {
  const verb = s.kind === 'appeared' ? 'new' : 'missing'
  return `${s.operation}: ${s.event.text} is ${verb}: in ${s.now.with} of ${s.now.spans} spans, before in ${s.before.with} of ${s.before.spans}`
}
