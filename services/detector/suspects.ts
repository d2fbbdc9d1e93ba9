import type { Deploy } from '../../shared/model/deploy.ts'
import type { Suspect } from '../../shared/model/verdict.ts'
import { minutesText } from './decide/signal.ts'

/** A deploy this long before a change counts half as much as one right before it. */
const HALF_LIFE_MINUTES = 10
/** Weight of a deploy by the number of calls between its service and the one that changed. */
const DISTANCE_WEIGHT = [1, 0.6, 0.36]
/** Only the new version shows the change, the old one beside it does not. */
const VERSION_SPLIT = 1.5
/** Untouched controls show the change as well: one chance in ten is left to what broke a thing for everybody. */
const CLEARED = 0.1
const MAX_SUSPECTS = 5

export type Call = { caller: string; callee: string }

export type SuspectInput = {
  service: string
  /** When the change began, ms. */
  onsetMs: number
  /** Deploys of the environment in the hour before it. */
  near: readonly Deploy[]
  calls: readonly Call[]
  /** Deploys whose new version alone shows the change. */
  split: ReadonlySet<string>
  /** Deploys with a verdict of their own that they regressed. */
  regressed: ReadonlySet<string>
  /** Deploys that a control speaks for, and its words. */
  cleared?: ReadonlyMap<string, string>
}

/** Ranks the deploys that could have caused a change: nearness in time and in the call graph, and what only their version shows. */
export function rankSuspects(o: SuspectInput): Suspect[] {
  const distances = downstream(o.service, o.calls)
  const scored = o.near.flatMap((d): Suspect[] => {
    const distance = distances.get(d.service)
    const weight = distance === undefined ? undefined : DISTANCE_WEIGHT[distance]
    const minutes = (o.onsetMs - Date.parse(d.started_at)) / 60_000
    if (weight === undefined || minutes < -2) return []
    const evidence = [
      minutes <= 1 ? 'it began with the change' : `it began ${minutesText(minutes)} before the change`,
      distance === 0
        ? 'it is a deploy of this service'
        : `this service calls ${d.service}${distance === 1 ? '' : ` over ${distance} hops`}`,
    ]
    let score = weight * 0.5 ** (Math.max(0, minutes) / HALF_LIFE_MINUTES)
    if (o.split.has(d.id)) {
      score *= VERSION_SPLIT
      evidence.push('only its version shows the change, the old one in the same minutes does not')
    }
    if (o.regressed.has(d.id) && distance !== 0) {
      score *= VERSION_SPLIT
      evidence.push(`${d.service} itself regressed with it`)
    }
    const cleared = o.cleared?.get(d.id)
    if (cleared !== undefined) {
      score *= CLEARED
      evidence.push(`it speaks for it: ${cleared}`)
    }
    return [
      {
        deploy_id: d.id,
        service: d.service,
        version: d.version,
        commit: d.commit,
        score: round(Math.min(1, score)),
        evidence,
      },
    ]
  })
  return scored.sort((a, b) => b.score - a.score || (a.deploy_id < b.deploy_id ? -1 : 1)).slice(0, MAX_SUSPECTS)
}

const round = (x: number): number => Math.round(x * 1000) / 1000

/** Services that `service` calls, directly or over others, and over how many hops; itself is 0. */
export function downstream(service: string, calls: readonly Call[]): Map<string, number> {
  const found = new Map([[service, 0]])
  const queue = [service]
  for (let at = queue.shift(); at !== undefined; at = queue.shift()) {
    for (const c of calls) {
      if (c.caller !== at || found.has(c.callee)) continue
      found.set(c.callee, found.get(at)! + 1)
      queue.push(c.callee)
    }
  }
  return found
}
