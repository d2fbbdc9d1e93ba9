import { Dict } from './dict.ts'
import type { Out } from './out.ts'

/**
 * A column that grows row by row. `mark` remembers where it is and `rollback` goes back there; `prefix` and `write` are the two
 * parts of a column in Native: the versions of the dictionaries inside, and the data.
 */
export type Column = {
  mark(): void
  rollback(): void
  reset(): void
  /** About the bytes it will take. */
  bytes(): number
  prefix(out: Out): void
  write(out: Out): void
}

/** What `Text.put` saw among the bytes: something that is not ASCII, something that may be of a secret; of a short one. */
export const NOT_ASCII = 0x80
export const SUSPECT = 0x01
export const SUSPECT_SHORT = 0x02
const CLASS = Uint8Array.from({ length: 256 }, (_, byte) => (byte > 127 ? NOT_ASCII : 0))
for (const char of 'K_JBx') CLASS[char.charCodeAt(0)] = SUSPECT
CLASS['@'.charCodeAt(0)] = SUSPECT_SHORT

/** A String column: the length of each value as varint, and its bytes. */
export class Text implements Column {
  data = new Uint8Array(1024)
  used = 0
  #mark = 0

  room(bytes: number): void {
    const need = this.used + bytes
    if (need <= this.data.length) return
    const data = new Uint8Array(Math.max(need, this.data.length * 2))
    data.set(this.data.subarray(0, this.used))
    this.data = data
  }

  /** Appends a value; returns what was seen in it. */
  put(src: Uint8Array, from: number, to: number): number {
    const size = to - from
    this.room(size + 5)
    const dst = this.data
    let at = this.used
    let rest = size
    for (; rest > 127; rest >>>= 7) dst[at++] = (rest & 127) | 128
    dst[at++] = rest
    let seen = 0
    for (let i = from; i < to; i++) {
      const byte = src[i]!
      dst[at++] = byte
      seen |= CLASS[byte]!
    }
    this.used = at
    return seen
  }

  empty(): void {
    this.room(1)
    this.data[this.used++] = 0
  }

  /** Appends an id as lower-case hex. */
  hex(src: Uint8Array, from: number, to: number): void {
    const size = (to - from) * 2
    this.room(size + 1)
    const dst = this.data
    let at = this.used
    dst[at++] = size
    for (let i = from; i < to; i++) {
      const byte = src[i]!
      dst[at++] = HEX[byte >>> 4]!
      dst[at++] = HEX[byte & 15]!
    }
    this.used = at
  }

  mark(): void {
    this.#mark = this.used
  }
  rollback(): void {
    this.used = this.#mark
  }
  reset(): void {
    this.used = 0
  }
  bytes(): number {
    return this.used
  }
  prefix(): void {}
  write(out: Out): void {
    out.bytes(this.data, this.used)
  }
}

const HEX = Uint8Array.from('0123456789abcdef', (c) => c.charCodeAt(0))

/** 32-bit numbers, or 64-bit ones as pairs of halves. */
export class Words implements Column {
  data = new Uint32Array(256)
  used = 0
  #mark = 0

  push(word: number): void {
    if (this.used === this.data.length) this.grow()
    this.data[this.used++] = word
  }

  push64(lo: number, hi: number): void {
    if (this.used + 2 > this.data.length) this.grow()
    this.data[this.used] = lo
    this.data[this.used + 1] = hi
    this.used += 2
  }

  pushDouble(value: number): void {
    FLOAT[0] = value
    this.push64(FLOAT_WORDS[0]!, FLOAT_WORDS[1]!)
  }

  grow(): void {
    const data = new Uint32Array(this.data.length * 2)
    data.set(this.data)
    this.data = data
  }

  mark(): void {
    this.#mark = this.used
  }
  rollback(): void {
    this.used = this.#mark
  }
  reset(): void {
    this.used = 0
  }
  bytes(): number {
    return this.used * 4
  }
  prefix(): void {}
  write(out: Out): void {
    out.bytes(this.data, this.used * 4)
  }
}

const FLOAT = new Float64Array(1)
const FLOAT_WORDS = new Uint32Array(FLOAT.buffer)

/** UInt8, UInt16 or Bool: small numbers, kept in 32 bits and narrowed when written. */
export class Small implements Column {
  readonly #words = new Words()
  readonly #width: 1 | 2

  constructor(width: 1 | 2) {
    this.#width = width
  }
  push(value: number): void {
    this.#words.push(value)
  }
  mark(): void {
    this.#words.mark()
  }
  rollback(): void {
    this.#words.rollback()
  }
  reset(): void {
    this.#words.reset()
  }
  bytes(): number {
    return this.#words.used * this.#width
  }
  prefix(): void {}
  write(out: Out): void {
    const { data, used } = this.#words
    out.narrowed(data, used, this.#width === 1 ? 256 : 65536)
  }
}

/** LowCardinality(String). */
export class LowCard implements Column {
  readonly dict: Dict
  readonly words = new Words()

  constructor(classify: ((key: string) => number) | null = null) {
    this.dict = new Dict(classify)
  }

  put(src: Uint8Array, from: number, to: number): void {
    this.words.push(this.dict.find(src, from, to))
  }

  mark(): void {
    this.dict.mark()
    this.words.mark()
  }
  rollback(): void {
    this.dict.rollback()
    this.words.rollback()
  }
  reset(): void {
    this.dict.reset()
    this.words.reset()
  }
  bytes(): number {
    return this.words.used * 2 + this.dict.used
  }
  prefix(out: Out): void {
    out.u64(1)
  }
  write(out: Out): void {
    this.dict.write(out, this.words.data, this.words.used)
  }
}

/** The cumulative ends of an Array column; the columns inside stand beside it. */
export class Ends extends Words {
  override bytes(): number {
    return this.used * 8
  }
  override write(out: Out): void {
    out.widened(this.data, this.used)
  }
}

/** Array(T), or one column of a Nested: `ends` may be shared between several. */
export class ArrayOf implements Column {
  readonly ends: Ends
  readonly inner: Column
  readonly #owner: boolean

  constructor(ends: Ends, inner: Column, owner: boolean) {
    this.ends = ends
    this.inner = inner
    this.#owner = owner
  }
  mark(): void {
    if (this.#owner) this.ends.mark()
    this.inner.mark()
  }
  rollback(): void {
    if (this.#owner) this.ends.rollback()
    this.inner.rollback()
  }
  reset(): void {
    if (this.#owner) this.ends.reset()
    this.inner.reset()
  }
  bytes(): number {
    return this.ends.bytes() + this.inner.bytes()
  }
  prefix(out: Out): void {
    this.inner.prefix(out)
  }
  write(out: Out): void {
    this.ends.write(out)
    this.inner.write(out)
  }
}
