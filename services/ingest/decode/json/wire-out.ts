/** Bytes of a length that may be any: a varint padded to five. */
const WIDE = 5

/** Protobuf wire bytes being written. */
export class WireOut {
  data = new Uint8Array(4096)
  used = 0

  room(bytes: number): void {
    const need = this.used + bytes
    if (need <= this.data.length) return
    const data = new Uint8Array(Math.max(need, this.data.length * 2))
    data.set(this.data.subarray(0, this.used))
    this.data = data
  }

  tag(field: number, type: number): void {
    this.varint((field << 3) | type, 0)
  }

  /** A 64-bit varint of two unsigned halves. */
  varint(lo: number, hi: number): void {
    this.room(10)
    let low = lo
    let high = hi
    while (high !== 0 || low > 127) {
      this.data[this.used++] = (low & 127) | 128
      low = ((low >>> 7) | (high << 25)) >>> 0
      high >>>= 7
    }
    this.data[this.used++] = low
  }

  fixed32(value: number): void {
    this.room(4)
    for (let shift = 0; shift < 32; shift += 8) this.data[this.used++] = (value >>> shift) & 255
  }

  fixed64(lo: number, hi: number): void {
    this.fixed32(lo)
    this.fixed32(hi)
  }

  double(value: number): void {
    DOUBLE[0] = value
    this.fixed64(HALVES[0]!, HALVES[1]!)
  }

  bytes(src: Uint8Array, from: number, to: number): void {
    this.varint(to - from, 0)
    this.room(to - from)
    this.data.set(src.subarray(from, to), this.used)
    this.used += to - from
  }

  /**
   * Begins a message, whose length is not known yet; `end` takes what this returns. A wide one keeps room for any length, so
   * that nothing is moved at its end.
   */
  begin(isWide: boolean): number {
    const width = isWide ? WIDE : 1
    this.room(width)
    this.used += width
    return this.used
  }

  end(begun: number, isWide: boolean): void {
    const size = this.used - begun
    const kept = isWide ? WIDE : 1
    let width = 1
    if (isWide) width = WIDE
    else for (let rest = size; rest > 127; rest >>>= 7) width++
    this.room(width)
    if (width > kept) this.data.copyWithin(begun - kept + width, begun, this.used)
    let at = begun - kept
    for (let i = 0; i < width; i++) this.data[at++] = ((size >>> (7 * i)) & 127) | (i < width - 1 ? 128 : 0)
    this.used = at + size
  }

  /** Takes out what stands from `from` to `to`. */
  remove(from: number, to: number): void {
    this.data.copyWithin(from, to, this.used)
    this.used -= to - from
  }
}

const DOUBLE = new Float64Array(1)
const HALVES = new Uint32Array(DOUBLE.buffer)
