import type { Deploy } from '../../../shared/model/deploy.ts'
import { changesBuild, ms } from '../../../shared/state/deploy-merge.ts'
import type { Count, Histogram } from '../judge/index.ts'
import { type Build, type Cell, isBuild, type Series, type Window } from '../window/window.ts'
import type { Day } from './season.ts'

/** The old version beside the new one counts as a baseline from this many requests on, and this share of the new one's. */
const BESIDE_REQUESTS = 30
const BESIDE_SHARE = 0.25

/**
 * Which minutes are compared for one deploy. Slots are minutes since the window's first; `start` is the minute in which the
 * deploy began, `from` the first that is judged, `end` (exclusive) the newest closed one in which it had traffic.
 */
export type Frame = {
  window: Window
  index: Index
  /** The build that is new; null where the whole service is compared before and after. */
  build: Build | null
  /** That build, and those of the deploys minutes before it that are judged together with it. */
  builds: readonly Build[]
  start: number
  from: number
  end: number
  /** Slots before the deploy that may serve as baseline, oldest first. */
  baseline: number[]
  /** The old version has enough traffic in the same minutes. */
  concurrent: boolean
  requests: { baseline: number; current: number }
  /** Requests since the deploy, with those of the settle time. */
  requestsSoFar: number
  /** Requests of all builds since the deploy: 0 where the service itself is silent. */
  requestsOfAll: number
  /** Telemetry carries versions, and this deploy's is not among them. */
  unseen: boolean
  /** The same hours of earlier days, newest first. */
  earlier: readonly Day[]
  /** Rules by which something of the service was masked before the deploy, as far back as rollups are kept, and when first (epoch minute). */
  maskedBefore: ReadonlyMap<string, number>
}

export type FrameOptions = {
  settleMinutes: number
  /** Newest closed minute of the service. */
  closedMinute: number
  /** Minutes in which the service was anomalous: no part of a baseline. */
  excluded: ReadonlySet<number>
  /** Deploys of the service minutes before this one, judged together with it (together.ts). */
  together?: readonly Deploy[]
  /** Deploys that this one took back minutes after them: the time from the first of them on is no baseline. */
  undone?: readonly Deploy[]
  /** The same hours of earlier days, newest first. */
  seasonal?: readonly Day[]
  /** Rules by which something was masked before the deploy, and the epoch minute in which each did first. */
  maskedBefore?: ReadonlyMap<string, number>
}

const beganMs = (d: Deploy): number =>
  Math.min(ms(d.started_at), d.first_seen_at ? ms(d.first_seen_at) : Number.POSITIVE_INFINITY)

export function frameOf(window: Window, deploy: Deploy, o: FrameOptions): Frame {
  const together = o.together ?? []
  const start = Math.floor(Math.min(...[deploy, ...together].map(beganMs)) / 60_000) - window.fromMinute
  const closed = Math.min(o.closedMinute + 1, window.toMinute) - window.fromMinute
  const build = buildOf(window, deploy)
  const builds = build ? [build, ...together.map((d) => ({ version: d.version, commit: d.commit }))] : []
  const index = indexOf(window, build && builds, start)
  const routes = index.all.get('route') ?? []
  const mine = routes.filter((s) => index.mine.has(s))
  const others = routes.filter((s) => index.old.has(s))
  const anyOf = [...index.mine]
  const first = firstSlot(mine.length > 0 ? mine : anyOf, Math.max(0, start), closed)
  const from = (first ?? start) + o.settleMinutes
  const end = Math.max(from, (lastSlot(anyOf, from, closed) ?? from - 1) + 1)
  // Before the first telemetry of the service there was no traffic to be compared with.
  const born = firstSlot([...window.series.values()], 0, Math.min(start, closed)) ?? start
  const usual = Math.min(
    start,
    closed,
    ...(o.undone ?? []).map((d) => Math.floor(beganMs(d) / 60_000) - window.fromMinute),
  )
  const baseline = slots(born, usual).filter((s) => !o.excluded.has(s + window.fromMinute))
  const current = sum(mine, from, end)
  const beside = sum(others, from, end)
  return {
    window,
    index,
    build,
    builds,
    start,
    from,
    end,
    baseline,
    concurrent: beside >= Math.max(BESIDE_REQUESTS, BESIDE_SHARE * current) && spread(others, from, end) >= 0.5,
    requests: { baseline: baseline.reduce((n, s) => n + at(routes, s), 0), current },
    requestsSoFar: sum(mine, Math.max(0, start), closed),
    requestsOfAll: sum(routes, Math.max(0, start), closed),
    unseen: build !== null && anyOf.every((s) => sum([s], Math.max(0, start), closed) === 0),
    earlier: o.seasonal ?? [],
    maskedBefore: o.maskedBefore ?? new Map(),
  }
}

