/** Spans as the rows of a waterfall. Pure. */
import type { Span } from '../../lib/types.ts'

export type Row = { span: Span; depth: number; children: number; startMs: number; endMs: number; critical: boolean }

const startOf = (span: Span): number => span.offset_ns / 1e6
const endOf = (span: Span): number => startOf(span) + span.duration_ms

/** Children by parent, in order of their start; a span whose parent is missing counts as a root. */
function childrenOf(spans: Span[]): Map<string, Span[]> {
  const ids = new Set(spans.map((span) => span.span_id))
  const children = new Map<string, Span[]>()
  for (const span of [...spans].sort((a, b) => startOf(a) - startOf(b))) {
    const parent = ids.has(span.parent_span_id) && span.parent_span_id !== span.span_id ? span.parent_span_id : ''
    const list = children.get(parent)
    if (list) list.push(span)
    else children.set(parent, [span])
  }
  return children
}

/** The spans that the whole had to wait for: from the end backwards, the child that ended last before each point. */
function criticalPath(children: Map<string, Span[]>, root: Span | undefined): Set<string> {
  const path = new Set<string>()
  const todo = root ? [root] : []
  while (todo.length > 0 && path.size < 10_000) {
    const span = todo.pop()!
    if (path.has(span.span_id)) continue
    path.add(span.span_id)
    // The last child may end after its parent: clocks differ, and answers stream.
    let until = Number.POSITIVE_INFINITY
    const byEnd = [...(children.get(span.span_id) ?? [])].sort((a, b) => endOf(b) - endOf(a))
    for (const child of byEnd) {
      if (endOf(child) > until + 0.001) continue
      todo.push(child)
      until = startOf(child)
    }
  }
  return path
}

/** Depth first, without what is folded away; a loop among parents cannot go round: each span is shown once. */
export function rowsOf(spans: Span[], folded: ReadonlySet<string>): Row[] {
  const children = childrenOf(spans)
  const roots = children.get('') ?? []
  const critical = criticalPath(children, roots[0])
  const rows: Row[] = []
  const seen = new Set<string>()
  const stack = [...roots].reverse().map((span) => ({ span, depth: 0 }))
  while (stack.length > 0) {
    const { span, depth } = stack.pop()!
    if (seen.has(span.span_id)) continue
    seen.add(span.span_id)
    const own = children.get(span.span_id) ?? []
    rows.push({
      span,
      depth,
      children: own.length,
      startMs: startOf(span),
      endMs: endOf(span),
      critical: critical.has(span.span_id),
    })
    if (!folded.has(span.span_id)) for (const child of [...own].reverse()) stack.push({ span: child, depth: depth + 1 })
  }
  return rows
}

export const totalMs = (spans: Span[]): number => spans.reduce((most, span) => Math.max(most, endOf(span)), 0.001)

const palette = ['--series-1', '--series-2', '--series-3', '--series-4', '--series-5', '--series-6']

/** One colour a service, in order of appearance. */
export function colours(spans: Span[]): Map<string, string> {
  const found = new Map<string, string>()
  for (const span of spans) if (!found.has(span.service)) found.set(span.service, palette[found.size % palette.length]!)
  return found
}
