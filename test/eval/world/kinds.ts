import type { Random } from '../generate/random.ts'
import {
  deployOf,
  type EdgeSpec,
  type Fault,
  type Release,
  type RouteSpec,
  type ServiceSpec,
  type World,
} from './spec.ts'

export type Roll = 'at-once' | 'rolling' | 'canary'
const ROLLS: readonly Roll[] = ['at-once', 'rolling', 'canary']

/** What happens, and to whom: `harm` where a deploy of the world did it. */
export type Kind = { harm: boolean; of: (r: Random) => World }

export const between = (r: Random, low: number, high: number): number => low + (high - low) * r.uniform()
const logBetween = (r: Random, low: number, high: number): number => Math.exp(between(r, Math.log(low), Math.log(high)))

export function releaseOf(version: string, at: number, roll: Roll): Release {
  const share = { 'at-once': () => 1, rolling: (age: number) => Math.min(1, (age + 0.5) / 5), canary: () => 0.05 }[roll]
  return { version, at, share, instances: roll === 'canary' ? 1 : 4, overMinutes: roll === 'rolling' ? 5 : 0 }
}
export const OLD: Release = { version: 'v1', at: -1e6, share: () => 1, instances: 4, overMinutes: 0 }

export const routes = (count: number, perMinute: number, errorShare: number, r: Random): RouteSpec[] =>
  Array.from({ length: count }, (_, i) => ({
    key: `/route/${i}`,
    perMinute: (perMinute / count) * (count === 1 ? 1 : between(r, 0.7, 1.3)),
    errorShare,
    ms: logBetween(r, 5, 300),
    sigma: between(r, 0.3, 0.7),
  }))

const edges = (r: Random): EdgeSpec[] => [
  { peer: 'db', share: 0.8, errorShare: 0.001, ms: logBetween(r, 1, 10) },
  { peer: 'payments', share: 0.2, errorShare: 0.002, ms: logBetween(r, 20, 100) },
]

type Of = { name?: string; perMinute?: number; count?: number; errorShare?: number; roll?: Roll } & Partial<ServiceSpec>

/** A service with a new version at minute 0. */
export function service(r: Random, o: Of = {}): ServiceSpec {
  const perMinute = o.perMinute ?? logBetween(r, 30, 400)
  const count = o.count ?? 1 + Math.floor(4 * r.uniform())
  return {
    name: o.name ?? 'shop',
    routes: o.routes ?? routes(count, perMinute, o.errorShare ?? logBetween(r, 0.001, 0.02), r),
    edges: edges(r),
    releases: [OLD, releaseOf('v2', 0, o.roll ?? r.pick(ROLLS))],
    drift: between(r, 0, 0.06),
    burst: between(r, 0, 0.4),
    wave: between(r, 0, 0.5),
    phase: between(r, 0, 2 * Math.PI),
    load: between(r, 0, 0.2),
    ...Object.fromEntries(
      Object.entries(o).filter(([k]) =>
        ['fault', 'traffic', 'wave', 'phase', 'load', 'releases', 'edges', 'drift', 'burst'].includes(k),
      ),
    ),
  }
}

export const innocent = (r: Random, spec: ServiceSpec | ServiceSpec[]): World => world(r, [spec].flat(), null)

/** Every service that has a v2 deployed it at minute 0; the first one's is guilty from `onset` on, where one is. */
export function world(r: Random, services: ServiceSpec[], guilty: string | null, onset = 0): World {
  return {
    history: Math.round(between(r, 120, 240)),
    services,
    deploys: services
      .filter((s) => s.releases.some((x) => x.version === 'v2'))
      .map((s) => deployOf(s.name, 'v2', 0, 'v1')),
    guilty: guilty === null ? null : `${guilty}-v2-deploy`,
    onset,
  }
}

/** The guilty one, a bystander that deployed in the same minute, and what the service itself deployed before. */
function harmed(r: Random, o: Of & { fault: Fault }, onset = 0): World {
  const guilty = service(r, o)
  const [, v2] = guilty.releases
  const earlier = { ...releaseOf('v1b', -20, 'at-once') }
  guilty.releases = [OLD, earlier, v2!]
  const w = world(r, [guilty, service(r, { name: 'bystander' })], guilty.name, onset)
  return { ...w, deploys: [...w.deploys, deployOf(guilty.name, 'v1b', -20, 'v1')] }
}

