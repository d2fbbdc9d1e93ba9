import { type Contexts, type Pieces, piece, type ResourceRow, type ScopeRow } from './resource.ts'
import { fields, type Wire } from './wire.ts'

const REQUEST_KNOWN = fields(1)
const KNOWN = fields(1, 2, 3)

/** Reads one span, log record or metric: the reader stands at its begin, `to` is its end. */
export type ItemReader = {
  /** The resource and scope of the items that follow. */
  enter(resource: ResourceRow, scope: ScopeRow): void
  item(to: number): void
}

/** Walks an export request. The three signals share their envelope: the field numbers are the same down to the item. */
export const walkRequest = (w: Wire, contexts: Contexts, reader: ItemReader): void => {
  while (w.pos < w.lim) {
    const tag = w.tag()
    if (tag !== 10) {
      w.skip(tag, REQUEST_KNOWN)
      continue
    }
    const outer = w.lim
    const to = w.until()
    walkResource(w, to, contexts, reader)
    w.range(to, outer)
  }
}

/** A resource may stand after what it describes, so its parts are listed first. */
const walkResource = (w: Wire, to: number, contexts: Contexts, reader: ItemReader): void => {
  const resource: Pieces = []
  const schema: Pieces = []
  const scopes: Pieces = []
  w.lim = to
  while (w.pos < to) {
    const tag = w.tag()
    if (tag === 10) piece(w, resource)
    else if (tag === 18) piece(w, scopes)
    else if (tag === 26) piece(w, schema, true)
    else w.skip(tag, KNOWN)
  }
  const row = contexts.resource(resource, schema)
  for (let i = 0; i < scopes.length; i += 2) walkScope(w, scopes[i]!, scopes[i + 1]!, row, contexts, reader)
}

const walkScope = (
  w: Wire,
  from: number,
  to: number,
  row: ResourceRow,
  contexts: Contexts,
  reader: ItemReader,
): void => {
  const scope: Pieces = []
  const schema: Pieces = []
  w.range(from, to)
  while (w.pos < to) {
    const tag = w.tag()
    if (tag === 10) piece(w, scope)
    else if (tag === 18) w.pos = w.until()
    else if (tag === 26) piece(w, schema, true)
    else w.skip(tag, KNOWN)
  }
  reader.enter(row, contexts.scope(scope, schema))
  w.range(from, to)
  while (w.pos < to) {
    const tag = w.tag()
    if (tag !== 18) {
      w.skip(tag, 0)
      continue
    }
    const end = w.until()
    reader.item(end)
    w.range(end, to)
  }
}
