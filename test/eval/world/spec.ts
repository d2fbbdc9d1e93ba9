import type { Deploy, DeployKind } from '../../../shared/model/deploy.ts'

/** Epoch minute at which the deploy of every world happens, unless it says otherwise: minutes of a world count from here. */
export const T0 = Math.floor(Date.parse('2026-03-03T12:00:00Z') / 60_000)
export const ENVIRONMENT = 'prod'

export type RouteSpec = { key: string; perMinute: number; errorShare: number; ms: number; sigma: number }
/** A service that is called: by this share of requests, failing and lasting so on its own account. */
export type EdgeSpec = { peer: string; share: number; errorShare: number; ms: number }

/** A version, from when, and which share of the traffic it takes so many minutes later. */
export type Release = {
  version: string
  at: number
  share: (age: number) => number
  instances: number
  overMinutes: number
}

/** What is wrong with the requests of one version and route in one minute. */
export type Effect = {
  /** Failures on top, as a share. */
  fail?: number
  /** Factor on the duration of all. */
  slow?: number
  /** This share of requests takes so many times as long. */
  tail?: { share: number; factor: number }
  /** One customer: share of the traffic, and share of its requests that fail. */
  customer?: { share: number; fail: number }
  /** The called services, by peer: failures on top, factor on the duration, calls for each one before. */
  edges?: Record<string, { fail?: number; slow?: number; calls?: number }>
  /** Factor on what the process holds in memory. */
  heap?: number
}
export type Fault = (at: { minute: number; version: string; route: string }) => Effect | null

export type ServiceSpec = {
  name: string
  routes: RouteSpec[]
  edges: EdgeSpec[]
  releases: Release[]
  /** Spread (of the logarithm) of the latency's minute-level wandering, correlated from minute to minute. */
  drift: number
  /** The same of the error share. */
  burst: number
  /** Height of the daily wave (of the logarithm), and where in the day minute 0 lies, radians. */
  wave: number
  phase: number
  /** By how much latency rises with load: (load / usual) to this power. */
  load: number
  /** Factor on the traffic of a route, for shifts. */
  traffic?: (minute: number, route: string) => number
  fault?: Fault
}

export type World = {
  /** Minutes before the deploy. */
  history: number
  services: ServiceSpec[]
  deploys: Deploy[]
  /** Id of the deploy that did it, and the minute in which it began; null where none did. */
  guilty: string | null
  onset: number
}

export const iso = (minute: number): string => new Date((T0 + minute) * 60_000).toISOString()

/** The record of a release, as the pipeline keeps it. */
export function deployOf(
  service: string,
  version: string,
  at: number,
  previous: string,
  kind: DeployKind = 'deploy',
): Deploy {
  return {
    id: `${service}-${version}-${kind}`,
    service,
    environment: ENVIRONMENT,
    version,
    commit: '',
    base_commit: null,
    commits: [{ sha: `${service}${version}` }],
    repository: null,
    kind,
    sources: ['api', 'telemetry'],
    started_at: iso(at),
    finished_at: null,
    first_seen_at: iso(at),
    last_seen_at: null,
    previous_id: `${service}-${previous}-deploy`,
    previous_version: previous,
    url: null,
    actor: null,
    attributes: {},
    created_at: iso(at),
    updated_at: iso(at),
  }
}
