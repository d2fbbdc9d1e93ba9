/** What one request may hold. Lengths are in bytes, durations in milliseconds. */
export type Limits = {
  /** Messages inside messages. An attribute nested 64 maps deep needs about 200 of them, and is accepted. */
  readonly maxDepth: number
  /** Spans, log records or data points of one request: one block of the engine must hold them all. */
  readonly maxItems: number
  /** Attributes, events, links, exemplars and nested values of one request. */
  readonly maxNodes: number
  /** Attributes of one span, record, point, event, link, scope or resource. */
  readonly maxAttributes: number
  readonly keyBytes: number
  readonly metricValueBytes: number
  readonly valueBytes: number
  readonly bodyBytes: number
  /** Names, descriptions, units, schema URLs, trace states. */
  readonly nameBytes: number
  /** A client's time further ahead of receipt than this is not used as index. */
  readonly aheadMs: number
  /** Items older than this at receipt are rejected. */
  readonly retentionMs: number
}

/** Against huge texts and bodies that unfold (docs/otlp.md). Depth: 64 maps of AnyValue, KeyValueList and KeyValue are 192 messages. */
export const defaultLimits: Limits = {
  maxDepth: 220,
  maxItems: 500_000,
  maxNodes: 4_000_000,
  maxAttributes: 1024,
  keyBytes: 256,
  metricValueBytes: 4096,
  valueBytes: 32_768,
  bodyBytes: 262_144,
  nameBytes: 4096,
  aheadMs: 600_000,
  retentionMs: 30 * 86_400_000,
}
