import type { Random } from '../generate/random.ts'
import { between, innocent, type Kind, OLD, releaseOf, routes, service, since, world } from './kinds.ts'
import { deployOf, type EdgeSpec, type Effect, type Fault, type ServiceSpec, type World } from './spec.ts'

/** The service that the others of these worlds call. */
const CALLEE = 'payments'

const from =
  (minute: number, effect: Effect): Fault =>
  (at) =>
    at.minute >= minute ? effect : null

/** A service that nobody deployed. */
const untouched = (r: Random, name: string, fault: Fault, more: { perMinute?: number; edges?: EdgeSpec[] } = {}) =>
  service(r, { name, perMinute: 100, releases: [OLD], fault, ...more })

const calling = (r: Random, share: number): EdgeSpec[] => [
  { peer: CALLEE, share, errorShare: 0.002, ms: between(r, 20, 100) },
]

type Trouble = { fail: number; slow: number }
const trouble = (r: Random): Trouble => ({ fail: between(r, 0.2, 0.6), slow: 2 })
const seenByCallers = (t: Trouble): Effect => ({ edges: { [CALLEE]: t } })

/** shop is deployed, and `minute` minutes later what it calls fails for everybody: told by the callee, by another caller, or by both. */
function dependency(r: Random, minute: number, tells: readonly ('callee' | 'caller')[]): World {
  const t = trouble(r)
  const services: ServiceSpec[] = [service(r, { perMinute: 200, fault: from(minute, seenByCallers(t)) })]
  if (tells.includes('callee')) services.push(untouched(r, CALLEE, from(minute, t), { edges: [] }))
  if (tells.includes('caller'))
    services.push(untouched(r, 'checkout', from(minute, seenByCallers(t)), { edges: calling(r, between(r, 0.3, 1)) }))
  return innocent(r, services)
}

/** Services that do not call each other get worse in the same minute: a node, a network, a database without telemetry. */
function shared(r: Random): World {
  const minute = Math.floor(between(r, 0, 30))
  const effect = r.pick([{ fail: between(r, 0.05, 0.2) }, { slow: between(r, 1.5, 3) }])
  const others = ['search', 'mail', 'stock'].map((name) => untouched(r, name, from(minute, effect), { edges: [] }))
  return innocent(r, [service(r, { perMinute: 200, fault: from(minute, effect) }), ...others])
}

/** Both deploy at once: the callee is guilty, and shop suffers from it. */
function neighbours(r: Random): World {
  const fail = between(r, 0.1, 0.4)
  const callee = service(r, { name: CALLEE, perMinute: 150, roll: 'at-once', fault: since({ fail }), edges: [] })
  const shop = service(r, { perMinute: 200, roll: 'rolling', fault: from(0, seenByCallers({ fail, slow: 1 })) })
  return world(r, [callee, shop], CALLEE)
}

/** shop's new version sends requests that its callee refuses; those of checkout are as good as ever. */
function badRequests(r: Random): World {
  const fail = between(r, 0.2, 0.6)
  const shop = service(r, {
    perMinute: 200,
    roll: r.pick(['at-once', 'rolling']),
    fault: since(seenByCallers({ fail, slow: 1 })),
  })
  const ofShop = between(r, 0.3, 0.7)
  const callee = untouched(r, CALLEE, from(0, { fail: fail * ofShop }), { edges: [] })
  const checkout = untouched(r, 'checkout', () => null, { edges: calling(r, 0.5) })
  return world(r, [shop, callee, checkout], 'shop')
}

/** A setting is changed without a new version, and an older one was changed before it. */
function configured(r: Random): World {
  const shop = service(r, { perMinute: 200, errorShare: 0.01, releases: [OLD], fault: from(0, { fail: 0.05 }) })
  const deploys = [deployOf('shop', 'v1', -30, 'v1', 'flag'), deployOf('shop', 'v1', 0, 'v1', 'config')]
  return { ...world(r, [shop], null), deploys, guilty: 'shop-v1-config' }
}

/** A flag is turned on, and four minutes later a version that fails is deployed. */
function flagBefore(r: Random): World {
  const shop = service(r, { perMinute: 200, errorShare: 0.01, roll: 'at-once', fault: since({ fail: 0.08 }) })
  const w = world(r, [shop], 'shop')
  return { ...w, deploys: [...w.deploys, deployOf('shop', 'v1', -4, 'v1', 'flag')] }
}

/** A version that failed for an hour is taken back. */
function rolledBack(r: Random): World {
  const back = { ...releaseOf('v1', 0, 'at-once'), instances: 4 }
  const fault: Fault = ({ version }) => (version === 'v2' ? { fail: 0.1 } : null)
  const releases = [OLD, releaseOf('v2', -60, 'at-once'), back]
  const shop = service(r, { routes: routes(2, 200, 0.01, r), releases, fault })
  return { ...world(r, [shop], null), deploys: [deployOf('shop', 'v1', 0, 'v2', 'rollback')] }
}

/** v2 fails, and is taken back before it had the minutes for a verdict of its own. */
function rolledBackSoon(r: Random): World {
  const at = -Math.floor(between(r, 3, 6))
  const fault: Fault = ({ version }) => (version === 'v2' ? { fail: 0.1 } : null)
  const releases = [OLD, releaseOf('v2', at, 'at-once'), { ...releaseOf('v1', 0, 'at-once'), instances: 4 }]
  const shop = service(r, { routes: routes(2, 200, 0.01, r), releases, fault })
  const deploys = [deployOf('shop', 'v2', at, 'v1'), deployOf('shop', 'v1', 0, 'v2', r.pick(['rollback', 'deploy']))]
  return { ...world(r, [shop], 'shop', at), deploys }
}

/** Incidents that are somebody else's doing, and deploys that are hard to tell apart. */
export const INCIDENTS: Record<string, Kind> = {
  'dependency incident': {
    harm: false,
    of: (r) => dependency(r, Math.floor(between(r, 0, 30)), r.pick([['caller'], ['caller', 'callee']] as const)),
  },
  'dependency incident, no other caller': {
    harm: false,
    of: (r) => dependency(r, Math.floor(between(r, 10, 30)), ['callee']),
  },
  'dependency incident, nobody to ask': { harm: false, of: (r) => dependency(r, 12, []) },
  'shared incident': { harm: false, of: shared },
  'innocent neighbours': { harm: true, of: neighbours },
  'bad requests to a dependency': { harm: true, of: badRequests },
  'configuration without a version': { harm: true, of: configured },
  'a flag minutes before': { harm: true, of: flagBefore },
  'rolled back': { harm: false, of: rolledBack },
  'rolled back in minutes': { harm: true, of: rolledBackSoon },
}
