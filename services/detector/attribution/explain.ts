import type { Symptom } from './symptoms.ts'
import { type SpanRow, spansById, type Telemetry } from './telemetry.ts'

/** A symptom, and how much of it a symptom deeper in the same traces, in another service, explains. */
export type Explained = Symptom & { explained: number; by: string | null }

/** A callee's symptom counts as an explanation from this share of the caller's surprise on. */
const leastShareOfSurprise = 0.5
/** Traces deeper than this are cut (a cycle of parents, say). */
const maxDepth = 200

/**
 * For each symptom the share of its spans below which another service shows a symptom too: the caller of a service that fails
 * fails as well, and the deepest one is where it began.
 */
export function explainSymptoms(symptoms: readonly Symptom[], telemetry: Telemetry): Explained[] {
  const byId = spansById(telemetry)
  const above = symptoms.map((s) => callersOf(s, byId))
  return symptoms.map((caller) => {
    let explained = 0
    let by: string | null = null
    symptoms.forEach((callee, i) => {
      if (callee.service === caller.service || callee.surprise < caller.surprise * leastShareOfSurprise) return
      const share = overlap(caller.spanIds, above[i]!)
      if (share <= explained) return
      explained = share
      by = callee.service
    })
    return { ...caller, explained, by }
  })
}

/** All spans above those that show the symptom. */
function callersOf(symptom: Symptom, byId: ReadonlyMap<string, SpanRow>): Set<string> {
  const callers = new Set<string>()
  for (const spanId of symptom.spanIds) {
    let parent = byId.get(spanId)?.parentId ?? ''
    for (let depth = 0; depth < maxDepth && byId.has(parent) && !callers.has(parent); depth++) {
      callers.add(parent)
      parent = byId.get(parent)!.parentId
    }
  }
  return callers
}

function overlap(spans: ReadonlySet<string>, marked: ReadonlySet<string>): number {
  let n = 0
  for (const id of spans) if (marked.has(id)) n++
  return spans.size === 0 ? 0 : n / spans.size
}
