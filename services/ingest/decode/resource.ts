import type { Attributes } from './attributes.ts'
import { firstHash, secondHash } from './dict.ts'
import { type Intake, OVERFLOW_NAME } from './intake.ts'
import { MapColumn, valueEnd, valueStart } from './map.ts'
import { classifyKey } from './roles.ts'
import type { SharedMap } from './runs.ts'
import { cutAt, decodeText, encodeText, isUtf8 } from './utf8.ts'
import { fields, type Wire } from './wire.ts'

const RESOURCE_KNOWN = fields(1, 2, 3)
const SCOPE_KNOWN = fields(1, 2, 3, 4)
const MAX_CACHED = 1024
const MAX_CACHED_BYTES = 16_384

/** A resource, decoded once for all rows under it. */
export type ResourceRow = {
  attributes: SharedMap
  service: string
  environment: string
  version: string
  commit: string
  instance: string
  schemaUrl: string
  /** Of service and environment, for series ids. */
  hashLo: number
  hashHi: number
}

export type ScopeRow = { attributes: SharedMap; name: string; version: string; schemaUrl: string; dropped: number }

/** Ranges of one message in the body: it may come in several pieces, which count as one. */
export type Pieces = number[]

/** Decodes resources and scopes, and remembers those seen: SDKs send the same bytes with every request. */
export class Contexts {
  readonly #wire: Wire
  readonly #intake: Intake
  readonly #attributes: Attributes
  readonly #map = new MapColumn(classifyKey)
  readonly #resources = new Map<string, ResourceRow>()
  readonly #scopes = new Map<string, ScopeRow>()

  constructor(wire: Wire, intake: Intake, attributes: Attributes) {
    this.#wire = wire
    this.#intake = intake
    this.#attributes = attributes
  }

  resource(pieces: Pieces, schema: Pieces): ResourceRow {
    return this.#cached(this.#resources, pieces, schema, () => this.#readResource(pieces, schema))
  }

  scope(pieces: Pieces, schema: Pieces): ScopeRow {
    return this.#cached(this.#scopes, pieces, schema, () => this.#readScope(pieces, schema))
  }

  #cached<T>(cache: Map<string, T>, pieces: Pieces, schema: Pieces, read: () => T): T {
    const key = `${this.latin1(pieces)}\n${schema.length}\n${this.latin1(schema)}`
    const hit = cache.get(key)
    if (hit !== undefined) return hit
    const { alterations } = this.#intake
    const row = read()
    if (this.#intake.alterations === alterations && key.length <= MAX_CACHED_BYTES) {
      if (cache.size >= MAX_CACHED) cache.clear()
      cache.set(key, row)
    }
    return row
  }

  latin1(pieces: Pieces): string {
    const { buf } = this.#wire
    let text = ''
    for (let i = 0; i < pieces.length; i += 2) {
      const from = pieces[i]!
      text += Buffer.from(buf.buffer, buf.byteOffset + from, pieces[i + 1]! - from).toString('latin1')
    }
    return text
  }

  #readResource(pieces: Pieces, schema: Pieces): ResourceRow {
    const w = this.#wire
    let dropped = 0
    this.#attributes.clear()
    for (let i = 0; i < pieces.length; i += 2) {
      w.range(pieces[i]!, pieces[i + 1]!)
      while (w.pos < w.lim) {
        const tag = w.tag()
        if (tag === 10) this.#attributes.add()
        else if (tag === 16) dropped = w.uint32()
        else w.skip(tag, tag === 26 ? 0 : RESOURCE_KNOWN)
      }
    }
    const { map, get } = this.#shared(dropped)
    const service = this.#admitted('service', get('service.name') || 'unknown_service')
    const environment = get('deployment.environment.name') || get('deployment.environment')
    const identity = encodeText(`${service}\0${environment}`)
    return {
      attributes: map,
      service,
      environment,
      version: get('service.version'),
      commit: get('vcs.ref.head.revision') || get('vcs.ref.revision') || get('git.commit.sha'),
      instance: get('service.instance.id') || get('k8s.pod.name') || get('host.name'),
      schemaUrl: this.text(schema),
      hashLo: firstHash(identity, 0, identity.length),
      hashHi: secondHash(identity, 0, identity.length),
    }
  }

  #readScope(pieces: Pieces, schema: Pieces): ScopeRow {
    const w = this.#wire
    const name: Pieces = []
    const version: Pieces = []
    let dropped = 0
    this.#attributes.clear()
    for (let i = 0; i < pieces.length; i += 2) {
      w.range(pieces[i]!, pieces[i + 1]!)
      while (w.pos < w.lim) {
        const tag = w.tag()
        if (tag === 10) piece(w, name, true)
        else if (tag === 18) piece(w, version, true)
        else if (tag === 26) this.#attributes.add()
        else if (tag === 32) dropped = w.uint32()
        else w.skip(tag, SCOPE_KNOWN)
      }
    }
    const { map } = this.#shared(0)
    return {
      attributes: map,
      name: this.text(name),
      version: this.text(version),
      schemaUrl: this.text(schema),
      dropped,
    }
  }

  /** The listed attributes as a map that rows share. */
  #shared(dropped: number): { map: SharedMap; get: (key: string) => string } {
    const column = this.#map
    column.reset()
    this.#attributes.write(column, this.#intake.limits.valueBytes, dropped)
    column.end()
    const keys: string[] = []
    const texts = new Map<string, string>()
    const { data, used } = column.values
    for (let i = 0, at = 0; at < used; i++) {
      const end = valueEnd(data, at)
      const index = column.keys.data[i]!
      const start = column.dict.at[index]!
      const key = decodeText(column.dict.data.subarray(start, start + column.dict.len[index]!))
      keys.push(key)
      texts.set(key, decodeText(data.subarray(valueStart(data, at), end)))
      at = end
    }
    return { map: { keys, values: data.slice(0, used) }, get: (key) => texts.get(key) ?? '' }
  }

  /** The name, or the one that stands for all beyond the ceiling; such a row is not remembered, as the next hour counts anew. */
  #admitted(kind: string, name: string): string {
    if (this.#intake.ceilings.admitsName(kind, name)) return name
    this.#intake.overflow('name')
    this.#intake.alterations++
    return OVERFLOW_NAME
  }

  /** The name of a metric, under the ceiling of all metrics. */
  metricName(pieces: Pieces): string {
    return this.#admitted('metric', this.text(pieces))
  }

  /** The text of a string field, of which the last piece counts. */
  text(pieces: Pieces): string {
    if (pieces.length === 0) return ''
    const { buf } = this.#wire
    const from = pieces[0]!
    const to = pieces[1]!
    const end = cutAt(buf, from, to, this.#intake.limits.nameBytes)
    if (end < to) this.#intake.remark('names cut to the longest length kept')
    if (!isUtf8(buf, from, end)) this.#intake.remarkMended()
    this.#intake.suspect(buf, from, to)
    return decodeText(buf.subarray(from, end))
  }
}

/** Notes where the length-delimited field at the reader stands, and passes over it. */
export const piece = (w: Wire, pieces: Pieces, onlyLast = false): void => {
  const to = w.until()
  if (onlyLast && pieces.length > 0) {
    pieces.length = 0
    w.onAgain()
  }
  pieces.push(w.pos, to)
  w.pos = to
}
