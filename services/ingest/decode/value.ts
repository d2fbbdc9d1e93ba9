import { DecodeError } from './error.ts'
import type { Intake } from './intake.ts'
import { fields, type Wire } from './wire.ts'

export const NONE = 0
export const STRING = 1
export const BOOL = 2
export const INT = 3
export const DOUBLE = 4
export const ARRAY = 5
export const KVLIST = 6
export const RAW = 7

const KNOWN = fields(1, 2, 3, 4, 5, 6, 7)
const ENTRY_KNOWN = fields(1, 2)
const BASE64 = Uint8Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/', (c) =>
  c.charCodeAt(0),
)
/** Bytes of an escape in JSON: \u00xx. */
const ESCAPE = 6

/**
 * Reads an AnyValue, and gives its text as OpenTelemetry's "AnyValue to string" has it: text as it is, numbers in decimal, bytes as
 * base64, arrays and maps as JSON, nothing as nothing.
 */
export class ValueReader {
  kind = NONE
  /** STRING, ARRAY, KVLIST, RAW: where its content stands in the body. */
  from = 0
  to = 0
  /** INT: two halves; BOOL: `lo`. */
  lo = 0
  hi = 0
  number = 0
  /** The last rendered text. */
  text = new Uint8Array(1024)
  used = 0
  #max = 0
  readonly #wire: Wire
  readonly #intake: Intake

  constructor(wire: Wire, intake: Intake) {
    this.#wire = wire
    this.#intake = intake
  }

  /** Reads the AnyValue between two places of the body; an absent one is NONE. Of several values the last stays. */
  read(from: number, to: number): void {
    const w = this.#wire
    this.#intake.node()
    this.kind = NONE
    w.range(from, to)
    while (w.pos < to) {
      const tag = w.tag()
      if (this.kind !== NONE) w.onAgain()
      if (tag === 10 || tag === 42 || tag === 50 || tag === 58) {
        this.to = w.until()
        this.from = w.pos
        w.pos = this.to
        this.kind = tag >>> 3
      } else if (tag === 16 || tag === 24) {
        w.varint()
        this.lo = w.lo
        this.hi = w.hi
        this.kind = tag >>> 3
      } else if (tag === 33) {
        this.number = w.double()
        this.kind = DOUBLE
      } else {
        if (tag === 64) this.#intake.remark('values by string index treated as empty')
        w.skip(tag, KNOWN)
      }
    }
  }

  /** Renders what was read, unless it is a STRING, into `text` up to `used`; stops writing past `max` bytes. */
  render(max: number, depth: number): void {
    this.used = 0
    this.#max = max
    if (this.kind === RAW) this.#base64(this.from, this.to)
    else if (this.kind === ARRAY || this.kind === KVLIST) this.#nested(depth)
    else this.#scalar()
  }

  #scalar(): void {
    if (this.kind === BOOL) this.#ascii((this.lo | this.hi) === 0 ? 'false' : 'true')
    else if (this.kind === INT) this.#int(this.lo, this.hi)
    else if (this.kind === DOUBLE) this.#ascii(doubleText(this.number))
  }

  #int(lo: number, hi: number): void {
    if (hi !== 0 || lo > 0x7fffffff) {
      this.#ascii(int64Text(lo, hi))
      return
    }
    let digits = 1
    for (let rest = lo; rest > 9; rest = (rest / 10) | 0) digits++
    this.#room(digits)
    let rest = lo
    for (let at = this.used + digits - 1; at >= this.used; at--) {
      this.text[at] = 48 + (rest % 10)
      rest = (rest / 10) | 0
    }
    this.used += digits
  }

  #nested(depth: number): void {
    if (depth > this.#intake.limits.maxDepth) throw new DecodeError('cannot decode attribute: nested too deep')
    const w = this.#wire
    const { kind, from, to } = this
    this.#byte(kind === ARRAY ? 91 : 123)
    w.range(from, to)
    let first = true
    while (w.pos < to) {
      const tag = w.tag()
      if (tag !== 10) {
        w.skip(tag, 2)
        continue
      }
      if (!first) this.#byte(44)
      first = false
      const end = w.until()
      if (kind === ARRAY) this.#element(w.pos, end, depth + 2)
      else this.#entry(w.pos, end, depth + 3)
      w.range(end, to)
    }
    this.#byte(kind === ARRAY ? 93 : 125)
  }

  #entry(from: number, to: number, depth: number): void {
    const w = this.#wire
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
      } else w.skip(tag, ENTRY_KNOWN)
    }
    this.#intake.suspectKey(w.buf, keyFrom, keyTo)
    this.#quoted(keyFrom, keyTo)
    this.#byte(58)
    this.#element(valueFrom, valueTo, depth)
  }

  #element(from: number, to: number, depth: number): void {
    this.read(from, to)
    if (this.kind === NONE) this.#ascii('null')
    else if (this.kind === STRING) this.#quoted(this.from, this.to)
    else if (this.kind === RAW) {
      this.#byte(34)
      this.#base64(this.from, this.to)
      this.#byte(34)
    } else if (this.kind === ARRAY || this.kind === KVLIST) this.#nested(depth)
    else if (this.kind === DOUBLE && !Number.isFinite(this.number)) this.#ascii(`"${doubleText(this.number)}"`)
    else this.#scalar()
  }

  #room(bytes: number): void {
    if (this.used + bytes <= this.text.length) return
    const text = new Uint8Array(Math.max(this.used + bytes, this.text.length * 2))
    text.set(this.text.subarray(0, this.used))
    this.text = text
  }

  #byte(value: number): void {
    if (this.used > this.#max) return
    this.#room(1)
    this.text[this.used++] = value
  }

  #ascii(text: string): void {
    for (let i = 0; i < text.length; i++) this.#byte(text.charCodeAt(i))
  }

  #quoted(from: number, to: number): void {
    const { buf } = this.#wire
    const end = Math.min(to, from + Math.max(0, this.#max - this.used) + 1)
    this.#room((end - from) * ESCAPE + 2)
    const { text } = this
    let at = this.used
    text[at++] = 34
    for (let i = from; i < end; i++) {
      const byte = buf[i]!
      if (byte === 34 || byte === 92) text[at++] = 92
      else if (byte < 32) {
        for (const c of `\\u00${byte < 16 ? '0' : ''}${byte.toString(16)}`) text[at++] = c.charCodeAt(0)
        continue
      }
      text[at++] = byte
    }
    text[at++] = 34
    this.used = at
  }

  #base64(from: number, to: number): void {
    const { buf } = this.#wire
    this.#intake.suspect(buf, from, to)
    for (let i = from; i < to && this.used <= this.#max; i += 3) {
      const left = to - i
      const bits = (buf[i]! << 16) | (left > 1 ? buf[i + 1]! << 8 : 0) | (left > 2 ? buf[i + 2]! : 0)
      this.#byte(BASE64[bits >>> 18]!)
      this.#byte(BASE64[(bits >>> 12) & 63]!)
      this.#byte(left > 1 ? BASE64[(bits >>> 6) & 63]! : 61)
      this.#byte(left > 2 ? BASE64[bits & 63]! : 61)
    }
  }
}

/** Signed 64-bit decimal of two unsigned halves. */
export const int64Text = (lo: number, hi: number): string =>
  hi < 0x200000 ? String(hi * 4294967296 + lo) : String(BigInt.asIntN(64, (BigInt(hi) << 32n) | BigInt(lo)))

/** As a JSON number writes it; minus zero keeps its sign. */
const doubleText = (value: number): string => (Object.is(value, -0) ? '-0' : String(value))
