import { DecodeError } from './error.ts'

const EMPTY = new Uint8Array(0)
const MAX_GROUPS = 220

/** `field << 3 | wire type`, as it stands on the wire. */
export const VARINT = 0
export const FIXED64 = 1
export const BYTES = 2
export const FIXED32 = 5

/**
 * A protobuf reader over one body. `pos` is where it reads, `lim` the end of the message it is in; no read passes `lim`, and
 * nothing is allocated by a length that the body only claims. Every error is a DecodeError.
 */
export class Wire {
  buf: Uint8Array = EMPTY
  pos = 0
  lim = 0
  /** The last 64-bit number read, as two unsigned halves. */
  lo = 0
  hi = 0
  /** Told of what `skip` passes over, where it may hold text. */
  onSkipped: (from: number, to: number) => void = () => {}
  /** Told that a field came again which may come once: its last value counts, and the first is nowhere but in the body. */
  onAgain: () => void = () => {}
  readonly #view = new DataView(new ArrayBuffer(8))

  start(buf: Uint8Array): void {
    this.buf = buf
    this.pos = 0
    this.lim = buf.length
  }

  /** Goes to one message: `from` to `to` of the body. */
  range(from: number, to: number): void {
    this.pos = from
    this.lim = to
  }

  tag(): number {
    const { buf, pos } = this
    if (pos < this.lim) {
      const first = buf[pos]!
      if (first < 128 && first > 7) {
        this.pos = pos + 1
        return first
      }
      const second = pos + 1 < this.lim ? buf[pos + 1]! : 255
      if (first > 127 && second < 128 && second > 0) {
        this.pos = pos + 2
        return (first & 127) | (second << 7)
      }
    }
    this.varint()
    if (this.hi !== 0 || this.lo < 8)
      throw new DecodeError(`cannot decode protobuf: field number out of range at byte ${pos}`)
    return this.lo
  }

  /** Reads a varint of up to ten bytes into `lo` and `hi`. */
  varint(): void {
    const { buf, lim } = this
    let pos = this.pos
    let lo = 0
    let hi = 0
    for (let shift = 0; shift < 70; shift += 7) {
      if (pos >= lim) throw this.truncated()
      const byte = buf[pos++]!
      const bits = byte & 127
      if (shift < 28) lo |= bits << shift
      else if (shift === 28) {
        lo |= bits << 28
        hi = bits >>> 4
      } else hi |= bits << (shift - 32)
      if (byte < 128) {
        this.pos = pos
        this.lo = lo >>> 0
        this.hi = hi >>> 0
        return
      }
    }
    throw new DecodeError(`cannot decode protobuf: varint longer than 10 bytes at byte ${this.pos}`)
  }

  /** The low 32 bits of a varint, unsigned. */
  uint32(): number {
    const { buf, pos } = this
    if (pos < this.lim && buf[pos]! < 128) {
      this.pos = pos + 1
      return buf[pos]!
    }
    this.varint()
    return this.lo
  }

  /** The low 32 bits of a varint, signed: int32 and enums. */
  int32(): number {
    return this.uint32() | 0
  }

  sint32(): number {
    const n = this.uint32()
    return (n >>> 1) ^ -(n & 1)
  }

  /** Reads a length and returns the end of what it spans; the reader then stands at its begin. */
  until(): number {
    const { buf, pos, lim } = this
    if (pos < lim) {
      const first = buf[pos]!
      if (first < 128) {
        const end = pos + 1 + first
        if (end > lim) throw this.truncated()
        this.pos = pos + 1
        return end
      }
    }
    this.varint()
    if (this.hi !== 0 || this.lo > lim - this.pos) throw this.truncated()
    return this.pos + this.lo
  }

  fixed32(): number {
    const { buf, pos } = this
    if (pos + 4 > this.lim) throw this.truncated()
    this.pos = pos + 4
    return (buf[pos]! | (buf[pos + 1]! << 8) | (buf[pos + 2]! << 16) | (buf[pos + 3]! << 24)) >>> 0
  }

  /** Reads eight bytes into `lo` and `hi`. */
  fixed64(): void {
    const { buf, pos } = this
    if (pos + 8 > this.lim) throw this.truncated()
    this.pos = pos + 8
    this.lo = (buf[pos]! | (buf[pos + 1]! << 8) | (buf[pos + 2]! << 16) | (buf[pos + 3]! << 24)) >>> 0
    this.hi = (buf[pos + 4]! | (buf[pos + 5]! << 8) | (buf[pos + 6]! << 16) | (buf[pos + 7]! << 24)) >>> 0
  }

  double(): number {
    this.fixed64()
    return this.asDouble()
  }

  /** `lo` and `hi` seen as a double. */
  asDouble(): number {
    this.#view.setUint32(0, this.lo, true)
    this.#view.setUint32(4, this.hi, true)
    return this.#view.getFloat64(0, true)
  }

  /**
   * Passes over a field that the caller did not read. `known` says which field numbers the message has: one of those here
   * means that it came with the wrong wire type.
   */
  skip(tag: number, known: number): void {
    const field = tag >>> 3
    if (field < 32 && (known & (1 << field)) !== 0) {
      throw new DecodeError(`cannot decode protobuf: field ${field} has wire type ${tag & 7} at byte ${this.pos}`)
    }
    this.#skipValue(tag)
  }

  #skipValue(tag: number): void {
    const open: number[] = []
    for (let at = tag; ; at = this.tag()) {
      const type = at & 7
      if (type === VARINT) this.varint()
      else if (type === FIXED64) this.#advance(8)
      else if (type === BYTES) this.#passText()
      else if (type === FIXED32) this.#advance(4)
      else if (type === 3) {
        if (open.push(at >>> 3) > MAX_GROUPS) throw new DecodeError('cannot decode protobuf: groups nested too deep')
      } else if (type !== 4 || open.pop() !== at >>> 3) {
        throw new DecodeError(`cannot decode protobuf: invalid wire type ${type} at byte ${this.pos}`)
      }
      if (open.length === 0) return
    }
  }

  #passText(): void {
    const to = this.until()
    this.onSkipped(this.pos, to)
    this.pos = to
  }

  #advance(bytes: number): void {
    if (this.pos + bytes > this.lim) throw this.truncated()
    this.pos += bytes
  }

  truncated(): DecodeError {
    return new DecodeError(`cannot decode protobuf: truncated, or a length past the end, at byte ${this.pos}`)
  }
}

/** A bit set of field numbers for `skip`. */
export const fields = (...numbers: number[]): number => numbers.reduce((set, n) => set | (1 << n), 0)
