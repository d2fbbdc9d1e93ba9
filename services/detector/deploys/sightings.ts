import type { Deploy } from '../../../shared/model/deploy.ts'
import { changesBuild, MERGE_WINDOW_MS, ms, type Sighting, sameBuild } from '../../../shared/state/deploy-merge.ts'
import type { Presence, ServicePresence } from './presence.ts'

/** Share of a service's requests from which a build has taken over. Half and half for hours must never look like turning back and forth. */
const DOMINANT_SHARE = 0.9
/** Requests that a share is taken from: 18 of 20 by chance, at half and half, is one in 5,000. */
const SHARE_REQUESTS = 20
/** Minutes looked back for them. */
const SHARE_MINUTES = 5

export type Seen = { deployId: string; firstSeenMs: number; lastSeenMs: number }
export type Sightings = { fresh: Sighting[]; seen: Seen[] }

type Build = { version: string; commit: string }

/**
 * Reads from presence which builds are new, which came back after another had taken over, and until when each was seen.
 * `known`: deploys of this service and environment, oldest first.
 */
export function findSightings(of: ServicePresence, known: readonly Deploy[]): Sightings {
  const builds = known.filter((d) => changesBuild(d.kind))
  const fresh: Sighting[] = []
  const seen = new Map<string, Seen>()
  const minutes = byMinute(of.rows)
  const order = [...minutes.keys()].sort((a, b) => a - b)
  let holder: Build | null = null
  for (const minute of order) {
    const rows = minutes.get(minute)!
    const atMs = minute * 60_000
    for (const row of rows) note(of, row, atMs, builds, fresh, seen)
    const dominant = dominantAt(minutes, minute)
    if (!dominant || (holder && sameBuild(holder, dominant))) continue
    if (holder && isReturn(dominant, holder, atMs, builds, fresh)) {
      const back = firstBack(minutes, order, minute, dominant)
      fresh.push({ ...of1(of), ...build(dominant), kind: 'rollback', firstSeenMs: back * 60_000, lastSeenMs: atMs })
    }
    holder = dominant
  }
  return { fresh, seen: [...seen.values()] }
}

const of1 = (of: ServicePresence) => ({ service: of.service, environment: of.environment })
const build = (b: Build): Build => ({ version: b.version, commit: b.commit })

/** A build seen in a minute belongs to its latest deploy begun by then; without one it is new. */
function note(
  of: ServicePresence,
  row: Presence,
  atMs: number,
  builds: readonly Deploy[],
  fresh: Sighting[],
  seen: Map<string, Seen>,
) {
  const told = fresh.filter((s) => sameBuild(s, row)).at(-1)
  if (told) {
    told.lastSeenMs = Math.max(told.lastSeenMs, atMs)
    return
  }
  const same = builds.filter((d) => sameBuild(d, row))
  const owner =
    same.filter((d) => beganMs(d) <= atMs).at(-1) ??
    same.find((d) => ms(d.started_at) - atMs <= MERGE_WINDOW_MS && d.sources.some((s) => s !== 'telemetry'))
  if (!owner) {
    fresh.push({ ...of1(of), ...build(row), kind: 'deploy', firstSeenMs: atMs, lastSeenMs: atMs })
    return
  }
  const before = seen.get(owner.id)
  seen.set(owner.id, {
    deployId: owner.id,
    firstSeenMs: Math.min(before?.firstSeenMs ?? atMs, atMs),
    lastSeenMs: Math.max(before?.lastSeenMs ?? atMs, atMs),
  })
}

/** A deploy begins in the minute of its announcement or first telemetry, whichever is earlier. */
const beganMs = (d: Deploy): number =>
  Math.floor(
    Math.min(ms(d.started_at), d.first_seen_at === null ? Number.POSITIVE_INFINITY : ms(d.first_seen_at)) / 60_000,
  ) * 60_000

function byMinute(rows: readonly Presence[]): Map<number, Presence[]> {
  const minutes = new Map<number, Presence[]>()
  for (const row of rows) {
    const list = minutes.get(row.minute)
    if (list) list.push(row)
    else minutes.set(row.minute, [row])
  }
  return minutes
}

/** The build with nearly all requests of the last minutes; null while two share them, or there are too few to say. */
function dominantAt(minutes: Map<number, Presence[]>, minute: number): Build | null {
  const sums = new Map<string, { build: Build; requests: number; other: number }>()
  let requests = 0
  let other = 0
  for (let m = minute; m > minute - SHARE_MINUTES; m--) {
    for (const row of minutes.get(m) ?? []) {
      const key = `${row.version}\n${row.commit}`
      const sum = sums.get(key) ?? { build: build(row), requests: 0, other: 0 }
      sum.requests += row.requests
      sum.other += row.other
      sums.set(key, sum)
      requests += row.requests
      other += row.other
    }
    if (requests >= SHARE_REQUESTS) break
  }
  const weight = requests > 0 ? 'requests' : 'other'
  const total = requests > 0 ? requests : other
  const top = [...sums.values()].sort((a, b) => b[weight] - a[weight])[0]
  return top && top[weight] >= DOMINANT_SHARE * total ? top.build : null
}

/** True where `next` takes over from a build that was deployed after it: the service went back. */
function isReturn(
  next: Build,
  holder: Build,
  atMs: number,
  builds: readonly Deploy[],
  fresh: readonly Sighting[],
): boolean {
  const lastStart = (b: Build) =>
    Math.max(
      ...builds.filter((d) => sameBuild(d, b) && beganMs(d) <= atMs).map(beganMs),
      ...fresh.filter((s) => sameBuild(s, b)).map((s) => s.firstSeenMs),
    )
  return lastStart(holder) > lastStart(next)
}

/** The first minute of the build's present run: minutes without it end the run. */
function firstBack(minutes: Map<number, Presence[]>, order: readonly number[], minute: number, b: Build): number {
  let first = minute
  for (let i = order.indexOf(minute) - 1; i >= 0; i--) {
    if (!minutes.get(order[i]!)!.some((row) => sameBuild(row, b))) break
    first = order[i]!
  }
  return order[0] === first ? minute : first
}