/** Since its deploy only the new version is wrong. */
export const since =
  (effect: ReturnType<Fault>, only?: string): Fault =>
  ({ minute, version, route }) =>
    version === 'v2' && minute >= 0 && (only === undefined || route === only) ? effect : null

function oneRoute(r: Random, effect: ReturnType<Fault>, o: Of): World {
  const bad = { key: '/bad', perMinute: 100, errorShare: 0.01, ms: logBetween(r, 20, 200), sigma: 0.5 }
  const all = [bad, ...routes(3, 200, 0.01, r)]
  return harmed(r, { ...o, routes: all, fault: since(effect, '/bad') })
}

/** Two of one service, four minutes apart: the later one did it. */
function twice(r: Random): World {
  const fault: Fault = ({ version }) => (version === 'v3' ? { fail: 0.05 } : null)
  const s = service(r, {
    perMinute: 200,
    errorShare: 0.01,
    fault,
    releases: [OLD, releaseOf('v2', -4, 'at-once'), releaseOf('v3', 0, 'at-once')],
  })
  const deploys = [deployOf('shop', 'v2', -4, 'v1'), deployOf('shop', 'v3', 0, 'v2')]
  return { ...world(r, [s], null), deploys, guilty: 'shop-v3-deploy' }
}

export const KINDS: Record<string, Kind> = {
  unchanged: { harm: false, of: (r) => innocent(r, service(r)) },
  'traffic shift': {
    harm: false,
    of: (r) => {
      const factor = between(r, 1.3, 2.5)
      const traffic = (minute: number, route: string) => (minute < 0 ? 1 : route === '/route/0' ? factor : 0.8)
      return innocent(r, service(r, { count: 4, traffic }))
    },
  },
  'daily ramp': {
    harm: false,
    of: (r) => innocent(r, service(r, { wave: 1, phase: r.pick([-0.8, 0, Math.PI]), load: 0.3 })),
  },
  idle: { harm: false, of: (r) => innocent(r, service(r, { perMinute: between(r, 0.05, 2) })) },
  restart: {
    harm: false,
    of: (r) => {
      const s = service(r, { releases: [OLD, { ...releaseOf('v1', 0, 'rolling') }] })
      return { ...innocent(r, s), deploys: [deployOf('shop', 'v1', 0, 'v1', 'restart')] }
    },
  },
  'errors +3 points': { harm: true, of: (r) => oneRoute(r, { fail: 0.03 }, { roll: r.pick(['at-once', 'rolling']) }) },
  'latency +25 %': {
    harm: true,
    of: (r) => harmed(r, { perMinute: 200, roll: r.pick(['at-once', 'rolling']), fault: since({ slow: 1.25 }) }),
  },
  'tail only': {
    harm: true,
    of: (r) =>
      harmed(r, { perMinute: 300, count: 2, roll: 'at-once', fault: since({ tail: { share: 0.03, factor: 8 } }) }),
  },
  'one bad route of twenty': {
    harm: true,
    of: (r) =>
      harmed(r, {
        perMinute: 600,
        count: 20,
        errorShare: 0.01,
        roll: 'rolling',
        fault: since(r.pick([{ fail: 0.15 }, { slow: 2 }]), '/route/7'),
      }),
  },
  'one bad customer': {
    harm: true,
    of: (r) =>
      harmed(r, {
        perMinute: 300,
        count: 3,
        errorShare: 0.01,
        roll: 'rolling',
        fault: since({ customer: { share: 0.05, fail: 0.8 } }),
      }),
  },
  'canary of 5 %': {
    harm: true,
    of: (r) =>
      harmed(r, {
        perMinute: 600,
        count: 3,
        errorShare: 0.01,
        roll: 'canary',
        fault: since(r.pick([{ fail: 0.1 }, { slow: 1.6 }])),
      }),
  },
  'slow leak': {
    harm: true,
    of: (r) => {
      const leak: Fault = ({ minute, version }) =>
        version === 'v2' ? { heap: 1 + minute / 20, slow: 1 + Math.max(0, minute - 25) / 60 } : null
      return harmed(r, { perMinute: 200, roll: 'at-once', fault: leak })
    },
  },
  'retry storm': {
    harm: true,
    of: (r) =>
      harmed(r, {
        perMinute: 200,
        roll: 'rolling',
        fault: since({ fail: 0.02, edges: { payments: { fail: 0.2, calls: 3, slow: 1.5 } } }),
      }),
  },
  'two deploys at once': { harm: true, of: twice },
}
