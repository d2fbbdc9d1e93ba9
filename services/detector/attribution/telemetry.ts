/** A span, as far as attribution needs it. */
export type SpanRow = {
  spanId: string
  /** '' at the root. */
  parentId: string
  service: string
  operation: string
  startMs: number
  durationMs: number
  error?: boolean
}

/** A log record that was written inside a span. */
export type LogRow = {
  spanId: string
  service: string
  /** What it says without its values: the pattern id, with the place in the code where that is known. */
  statement: string
  /** Severity ERROR or above. */
  error: boolean
  /** The template, for the evidence. */
  text: string
}

/** Sampled by whoever asks: whole traces, at most `maxRows` spans and as many log records; what is beyond is not looked at. */
export type Telemetry = { spans: readonly SpanRow[]; logs: readonly LogRow[] }

export const maxRows = 500_000

/** At most `maxRows` of each. */
export function bounded({ spans, logs }: Telemetry): Telemetry {
  if (spans.length <= maxRows && logs.length <= maxRows) return { spans, logs }
  return { spans: spans.slice(0, maxRows), logs: logs.slice(0, maxRows) }
}

/** Spans by id, for walking up to the callers; a span that was delivered twice is one. */
export const spansById = (telemetry: Telemetry): Map<string, SpanRow> =>
  new Map(telemetry.spans.map((s) => [s.spanId, s]))

/** Calls from one service to another, each pair once. */
export function callsOf(telemetry: Telemetry): [caller: string, callee: string][] {
  const byId = spansById(telemetry)
  const pairs = new Map<string, [string, string]>()
  for (const span of byId.values()) {
    const caller = byId.get(span.parentId)?.service
    if (caller !== undefined && caller !== span.service)
      pairs.set(`${caller}\u0000${span.service}`, [caller, span.service])
  }
  return [...pairs.values()]
}
