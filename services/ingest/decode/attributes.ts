import { MASK } from '../../../shared/security/redact.ts'
import type { Intake } from './intake.ts'
import type { MapColumn } from './map.ts'
import { Ranges } from './ranges.ts'
import { ROLES, SENSITIVE } from './roles.ts'
import { cutAt, encodeText } from './utf8.ts'
import { INT, NONE, STRING, ValueReader } from './value.ts'
import { fields, type Wire } from './wire.ts'

const KNOWN = fields(1, 2)
const DROPPED = encodeText('otel.dropped_attributes_count')
/** Messages from the request down to the AnyValue of an attribute. */
const ATTRIBUTE_DEPTH = 6

/**
 * Reads lists of KeyValue into Map columns. The fields of a message are first listed (`clear`, `add`), since they may stand
 * anywhere in it, and then written. Values with a role (roles.ts) are remembered until the next list.
 */
export class Attributes {
  readonly value: ValueReader
  /** Of each role of the last list: where its text stands in the body (-1: it is no text), and its number (NaN: none). */
  readonly roleFrom = new Int32Array(ROLES)
  readonly roleTo = new Int32Array(ROLES)
  readonly roleNumber = new Float64Array(ROLES)
  readonly #roleAt = new Float64Array(ROLES)
  #serial = 0
  readonly #list = new Ranges()
  readonly #wire: Wire
  readonly #intake: Intake

  constructor(wire: Wire, intake: Intake) {
    this.#wire = wire
    this.#intake = intake
    this.value = new ValueReader(wire, intake)
  }

  clear(): void {
    this.#list.clear()
  }

  /** Lists the KeyValue at the reader, and passes over it. */
  add(): void {
    this.#list.add(this.#wire)
  }

  /**
   * Begins a map and writes the listed attributes into it; the caller may add more (`note`) and must end it. `dropped` is what the
   * client says it dropped; where there is any, or where we drop some, it stands in the map as OpenTelemetry's exporters put it.
   */
  write(map: MapColumn, maxValue: number, dropped: number): void {
    const max = this.#intake.limits.maxAttributes
    const list = this.#list
    const count = Math.min(list.count, max)
    this.#serial++
    map.begin()
    for (let i = 0; i < count; i++) this.#entry(map, list.from(i), list.to(i), maxValue)
    if (list.count > max) this.#intake.remark(`attributes beyond the ${max}th dropped`, list.count - max)
    const lost = dropped + list.count - count
    if (lost > 0) this.note(map, DROPPED, String(lost))
  }

  #entry(map: MapColumn, from: number, to: number, maxValue: number): void {
    const w = this.#wire
    const { value } = this
    let keyFrom = 0
    let keyTo = 0
    let valueFrom = 0
    let valueTo = 0
    w.range(from, to)
    while (w.pos < to) {
      const tag = w.tag()
      if (tag === 10) {
        if (keyTo !== 0) w.onAgain()
        keyTo = w.until()
        keyFrom = w.pos
        w.pos = keyTo
      } else if (tag === 18) {
        if (valueTo !== 0) w.onAgain()
        valueTo = w.until()
        valueFrom = w.pos
        w.pos = valueTo
      } else {
        if (tag === 24) this.#intake.remark('keys by string index treated as empty')
        w.skip(tag, KNOWN)
      }
    }
    if (keyTo - keyFrom > this.#intake.limits.keyBytes) keyTo = this.#cutKey(keyFrom, keyTo)
    const { size, mended } = map.dict
    const key = map.key(w.buf, keyFrom, keyTo)
    if (map.dict.mended !== mended) this.#intake.remarkMended()
    if (map.dict.size !== size) this.#intake.suspect(w.buf, keyFrom, keyTo)
    const flags = map.dict.flags[key]!
    value.read(valueFrom, valueTo)
    if (flags !== 0) this.#remember(flags)
    this.#put(map, flags, maxValue)
  }

  #put(map: MapColumn, flags: number, maxValue: number): void {
    const { value } = this
    const intake = this.#intake
    if ((flags & SENSITIVE) !== 0 && intake.redacts && value.kind !== NONE && !this.#isMask()) intake.mask(map.values)
    else if (value.kind === STRING) intake.put(map.values, this.#wire.buf, value.from, value.to, maxValue)
    else if (value.kind === NONE) map.values.empty()
    else {
      value.render(maxValue, ATTRIBUTE_DEPTH)
      intake.put(map.values, value.text, 0, value.used, maxValue)
    }
  }

  /** Whether the value was masked before: a body from the log is decoded again. */
  #isMask(): boolean {
    const { kind, from, to } = this.value
    if (kind !== STRING || to - from !== MASK.length) return false
    for (let i = 0; i < MASK.length; i++) if (this.#wire.buf[from + i] !== MASK[i]) return false
    return true
  }

  #cutKey(from: number, to: number): number {
    this.#intake.cuts++
    this.#intake.remark('attribute keys cut to the longest length kept')
    return cutAt(this.#wire.buf, from, to, this.#intake.limits.keyBytes)
  }

  #remember(flags: number): void {
    const role = flags & ~SENSITIVE
    const { value } = this
    const isText = value.kind === STRING
    this.#roleAt[role] = this.#serial
    this.roleFrom[role] = isText ? value.from : -1
    this.roleTo[role] = isText ? value.to : -1
    this.roleNumber[role] =
      value.kind === INT && (value.hi === 0 || value.hi === 0xffffffff) ? value.lo | 0 : Number.NaN
  }

  /** Whether the last list had a text in this role that is not empty. */
  hasText(role: number): boolean {
    return this.#roleAt[role] === this.#serial && this.roleFrom[role]! < this.roleTo[role]!
  }

  /** The number in this role, also where it was sent as text; NaN where there is none. */
  number(role: number): number {
    if (this.#roleAt[role] !== this.#serial) return Number.NaN
    const from = this.roleFrom[role]!
    if (from < 0) return this.roleNumber[role]!
    const to = this.roleTo[role]!
    if (to === from || to - from > 9) return Number.NaN
    let number = 0
    for (let i = from; i < to; i++) {
      const digit = this.#wire.buf[i]! - 48
      if (digit < 0 || digit > 9) return Number.NaN
      number = number * 10 + digit
    }
    return number
  }

  /** Adds an entry of ours to an open map. */
  note(map: MapColumn, key: Uint8Array, text: string): void {
    const value = encodeText(text)
    map.key(key, 0, key.length)
    map.values.put(value, 0, value.length)
  }
}
