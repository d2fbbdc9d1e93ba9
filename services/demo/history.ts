/** A finished span as a service of the shop reports it. Times in milliseconds; kind as in OTLP; status code as in OTLP. */
export type CapturedSpan = {
  traceId: string
  spanId: string
  parentSpanId: string
  name: string
  kind: number
  startMs: number
  durationMs: number
  attributes: Record<string, unknown>
  statusCode: number
}

export type CapturedTrace = { service: string; span: CapturedSpan }[]

type HistoryOptions = {
  traces: CapturedTrace[]
  fromMs: number
  toMs: number
  perMinute: number
  resources: Record<string, Record<string, string>>
  random: () => number
}

const nanos = (ms: number) => `${BigInt(Math.round(ms * 1000)) * 1000n}`

const otlpValue = (value: unknown) =>
  typeof value === 'number'
    ? Number.isInteger(value)
      ? { intValue: String(value) }
      : { doubleValue: value }
    : typeof value === 'boolean'
      ? { boolValue: value }
      : { stringValue: String(value) }

const otlpAttributes = (attributes: Record<string, unknown>) =>
  Object.entries(attributes).map(([key, value]) => ({ key, value: otlpValue(value) }))

const normal = (random: () => number) => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())

const hexId = (random: () => number, bytes: number) =>
  Array.from({ length: bytes }, () =>
    Math.floor(random() * 256)
      .toString(16)
      .padStart(2, '0'),
  ).join('')

/** Groups captured spans into whole traces: those whose root is among them. */
export function groupTraces(spans: { service: string; span: CapturedSpan }[]): CapturedTrace[] {
  const byTrace = new Map<string, CapturedTrace>()
  for (const entry of spans) {
    const trace = byTrace.get(entry.span.traceId) ?? []
    trace.push(entry)
    byTrace.set(entry.span.traceId, trace)
  }
  return [...byTrace.values()].filter((trace) => trace.some((entry) => entry.span.parentSpanId === ''))
}

/**
 * What the shop would have sent in the past: its real traces, drawn again and moved back in time, at a rate and a pace that
 * wander a little from minute to minute, as those of a shared machine do. Yields OTLP/JSON trace requests of one minute each, oldest first.
 */
export function* pastRequests(o: HistoryOptions): Generator<string> {
  let mood = 0
  for (let minuteMs = o.fromMs; minuteMs < o.toMs; minuteMs += 60_000) {
    mood = 0.6 * mood + 0.1 * normal(o.random)
    const lengthMs = Math.min(60_000, o.toMs - minuteMs)
    const mean = (o.perMinute * lengthMs) / 60_000
    const count = Math.max(1, Math.round(mean + Math.sqrt(mean) * (o.random() + o.random() + o.random() - 1.5) * 2))
    const byService = new Map<string, unknown[]>()
    for (let i = 0; i < count; i++) {
      const trace = o.traces[Math.floor(o.random() * o.traces.length)]!
      moveTrace(trace, { atMs: minuteMs + o.random() * lengthMs, pace: Math.exp(mood) }, o.random, byService)
    }
    const resourceSpans = [...byService].map(([service, spans]) => ({
      resource: { attributes: otlpAttributes({ 'service.name': service, ...o.resources[service] }) },
      scopeSpans: [{ scope: { name: 'demo-history' }, spans }],
    }))
    yield JSON.stringify({ resourceSpans })
  }
}

function moveTrace(
  trace: CapturedTrace,
  to: { atMs: number; pace: number },
  random: () => number,
  into: Map<string, unknown[]>,
): void {
  const traceId = hexId(random, 16)
  const ids = new Map(trace.map(({ span }) => [span.spanId, hexId(random, 8)]))
  const firstMs = Math.min(...trace.map(({ span }) => span.startMs))
  for (const { service, span } of trace) {
    const spans = into.get(service) ?? []
    into.set(service, spans)
    const startMs = to.atMs + (span.startMs - firstMs) * to.pace
    spans.push({
      traceId,
      spanId: ids.get(span.spanId),
      parentSpanId: ids.get(span.parentSpanId) ?? '',
      name: span.name,
      kind: span.kind,
      startTimeUnixNano: nanos(startMs),
      endTimeUnixNano: nanos(startMs + span.durationMs * to.pace),
      attributes: otlpAttributes(span.attributes),
      status: { code: span.statusCode },
    })
  }
}
