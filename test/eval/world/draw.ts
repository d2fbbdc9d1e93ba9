import type { Cell, SeriesRow } from '../../../services/detector/window/window.ts'
import type { Random } from '../generate/random.ts'
import { type EdgeSpec, type Effect, ENVIRONMENT, type Release, type RouteSpec, type ServiceSpec, T0 } from './spec.ts'

/** Rollups of one minute, by kind, as the store answers them. */
export type MinuteRows = Map<Cell, SeriesRow[]>

/** What is summed up of one key in one minute. */
class Tally {
  total = 0
  bad = 0
  sumMs = 0
  readonly buckets = new Map<number, number>()

  add(lnNs: number, failed: boolean): void {
    this.total++
    if (failed) this.bad++
    this.sumMs += Math.exp(lnNs) / 1e6
    const index = Math.ceil(lnNs * PER_E) - 1
    this.buckets.set(index, (this.buckets.get(index) ?? 0) + 1)
  }
}

/** Buckets of shared/store/histogram.ts for one e-fold: 16 an octave. */
const PER_E = 16 / Math.LN2
const LN_MS = Math.log(1e6)
/** Of the latency's wandering from one minute to the next, and of the error share's. */
const DRIFT_MEMORY = 0.8
const BURST_MEMORY = 0.5
/** One request in so many has a heavy tail: Pareto with this index. */
const HEAVY_SHARE = 0.01
const HEAVY_INDEX = 1.5
/** A young process: slower by this much at first, decaying by the minute. */
const YOUNG_SLOW = 0.4
/** The calls of a request take this share of its time, and fail it this often. */
const CALL_FAILS = 0.9
const NOTHING: Effect = {}

type Instance = { release: Release; at: number }
type State = { drift: number; burst: number; customer: number }

/** Draws a service minute by minute, request by request. Minutes must be asked for in order. */
export function drawer(spec: ServiceSpec, r: Random): (minute: number) => MinuteRows {
  const state: State = { drift: r.normal(), burst: r.normal(), customer: 0 }
  const step = (x: number, memory: number) => memory * x + Math.sqrt(1 - memory * memory) * r.normal()
  return (minute) => {
    state.drift = step(state.drift, DRIFT_MEMORY)
    state.burst = step(state.burst, BURST_MEMORY)
    state.customer = step(state.customer, BURST_MEMORY)
    const wave = Math.exp(spec.wave * Math.sin(spec.phase + (2 * Math.PI * minute) / 1440))
    const tallies = new Map<string, Map<string, Tally>>()
    for (const route of spec.routes) {
      const traffic = wave * (spec.traffic?.(minute, route.key) ?? 1)
      const level = Math.exp(spec.drift * state.drift) * traffic ** spec.load
      const errors = route.errorShare * Math.exp(spec.burst * state.burst - spec.burst ** 2 / 2)
      drawRoute(
        spec,
        { route, minute, requests: r.poisson(route.perMinute * traffic), level, errors, state },
        tallies,
        r,
      )
    }
    return rowsOf(spec, minute, tallies, r)
  }
}

type RouteMinute = { route: RouteSpec; minute: number; requests: number; level: number; errors: number; state: State }

function drawRoute(spec: ServiceSpec, m: RouteMinute, tallies: Map<string, Map<string, Tally>>, r: Random): void {
  const effects = new Map<string, Effect>()
  for (let i = 0; i < m.requests; i++) {
    const { version, age } = servedBy(spec.releases, m.minute + r.uniform(), r)
    let effect = effects.get(version)
    if (!effect) {
      effect = spec.fault?.({ minute: m.minute, version, route: m.route.key }) ?? NOTHING
      effects.set(version, effect)
    }
    const of = tallies.get(version) ?? new Map<string, Tally>()
    tallies.set(version, of)
    const slow = Math.log(m.level * (effect.slow ?? 1) * (1 + YOUNG_SLOW * Math.exp(-age)))
    let failed = r.uniform() < m.errors + (effect.fail ?? 0)
    const { customer, tail } = effect
    if (customer && r.uniform() < customer.share * Math.exp(0.5 * m.state.customer) && r.uniform() < customer.fail)
      failed = true
    let ln = Math.log(m.route.ms) + LN_MS + slow + m.route.sigma * r.normal()
    if (r.uniform() < HEAVY_SHARE) ln -= Math.log(1 - r.uniform()) / HEAVY_INDEX
    if (tail && r.uniform() < tail.share) ln += Math.log(tail.factor)
    let longerNs = 0
    for (const edge of spec.edges) {
      if (r.uniform() >= edge.share) continue
      const called = callsOf(edge, effect, slow, tallyOf(of, `edge\n${edge.peer}`), r)
      failed ||= called.fail
      longerNs += called.longerNs
    }
    tallyOf(of, `route\n${m.route.key}`).add(longerNs > 0 ? Math.log(Math.exp(ln) + longerNs) : ln, failed)
  }
}

