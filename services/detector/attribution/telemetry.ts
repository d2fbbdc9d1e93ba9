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

export type Telemetry = { spans: readonly SpanRow[]; logs: readonly LogRow[] }

/** Spans by id, for walking up to the callers. */
export const spansById = (telemetry: Telemetry): Map<string, SpanRow> =>
  new Map(telemetry.spans.map((s) => [s.spanId, s]))
