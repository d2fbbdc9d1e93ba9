import { type Behaviour, type Event, nothing, type Operation } from './behaviour.ts'
import { fisherOneSided } from './fisher.ts'

/** An operation that no longer does what it always did, or does what it never did. */
export type Symptom = {
  service: string
  operation: string
  event: Event
  kind: 'appeared' | 'vanished'
  before: Count
  now: Count
  /** Nats of surprise per call: how badly the share of before codes what happens now. */
  surprise: number
  /** The spans of now that show it. */
  spanIds: Set<string>
}

/** What one operation's share does by chance, one side … */
const mostChance = 0.01
/** … and for an error that was never seen: it needs less proof. */
const mostChanceOfNewError = 0.05
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
  const now = count(current.spanIds, current, event)
  const all = count(usual.spanIds, usual, event)
  const appeared = share(now) > share(all)
  if (appeared ? !event.error && all.with > 0 : event.error) return null
  // What only failing requests did is not missed when they stop failing.
  const before = appeared
    ? all
    : count(
        usual.spanIds.filter((id) => !usual.failed.has(id)),
        usual,
        event,
      )
  if (before.spans === 0 || now.spans === 0) return null
  const chance = fisherOneSided(before.with, before.spans, now.with, now.spans, appeared)
  if (chance > (event.error && all.with === 0 ? mostChanceOfNewError : mostChance)) return null
  if (!appeared && share(now) >= share(before)) return null
  const nats = surprise((before.with + 0.5) / (before.spans + 1), (now.with + 0.5) / (now.spans + 1))
  const withIt = current.events.get(event.key) ?? new Set<string>()
  return {
    service: current.service,
    operation: current.operation,
    event,
    kind: appeared ? 'appeared' : 'vanished',
    before,
    now,
    surprise: appeared && !event.error ? nats * newsWithoutError : nats,
    spanIds: appeared ? withIt : new Set(current.spanIds.filter((id) => !withIt.has(id))),
  }
}

type Count = { spans: number; with: number }

/**
 * Spans with the event. Spans without any event are counted once, as such, and not again as missing each event: often they are lost
 * telemetry.
 */
function count(spanIds: readonly string[], operation: Operation, event: Event): Count {
  const idle = event === nothing ? undefined : operation.events.get(nothing.key)
  const withIt = operation.events.get(event.key)
  const counted = idle === undefined ? spanIds : spanIds.filter((id) => !idle.has(id))
  return { spans: counted.length, with: withIt === undefined ? 0 : counted.filter((id) => withIt.has(id)).length }
}

const share = (c: Count): number => (c.spans === 0 ? 0 : c.with / c.spans)

/** Kullback-Leibler divergence of two coins, in nats. */
const surprise = (before: number, now: number): number =>
  now * Math.log(now / before) + (1 - now) * Math.log((1 - now) / (1 - before))

/** One line of evidence. */
export function describeSymptom(s: Symptom): string {
  const verb = s.kind === 'appeared' ? 'new' : 'missing'
  return `${s.operation}: ${s.event.text} is ${verb}: in ${s.now.with} of ${s.now.spans} spans, before in ${s.before.with} of ${s.before.spans}`
}
