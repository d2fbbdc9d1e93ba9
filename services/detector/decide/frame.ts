import type { Deploy } from '../../../shared/model/deploy.ts'
import { changesBuild, ms } from '../../../shared/state/deploy-merge.ts'
import type { Count, Histogram } from '../judge/index.ts'
import { type Build, type Cell, isBuild, type Series, seriesOf, type Window } from '../window/window.ts'

/** The old version beside the new one counts as a baseline from this many requests on, and this share of the new one's. */
const BESIDE_REQUESTS = 30
const BESIDE_SHARE = 0.25

/**
 * Which minutes are compared for one deploy. Slots are minutes since the window's first; `start` is the minute in which the
 * deploy began, `from` the first that is judged, `end` (exclusive) the newest closed one in which it had traffic.
 */
export type Frame = {
  window: Window
  /** The build that is new; null where the whole service is compared before and after. */
  build: Build | null
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
}

export type FrameOptions = {
  settleMinutes: number
  /** Newest closed minute of the service. */
  closedMinute: number
  /** Minutes in which the service was anomalous: no part of a baseline. */
  excluded: ReadonlySet<number>
}

export function frameOf(window: Window, deploy: Deploy, o: FrameOptions): Frame {
  const begin = Math.min(
    ms(deploy.started_at),
    deploy.first_seen_at ? ms(deploy.first_seen_at) : Number.POSITIVE_INFINITY,
  )
  const start = Math.floor(begin / 60_000) - window.fromMinute
  const closed = Math.min(o.closedMinute + 1, window.toMinute) - window.fromMinute
  const routes = seriesOf(window, 'route')
  const build = buildOf(window, deploy)
  const mine = build ? routes.filter((s) => isBuild(s, build)) : routes
  const others = build ? routes.filter((s) => !isBuild(s, build)) : []
  const anyOf = build ? [...window.series.values()].filter((s) => isBuild(s, build)) : [...window.series.values()]
  const first = firstSlot(mine.length > 0 ? mine : anyOf, Math.max(0, start), closed)
  const from = (first ?? start) + o.settleMinutes
  const end = Math.max(from, (lastSlot(anyOf, from, closed) ?? from - 1) + 1)
  // Before the first telemetry of the service there was no traffic to be compared with.
  const born = firstSlot([...window.series.values()], 0, Math.min(start, closed)) ?? start
  const baseline = slots(born, Math.min(start, closed)).filter((s) => !o.excluded.has(s + window.fromMinute))
  const current = sum(mine, from, end)
  const beside = sum(others, from, end)
  return {
    window,
    build,
    start,
    from,
    end,
    baseline,
    concurrent: beside >= Math.max(BESIDE_REQUESTS, BESIDE_SHARE * current) && spread(others, from, end) >= 0.5,
    requests: { baseline: baseline.reduce((n, s) => n + at(routes, s), 0), current },
    requestsSoFar: sum(mine, Math.max(0, start), closed),
    requestsOfAll: sum(routes, Math.max(0, start), closed),
    unseen: build !== null && anyOf.every((s) => sum([s], Math.max(0, start), closed) === 0),
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

/** One key of one cell as the judges take it. */
export type Track = {
  key: string
  baseline: Count[]
  current: Count[]
  beside: Count[]
  /** Every slot up to the end: all builds before the deploy, the new one since. */
  line: Count[]
}
export type HistogramTrack = {
  key: string
  baseline: Histogram[]
  current: Histogram[]
  beside: Histogram[]
  line: Histogram[]
}

type Parts = { before: Series[]; mine: Series[]; others: Series[] }

export function partsOf(frame: Frame, cell: Cell, key: string | null): Parts {
  const before = seriesOf(frame.window, cell).filter((s) => key === null || s.key === key)
  const { build } = frame
  return {
    before,
    mine: build ? before.filter((s) => isBuild(s, build)) : before,
    others: build ? before.filter((s) => !isBuild(s, build)) : [],
  }
}

const counted = (series: readonly Series[], slot: number): Count => {
  let bad = 0
  let total = 0
  for (const s of series) {
    bad += s.bad[slot] ?? 0
    total += s.total[slot] ?? 0
  }
  return { bad, total }
}

/** Counts of one key (null: all keys together). `badOf` takes the bad ones from elsewhere, exceptions of requests say. */
export function track(frame: Frame, cell: Cell, key: string | null): Track {
  const { before, mine, others } = partsOf(frame, cell, key)
  const current = slots(frame.from, frame.end)
  return {
    key: key ?? '(all)',
    baseline: frame.baseline.map((s) => counted(before, s)),
    current: current.map((s) => counted(mine, s)),
    beside: current.map((s) => counted(others, s)),
    line: slots(0, frame.end).map((s) => counted(s < frame.start ? before : mine, s)),
  }
}

const NONE: Histogram = new Map()

function merged(series: readonly Series[], slot: number): Histogram {
  const found = series.map((s) => s.histograms[slot]).filter((h) => h !== undefined)
  if (found.length <= 1) return found[0] ?? NONE
  const all = new Map<number, number>()
  for (const h of found) for (const [i, n] of h) all.set(i, (all.get(i) ?? 0) + n)
  return all
}

export function histogramTrack(frame: Frame, cell: Cell, key: string): HistogramTrack {
  const { before, mine, others } = partsOf(frame, cell, key)
  const current = slots(frame.from, frame.end)
  return {
    key,
    baseline: frame.baseline.map((s) => merged(before, s)),
    current: current.map((s) => merged(mine, s)),
    beside: current.map((s) => merged(others, s)),
    line: slots(0, frame.end).map((s) => merged(s < frame.start ? before : mine, s)),
  }
}

export const minuteIso = (frame: Frame, slot: number): string =>
  new Date((frame.window.fromMinute + slot) * 60_000).toISOString()
