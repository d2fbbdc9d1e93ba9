import { behaviourOf } from './behaviour.ts'
import { type Explained, explainSymptoms } from './explain.ts'
import { type CallGraph, callGraph, distances } from './graph.ts'
import type { Ranking, Suspect } from './rank_flow.ts'
import { type Jump, jumpsOf, type ResourceSeries } from './resources.ts'
import { describeSymptom, symptomsOf } from './symptoms.ts'
import { bounded, callsOf, type Telemetry } from './telemetry.ts'
import { describeWaiting, waitingAt } from './transit.ts'

export type ServiceQuestion = {
  /** Traces and logs of quiet times, and of now. */
  before: Telemetry
  now: Telemetry
  resources: readonly ResourceSeries[]
  /** Who calls whom; what the spans show is added to it. */
  calls?: Iterable<readonly [caller: string, callee: string]>
}

/** A callee that is slower by this share of the caller's strength explains that the caller is. */
const leastShareOfCaller = 0.5
/** Lines of evidence of one kind per service. */
const maxEvidence = 3

/**
 * Ranks services by how much of what is wrong began in them: what their operations no longer do, or never did (defects in code), less
 * what a symptom deeper in the same traces explains; calls that wait on the way in or out (network); resources that jumped.
 * Each kind is a logarithm of "how many times the usual", so they add up.
 */
export function rankServices({ resources, calls, ...telemetry }: ServiceQuestion): Ranking {
  const before = bounded(telemetry.before)
  const now = bounded(telemetry.now)
  const scores = new Map<string, { score: number; affected: boolean; evidence: string[] }>()
  const add = (service: string, score: number, evidence: string[], affected = false): void => {
    const known = scores.get(service)
    if (known === undefined) scores.set(service, { score, affected, evidence })
    else {
      known.score += score
      known.affected &&= affected
      known.evidence.push(...evidence)
    }
  }
  const symptoms = explainSymptoms(symptomsOf(behaviourOf(before), behaviourOf(now)), now)
  for (const [service, own] of groupByService(symptoms)) {
    const best = own.reduce((a, b) => (ownPart(b) > ownPart(a) ? b : a))
    add(service, ownPart(best), own.slice(0, maxEvidence).map(describeExplained), best.explained >= 0.5)
  }
  for (const w of waitingAt(before, now)) add(w.service, w.strength, [describeWaiting(w)])
  const jumps = jumpsOf(resources)
  for (const [service, own] of groupByService(jumps.filter((j) => !j.inherited))) {
    add(
      service,
      own[0]!.strength,
      own.slice(0, maxEvidence).map((j) => j.evidence),
    )
  }
  const graph = callGraph([...(calls ?? []), ...callsOf(before), ...callsOf(now)])
  const slow = jumps.filter((j) => j.inherited)
  for (const jump of slow) {
    const cause = slowerCallee(jump, slow, graph)
    if (cause === undefined) add(jump.service, jump.strength, [jump.evidence])
    else add(jump.service, 0, [`${jump.evidence}; ${cause}, which it calls, is slower too`], true)
  }
  return rankingOf(scores)
}

/** A service behind this one that became slower as well; of two that call each other, only the one that did so more. */
function slowerCallee(jump: Jump, slow: readonly Jump[], graph: CallGraph): string | undefined {
  const reach = distances(graph, jump.service)
  const callees = slow.filter((j) => {
    if (j.service === jump.service || !reach.has(j.service) || j.strength < jump.strength * leastShareOfCaller)
      return false
    return j.strength > jump.strength || !distances(graph, j.service).has(jump.service)
  })
  return callees[0]?.service
}

const ownPart = (s: Explained): number => s.surprise * (1 - s.explained)

function describeExplained(s: Explained): string {
  const by = s.by === null ? '' : `; in ${Math.round(s.explained * 100)} % of them ${s.by} shows a symptom below it`
  return describeSymptom(s) + by
}

function groupByService<T extends { service: string }>(all: readonly T[]): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const one of all) {
    const group = groups.get(one.service)
    if (group === undefined) groups.set(one.service, [one])
    else group.push(one)
  }
  return groups
}

function rankingOf(scores: ReadonlyMap<string, { score: number; affected: boolean; evidence: string[] }>): Ranking {
  const suspects: Suspect[] = [...scores].map(([node, s]) => ({
    node,
    role: s.affected ? 'affected' : 'origin',
    score: s.score,
    evidence: s.evidence,
  }))
  suspects.sort((a, b) => b.score - a.score || (a.node < b.node ? -1 : 1))
  const reason =
    suspects.length === 0
      ? 'no service does anything else than before'
      : `${suspects.length} services differ from before`
  return { suspects, checked: scores.size, reason }
}
