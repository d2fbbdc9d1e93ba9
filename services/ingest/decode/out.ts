/** A growing byte buffer that one Native block is written into. Little-endian hosts only. */
export class Out {
  data: Uint8Array
  used = 0
  #pairs = new Uint32Array(1024)

  /** Writes into `data` from its begin; where that is too small it takes more memory itself. */
  constructor(data: Uint8Array) {
    this.data = data
  }

  /** Makes room for `bytes` more, and returns where they begin. */
  room(bytes: number): number {
    const need = this.used + bytes
    if (need > this.data.length) {
      const grown = new Uint8Array(Math.max(need, this.data.length * 2))
      grown.set(this.data.subarray(0, this.used))
      this.data = grown
    }
    return this.used
  }

  byte(value: number): void {
    const at = this.room(1)
    this.data[at] = value
    this.used++
  }

  varint(value: number): void {
    let rest = value
    while (rest > 127) {
      this.byte((rest & 127) | 128)
      rest = Math.floor(rest / 128)
    }
    this.byte(rest)
  }

  /** A whole number below 2^53 as UInt64. */
  u64(value: number): void {
    this.#pairs[0] = value >>> 0
    this.#pairs[1] = Math.floor(value / 4294967296)
    this.bytes(this.#pairs, 8)
  }

  /** The first `bytes` of a typed array's memory. */
  bytes(source: Uint8Array | Uint16Array | Uint32Array, bytes: number): void {
    const at = this.room(bytes)
    this.data.set(new Uint8Array(source.buffer, source.byteOffset, bytes), at)
    this.used = at + bytes
  }

  /** Name or type of a column, or a value of a String column. */
  text(bytes: Uint8Array): void {
    this.varint(bytes.length)
    this.bytes(bytes, bytes.length)
  }

  /** `count` 32-bit numbers as UInt64 each: the offsets of an Array or Map. */
  widened(source: Uint32Array, count: number): void {
    if (this.#pairs.length < count * 2) this.#pairs = new Uint32Array(count * 2)
    const pairs = this.#pairs
    for (let i = 0; i < count; i++) {
      pairs[2 * i] = source[i]!
      pairs[2 * i + 1] = 0
    }
    this.bytes(pairs, count * 8)
  }

  /** `count` indexes, in the narrowest width that holds `limit` of them. */
  narrowed(source: Uint32Array, count: number, limit: number): void {
    const width = indexWidth(limit)
    if (width === 2) {
      this.bytes(source, count * 4)
      return
    }
    const narrow = width === 0 ? new Uint8Array(count) : new Uint16Array(count)
    for (let i = 0; i < count; i++) narrow[i] = source[i]!
    this.bytes(narrow, narrow.byteLength)
  }

  /** Writes what stands from `from` again, until it stands there `times` times. */
  repeat(from: number, times: number): void {
    const size = this.used - from
    const total = size * times
    this.room(total - size)
    for (let done = size; done < total; ) {
      const chunk = Math.min(done, total - done)
      this.data.copyWithin(from + done, from, from + chunk)
      done += chunk
    }
    this.used = from + total
  }

  /** What was written. */
  written(): Uint8Array {
    return this.data.subarray(0, this.used)
  }
}

/** Width of a LowCardinality index in Native: 0 is UInt8, 1 UInt16, 2 UInt32. */
export const indexWidth = (keys: number): number => (keys <= 256 ? 0 : keys <= 65536 ? 1 : 2)
