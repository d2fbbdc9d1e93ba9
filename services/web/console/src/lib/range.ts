/** Time ranges as they stand in the URL: `range=3h`, or `from` and `to` as ISO times. Pure but for `now`, an argument. */
export type Search = Record<string, string>

export const ranges = ['15m', '1h', '3h', '6h', '24h', '3d', '7d', '14d', '30d'] as const
export type RangeName = (typeof ranges)[number]
export const defaultRange: RangeName = '3h'

/** Lists of what is rare look back further. */
export const defaultRangeOf = (path: string): RangeName =>
  path === '/deploys' || path === '/anomalies' ? '24h' : defaultRange

const unitMs: Record<string, number> = { m: 60_000, h: 3_600_000, d: 86_400_000 }

/** '3h' → milliseconds; null when it is no range. */
export function rangeMs(name: string | undefined): number | null {
  const match = /^(\d{1,3})([mhd])$/.exec(name ?? '')
  const unit = match ? unitMs[match[2]!] : undefined
  return match && unit ? Number(match[1]) * unit : null
}

export type Span = { fromMs: number; toMs: number }

/** The absolute window in a search, or null where it is relative. */
export function absoluteSpan(search: Search): Span | null {
  const fromMs = Date.parse(search.from ?? '')
  const toMs = Date.parse(search.to ?? '')
  return Number.isFinite(fromMs) && Number.isFinite(toMs) && toMs > fromMs ? { fromMs, toMs } : null
}

export function spanOf(search: Search, nowMs: number): Span {
  const absolute = absoluteSpan(search)
  if (absolute) return absolute
  const widthMs = rangeMs(search.range) ?? rangeMs(defaultRange)!
  return { fromMs: nowMs - widthMs, toMs: nowMs }
}

const steps = [60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 43_200, 86_400]

/** Seconds per point so that a chart has at most `points` of them; never below a minute, the width of a rollup. */
export function stepSeconds(span: Span, points = 240): number {
  const wanted = (span.toMs - span.fromMs) / 1000 / points
  return steps.find((step) => step >= wanted) ?? steps.at(-1)!
}

/** Query parameters of the API for a window. */
export function spanParams(span: Span): { from: string; to: string } {
  return { from: new Date(span.fromMs).toISOString(), to: new Date(span.toMs).toISOString() }
}

/** A window around an instant or a span, for links: a third on each side, an hour at least. */
export function around(startedAt: string, endedAt: string | null, nowMs: number): { from: string; to: string } {
  const startMs = Date.parse(startedAt)
  const endMs = endedAt ? Date.parse(endedAt) : nowMs
  const padMs = Math.max(3_600_000, (endMs - startMs) / 3)
  return spanParams({ fromMs: startMs - padMs, toMs: Math.min(endMs + padMs, Math.max(nowMs, endMs)) })
}
