import type { Anomaly } from '../../../shared/model/anomaly.ts'
import { quantileMs } from '../../../shared/store/histogram.ts'
import { pooled } from '../decide/latency.ts'
import { type Build, CALLS, type Cell, isBuild, type Series, seriesOf, type Window } from '../window/window.ts'

/** Closed minutes that must be back in band before an anomaly is closed; more where they hold few requests. */
const BACK_MINUTES = 3
const MOST_MINUTES = 10
const BACK_REQUESTS = 20
/** Back when at most a third of the way from expected to observed is left; away again from two thirds on. The gap is the hysteresis. */
const BACK_SHARE = 1 / 3
const AWAY_SHARE = 2 / 3

export type Level = {
  state: 'back' | 'away' | 'between' | 'no_data'
  /** Epoch minute from which it has been back, or null. */
  backSince: number | null
  /** The build has no traffic any more; what is seen is its successor's. */
  replaced: boolean
}

const CELLS: Partial<Record<Anomaly['signal'], Cell>> = {
  error_ratio: 'route',
  latency: 'route',
  throughput: 'route',
  silence: 'route',
  route_new: 'route',
  route_vanished: 'route',
  dependency_error_ratio: 'edge',
  dependency_latency: 'edge',
  dependency_new: 'edge',
  dependency_vanished: 'edge',
  exception_new: 'exception',
  exception_rate: 'exception',
  log_error_rate: 'log',
  log_pattern_new: 'pattern',
  log_pattern_rate: 'pattern',
  log_pattern_vanished: 'pattern',
  secret_new: 'redaction',
  metric: 'metric',
  calls_per_request: 'call',
}

/**
 * Where a signal stands in the newest closed minutes, on the way between expected (0) and observed (1) of its anomaly. The
 * deploy's build is looked at while it has traffic; after it, whoever took over.
 */
export function levelOf(
  a: Pick<Anomaly, 'signal' | 'dimension' | 'observed' | 'expected' | 'started_at' | 'evidence'>,
  build: Build | null,
  window: Window,
  closedMinute: number,
): Level {
  const end = closedMinute + 1 - window.fromMinute
  const began = Math.max(0, Math.floor(Date.parse(a.started_at) / 60_000) - window.fromMinute)
  const cell = CELLS[a.signal] ?? 'route'
  const busy = busyOf(a, cell, window)
  const mineBusy = build ? busy.filter((s) => isBuild(s, build)) : busy
  const replaced = build !== null && total(mineBusy, end - BACK_MINUTES, end) === 0
  const of = build && !replaced ? (s: Series) => isBuild(s, build) : () => true
  const served = busy.filter(of)
  const keyOf = (s: Series) => (cell === 'redaction' ? s.kind : s.key)
  const series = seriesOf(window, cell).filter((s) => of(s) && (a.dimension === '(all)' || keyOf(s) === a.dimension))
  const wayAt = (from: number, to: number) => way(a, series, served, from, to)
  const least = a.signal === 'secret_new' ? MOST_MINUTES : BACK_MINUTES
  for (let minutes = least; minutes <= MOST_MINUTES; minutes++) {
    const from = end - minutes
    if (from < 0) break
    const enough = total(served, from, end) >= BACK_REQUESTS || minutes === MOST_MINUTES
    const at = wayAt(from, end)
    if (!enough || at === null) continue
    const state = at <= BACK_SHARE ? 'back' : at >= AWAY_SHARE ? 'away' : 'between'
    return { state, backSince: state === 'back' ? window.fromMinute + backFrom(wayAt, began, end) : null, replaced }
  }
  return { state: 'no_data', backSince: null, replaced }
}

/** What shows that the service is at work, and what its counts are shares of: its requests, or log records where it has none. */
function busyOf(a: Pick<Anomaly, 'signal' | 'dimension'>, cell: Cell, window: Window): Series[] {
  const routes = seriesOf(window, 'route')
  if (cell === 'call') return routes.filter((s) => a.dimension.startsWith(`${s.key}${CALLS}`))
  if (routes.length > 0) return routes
  return seriesOf(window, cell === 'pattern' || cell === 'redaction' ? 'log' : cell)
}

const total = (series: readonly Series[], from: number, to: number): number => {
  let n = 0
  for (const s of series) for (let i = Math.max(0, from); i < to; i++) n += s.total[i] ?? 0
  return n
}
const sumOf = (series: readonly Series[], field: 'bad' | 'sum', from: number, to: number): number => {
  let n = 0
  for (const s of series) for (let i = Math.max(0, from); i < to; i++) n += s[field][i] ?? 0
  return n
}

/** The first slot of the stretch up to now in which no three minutes were away. */
function backFrom(wayAt: (from: number, to: number) => number | null, began: number, end: number): number {
  let from = end - BACK_MINUTES
  while (from - 1 >= began) {
    const at = wayAt(from - 1, from)
    if (at === null || at > AWAY_SHARE) break
    from--
  }
  return Math.max(from, began)
}

/** 0 at expected, 1 at observed; null where nothing was measured. */
function way(
  a: Pick<Anomaly, 'signal' | 'observed' | 'expected' | 'evidence'>,
  series: readonly Series[],
  served: readonly Series[],
  from: number,
  to: number,
): number | null {
  const share = (now: number | null) =>
    now === null || a.observed === a.expected ? null : (now - a.expected) / (a.observed - a.expected)
  const requests = total(served, from, to)
  switch (a.signal) {
    case 'error_ratio':
    case 'dependency_error_ratio': {
      const n = total(series, from, to)
      return n === 0 ? (requests > 0 ? 0 : null) : share(sumOf(series, 'bad', from, to) / n)
    }
    case 'latency':
    case 'dependency_latency': {
      const merged = pooled(
        series.flatMap((s) => s.histograms.slice(Math.max(0, from), to).filter((h) => h !== undefined)),
      )
      const now = quantileMs(merged, a.evidence.finding.quantile ?? 0.5)
      if (now === null) return requests > 0 ? 0 : null
      return a.observed > 0 && a.expected > 0 && a.observed !== a.expected
        ? Math.log(now / a.expected) / Math.log(a.observed / a.expected)
        : null
    }
    case 'calls_per_request':
    case 'log_pattern_new':
    case 'log_pattern_rate':
    case 'exception_new':
    case 'exception_rate':
      return requests === 0 ? null : share(total(series, from, to) / requests)
    case 'secret_new':
      return total(series, from, to) > 0 ? 1 : requests === 0 ? null : 0
    case 'log_error_rate': {
      const n = total(series, from, to)
      const bad = total(
        series.filter((s) => s.key === 'error' || s.key === 'fatal'),
        from,
        to,
      )
      return n === 0 ? null : share(bad / n)
    }
    case 'metric': {
      const n = series[0]?.kind === 'counter' ? requests || to - from : total(series, from, to)
      return n === 0 ? null : share(sumOf(series, 'sum', from, to) / n)
    }
    default:
      return share(total(series, from, to) / Math.max(1, to - Math.max(0, from)))
  }
}