/** The calls of one request to one peer: whether they fail it, and how much longer than usual they make it wait. */
function callsOf(
  edge: EdgeSpec,
  effect: Effect,
  slow: number,
  tally: Tally,
  r: Random,
): { fail: boolean; longerNs: number } {
  const e = effect.edges?.[edge.peer]
  const calls = Math.max(1, Math.round((e?.calls ?? 1) + (e?.calls ? r.uniform() - 0.5 : 0)))
  let failed = false
  let longerNs = 0
  for (let i = 0; i < calls; i++) {
    failed = r.uniform() < edge.errorShare + (e?.fail ?? 0)
    const ln = Math.log(edge.ms * (e?.slow ?? 1)) + LN_MS + slow + 0.5 * r.normal()
    tally.add(ln, failed)
    // A route's own duration holds one call as it usually is.
    if (e) longerNs += Math.exp(ln) * (i === 0 ? 1 - 1 / (e.slow ?? 1) : 1)
  }
  return { fail: failed && r.uniform() < CALL_FAILS, longerNs }
}

const tallyOf = (of: Map<string, Tally>, id: string): Tally => {
  const known = of.get(id)
  if (known) return known
  const fresh = new Tally()
  of.set(id, fresh)
  return fresh
}

/** The newest release takes its share, what is left goes to the one before it; pods start one after another. */
function servedBy(releases: readonly Release[], minute: number, r: Random): { version: string; age: number } {
  for (let i = releases.length - 1; i > 0; i--) {
    const release = releases[i]!
    const age = minute - release.at
    if (age < 0 || r.uniform() >= release.share(age)) continue
    const started = Math.max(
      1,
      Math.min(release.instances, Math.ceil((age / Math.max(release.overMinutes, 0.01)) * release.instances)),
    )
    const at = (Math.floor(r.uniform() * started) / release.instances) * release.overMinutes
    return { version: release.version, age: age - at }
  }
  return { version: releases[0]!.version, age: 1e6 }
}

function rowsOf(spec: ServiceSpec, minute: number, tallies: Map<string, Map<string, Tally>>, r: Random): MinuteRows {
  const rows: MinuteRows = new Map([
    ['route', []],
    ['edge', []],
    ['metric', []],
  ])
  for (const [version, of] of tallies)
    for (const [id, t] of of) {
      const [cell, key] = id.split('\n') as ['route' | 'edge', string]
      const index = [...t.buckets.keys()].sort((a, b) => a - b)
      const count = index.map((i) => t.buckets.get(i)!)
      rows
        .get(cell)!
        .push({ ...rowOf(spec, version, key), cells: [[T0 + minute, t.total, t.bad, t.sumMs, index, count]] })
    }
  rows.set('metric', metricRows(spec, minute, r))
  return rows
}

const rowOf = (spec: ServiceSpec, version: string, key: string) => ({
  service: spec.name,
  environment: ENVIRONMENT,
  version,
  commit: '',
  key,
})

/** Memory and CPU of every running instance: young ones hold less and work more. */
function metricRows(spec: ServiceSpec, minute: number, r: Random): SeriesRow[] {
  const running: Instance[] = []
  spec.releases.forEach((release, i) => {
    const next = spec.releases[i + 1]
    const gone = next && next.share(Math.max(0, minute - next.at)) >= 1 && minute >= next.at
    if (gone || minute < release.at) return
    for (let k = 0; k < release.instances; k++) {
      const at = release.at + (k / release.instances) * release.overMinutes
      if (at <= minute) running.push({ release, at })
    }
  })
  const rows: SeriesRow[] = []
  for (const { version } of spec.releases) {
    const mine = running.filter((x) => x.release.version === version)
    if (mine.length === 0) continue
    const heap = spec.fault?.({ minute, version, route: '' })?.heap ?? 1
    const sum = (value: (age: number) => number) => mine.reduce((s, x) => s + value(minute - x.at), 0)
    const add = (key: string, unit: string, total: number) =>
      rows.push({ ...rowOf(spec, version, key), kind: 'gauge', unit, cells: [[T0 + minute, mine.length, 0, total]] })
    add(
      'process.memory.usage',
      'By',
      sum((age) => 2e8 * heap * (1 - 0.5 * Math.exp(-age / 8)) * Math.exp(0.05 * r.normal())),
    )
    add(
      'process.cpu.utilization',
      '1',
      sum((age) => 0.3 * (1 + 0.8 * Math.exp(-age / 2)) * Math.exp(0.1 * r.normal())),
    )
  }
  return rows
}
