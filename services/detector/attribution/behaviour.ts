import { spansById, type Telemetry } from './telemetry.ts'

/** Something that happens inside a span: it logs a statement, makes a call, fails. */
export type Event = { key: string; text: string; error: boolean }

/** No event at all: the operation did nothing, or its telemetry was lost. */
export const nothing: Event = { key: 'nothing', text: 'a span that does nothing', error: true }

/** What the spans of one operation of one service do. */
export type Operation = {
  service: string
  operation: string
  spanIds: string[]
  /** Spans in which the event happened at least once. */
  events: Map<string, Set<string>>
  /** Spans in which an error happened. */
  failed: Set<string>
}

export type Behaviour = { operations: Map<string, Operation>; events: Map<string, Event> }

const maxTextChars = 160
const shorten = (text: string): string => (text.length <= maxTextChars ? text : `${text.slice(0, maxTextChars)}…`)

/** Events of one span past this many are not looked at: a loop says the same again and again. */
const maxEventsPerSpan = 200

/** Which events happen in which operations. One pass over the spans and logs; memory is linear in them. */
export function behaviourOf(telemetry: Telemetry): Behaviour {
  const byId = spansById(telemetry)
  const operations = new Map<string, Operation>()
  const events = new Map<string, Event>()
  const seen = new Map<string, number>()
  for (const span of byId.values()) operationOf(operations, span.service, span.operation).spanIds.push(span.spanId)
  const note = (spanId: string, event: Event): void => {
    const span = byId.get(spanId)
    if (span === undefined) return
    const n = (seen.get(spanId) ?? 0) + 1
    seen.set(spanId, n)
    if (n > maxEventsPerSpan) return
    const operation = operationOf(operations, span.service, span.operation)
    const spans = operation.events.get(event.key)
    if (spans === undefined) operation.events.set(event.key, new Set([spanId]))
    else spans.add(spanId)
    if (event.error) operation.failed.add(spanId)
    if (!events.has(event.key)) events.set(event.key, event)
  }
  for (const log of telemetry.logs) {
    note(log.spanId, { key: `log ${log.statement}`, text: `the log line "${shorten(log.text)}"`, error: log.error })
  }
  for (const span of byId.values()) {
    note(span.parentId, {
      key: `call ${span.service} ${span.operation}`,
      text: `the call of ${span.operation} in ${span.service}`,
      error: false,
    })
    if (span.error === true) note(span.spanId, { key: 'failure', text: 'failure', error: true })
  }
  noteNothing(operations, events, seen)
  return { operations, events }
}

/** Spans in which nothing happens at all are an event too. */
function noteNothing(
  operations: Map<string, Operation>,
  events: Map<string, Event>,
  seen: ReadonlyMap<string, number>,
): void {
  for (const operation of operations.values()) {
    const idle = operation.spanIds.filter((id) => !seen.has(id))
    if (idle.length > 0) operation.events.set(nothing.key, new Set(idle))
  }
  events.set(nothing.key, nothing)
}

function operationOf(operations: Map<string, Operation>, service: string, operation: string): Operation {
  const key = `${service}\u0000${operation}`
  const found = operations.get(key)
  if (found !== undefined) return found
  const made: Operation = { service, operation, spanIds: [], events: new Map(), failed: new Set() }
  operations.set(key, made)
  return made
}