/** A configuration or flag changes the whole service, and so does a deploy where telemetry carries no versions at all. */
function buildOf(window: Window, deploy: Deploy): Build | null {
  if (!changesBuild(deploy.kind)) return null
  if (deploy.version === '' && deploy.commit === '') return null
  const versioned = [...window.series.values()].some((s) => s.version !== '' || s.commit !== '')
  return versioned || window.series.size === 0 ? { version: deploy.version, commit: deploy.commit } : null
}

const slots = (from: number, to: number): number[] => Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i)
const at = (series: readonly Series[], slot: number): number => series.reduce((n, s) => n + (s.total[slot] ?? 0), 0)

function sum(series: readonly Series[], from: number, to: number): number {
  let n = 0
  for (const s of series) for (let i = from; i < to; i++) n += s.total[i] ?? 0
  return n
}

const spread = (series: readonly Series[], from: number, to: number): number =>
  slots(from, to).filter((s) => at(series, s) > 0).length / Math.max(1, to - from)

const firstSlot = (series: readonly Series[], from: number, to: number): number | undefined =>
  slots(from, to).find((s) => at(series, s) > 0)

function lastSlot(series: readonly Series[], from: number, to: number): number | undefined {
  for (let s = to - 1; s >= from; s--) if (at(series, s) > 0) return s
  return undefined
}

/** One key of one cell as the judges take it. `line` is every slot up to the end: all builds before the deploy, the new one since. */
export type Track<T = Count> = { key: string; baseline: T[]; current: T[]; beside: T[]; line: () => T[] }

export type Parts = { before: Series[]; mine: Series[]; others: Series[] }

/** The series of one key (null: of all), and which of them are the new build's. */
export function partsOf(frame: Frame, cell: Cell, key: string | null): Parts {
  const before = (key === null ? frame.index.all.get(cell) : frame.index.byKey.get(`${cell}\n${key}`)) ?? []
  if (!frame.build) return { before, mine: before, others: [] }
  return {
    before,
    mine: before.filter((s) => frame.index.mine.has(s)),
    others: before.filter((s) => frame.index.old.has(s)),
  }
}

function trackOf<T>(
  frame: Frame,
  parts: Parts,
  key: string,
  at: (series: readonly Series[], slot: number) => T,
): Track<T> {
  const current = slots(frame.from, frame.end)
  return {
    key,
    baseline: frame.baseline.map((s) => at(parts.before, s)),
    current: current.map((s) => at(parts.mine, s)),
    beside: frame.concurrent ? current.map((s) => at(parts.others, s)) : [],
    line: () => slots(0, frame.end).map((s) => at(s < frame.start ? parts.before : parts.mine, s)),
  }
}

/** Counts of one key (null: all keys together). */
export const track = (frame: Frame, cell: Cell, key: string | null): Track =>
  trackOf(frame, partsOf(frame, cell, key), key ?? '(all)', counted)

export const histogramTrack = (frame: Frame, cell: Cell, key: string): Track<Histogram> =>
  trackOf(frame, partsOf(frame, cell, key), key, merged)

function counted(series: readonly Series[], slot: number): Count {
  let bad = 0
  let total = 0
  for (const s of series) {
    bad += s.bad[slot] ?? 0
    total += s.total[slot] ?? 0
  }
  return { bad, total }
}

const NONE: Histogram = new Map()

function merged(series: readonly Series[], slot: number): Histogram {
  let first: Histogram | undefined
  let all: Map<number, number> | undefined
  for (const s of series) {
    const h = s.histograms[slot]
    if (!h) continue
    if (!first) {
      first = h
      continue
    }
    all ??= new Map(first)
    for (const [i, n] of h) all.set(i, (all.get(i) ?? 0) + n)
  }
  return all ?? first ?? NONE
}

export const minuteIso = (frame: Frame, slot: number): string =>
  new Date((frame.window.fromMinute + slot) * 60_000).toISOString()

/**
 * The window's series by cell and key, which are the new builds', and which those of builds that ran when the deploy began: a build that
 * came later is no old version. Made once for a look.
 */
export type Index = { all: Map<Cell, Series[]>; byKey: Map<string, Series[]>; mine: Set<Series>; old: Set<Series> }

/** `start`: the slot in which the deploy of `builds` began; null: of a service as a whole. */
export function indexOf(window: Window, builds: readonly Build[] | null, start = 0): Index {
  const index: Index = { all: new Map(), byKey: new Map(), mine: new Set(), old: new Set() }
  const ran = new Set<string>()
  const buildKey = (s: Series) => JSON.stringify([s.version, s.commit])
  const push = <K>(map: Map<K, Series[]>, key: K, s: Series) => {
    const list = map.get(key)
    if (list) list.push(s)
    else map.set(key, [s])
  }
  for (const s of window.series.values()) {
    push(index.all, s.cell, s)
    push(index.byKey, `${s.cell}\n${s.key}`, s)
    if (!builds || builds.some((b) => isBuild(s, b))) index.mine.add(s)
    else if (firstSlot([s], 0, start + 1) !== undefined) ran.add(buildKey(s))
  }
  for (const s of window.series.values()) if (!index.mine.has(s) && ran.has(buildKey(s))) index.old.add(s)
  return index
}
