/** Answers of the API with less in them: an agent reads figures, not the points of a chart. */
type One = Record<string, unknown>
type Span = One & { span_id: string; parent_span_id: string; failed: boolean }

const MAX_SPANS = 100
const MAX_CHECKED = 30

const without = (value: One, ...keys: string[]): One =>
  Object.fromEntries(Object.entries(value).filter(([key]) => !keys.includes(key)))

export const serviceLine = (s: One): One => without(s, 'sparkline', 'deploys')

export const deployLine = (d: One): One => ({
  ...without(d, 'attributes', 'instances', 'sources'),
  commits: (d.commits as unknown[]).slice(0, 5),
})

export const anomalyLine = (a: One): One => without(a, 'evidence', 'suspects', 'deploy')

/** What passed is counted; what could not be checked is listed, as it is what an agent must not take for fine. */
export function verdictView(v: One): One {
  const checked = v.checked as (One & { outcome: string })[]
  const counts: Record<string, number> = {}
  for (const c of checked) counts[c.outcome] = (counts[c.outcome] ?? 0) + 1
  const unsure = checked.filter((c) => c.outcome === 'thin' || c.outcome === 'skipped')
  return { ...without(v, 'checked'), checked: { counts, not_judged: unsure.slice(0, MAX_CHECKED) } }
}

export const compareView = (c: One): One => ({
  ...without(c, 'latency_histogram'),
  signals: (c.signals as (One & { a: One; b: One })[]).map((s) => ({
    ...s,
    a: without(s.a, 'points'),
    b: without(s.b, 'points'),
  })),
})

/** At most 100 spans: those that failed with their ancestors, then the earliest. */
export function traceView(t: One): One {
  const spans = t.spans as Span[]
  if (spans.length <= MAX_SPANS) return t
  const byId = new Map(spans.map((s) => [s.span_id, s]))
  const kept = new Set<Span>()
  for (const failed of spans.filter((s) => s.failed))
    for (let s: Span | undefined = failed; s && !kept.has(s) && kept.size < MAX_SPANS; s = byId.get(s.parent_span_id))
      kept.add(s)
  for (const s of spans) if (kept.size < MAX_SPANS) kept.add(s)
  return { ...t, spans: spans.filter((s) => kept.has(s)), span_count: spans.length, truncated: true }
}
