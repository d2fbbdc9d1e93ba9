import { type Column, Ends, Text, Words } from './columns.ts'
import { Dict } from './dict.ts'
import type { Out } from './out.ts'

/**
 * Map(LowCardinality(String), String). A map is written between `begin` and `end`; of a key that comes twice the last value
 * stays.
 */
export class MapColumn implements Column {
  readonly ends = new Ends()
  readonly keys = new Words()
  readonly values = new Text()
  readonly dict: Dict
  /** Where the open map begins. */
  firstKey = 0
  firstValue = 0
  /** The key put last in the open map, -1 at its begin. */
  previous = -1
  #serial = 0
  #seen = new Uint32Array(16)
  #doubled = false

  constructor(classify: ((key: string) => number) | null = null) {
    this.dict = new Dict(classify)
  }

  begin(): void {
    this.firstKey = this.keys.used
    this.firstValue = this.values.used
    this.previous = -1
    this.#doubled = false
    this.#serial++
  }

  /** Entries of the open map. */
  size(): number {
    return this.keys.used - this.firstKey
  }

  /** Adds a key; its value must be put into `values` next. Returns its index in `dict`. */
  key(buf: Uint8Array, from: number, to: number): number {
    const index = this.dict.findAfter(this.previous, buf, from, to)
    this.previous = index
    if (index >= this.#seen.length) this.#growSeen(index)
    if (this.#seen[index] === this.#serial) this.#doubled = true
    this.#seen[index] = this.#serial
    this.keys.push(index)
    return index
  }

  #growSeen(index: number): void {
    const seen = new Uint32Array(Math.max(index + 1, this.#seen.length * 2))
    seen.set(this.#seen)
    this.#seen = seen
  }

  end(): void {
    if (this.#doubled) this.#keepLast()
    this.ends.push(this.keys.used)
  }

  /** Takes back the map that was ended last. */
  undo(): void {
    this.ends.used--
    this.keys.used = this.firstKey
    this.values.used = this.firstValue
  }

  #keepLast(): void {
    const { keys, values, firstKey } = this
    const count = this.size()
    const last = new Map<number, number>()
    for (let i = 0; i < count; i++) last.set(keys.data[firstKey + i]!, i)
    let kept = 0
    let from = this.firstValue
    let at = this.firstValue
    for (let i = 0; i < count; i++) {
      const next = valueEnd(values.data, from)
      const index = keys.data[firstKey + i]!
      if (last.get(index) === i) {
        keys.data[firstKey + kept++] = index
        values.data.copyWithin(at, from, next)
        at += next - from
      }
      from = next
    }
    keys.used = firstKey + kept
    values.used = at
  }

  mark(): void {
    this.ends.mark()
    this.keys.mark()
    this.values.mark()
    this.dict.mark()
  }
  rollback(): void {
    this.ends.rollback()
    this.keys.rollback()
    this.values.rollback()
    this.dict.rollback()
  }
  reset(): void {
    this.ends.reset()
    this.keys.reset()
    this.values.reset()
    this.dict.reset()
    this.#seen.fill(0)
    this.#serial = 0
  }
  bytes(): number {
    return this.ends.bytes() + this.keys.used * 2 + this.values.used + this.dict.used
  }
  prefix(out: Out): void {
    out.u64(1)
  }
  write(out: Out): void {
    this.ends.write(out)
    this.dict.write(out, this.keys.data, this.keys.used)
    this.values.write(out)
  }
}

/** Where the content of a String value begins, given where its length stands. */
export const valueStart = (data: Uint8Array, at: number): number => {
  let pos = at
  while (data[pos]! > 127) pos++
  return pos + 1
}

/** The end of a String value, given where its length stands. */
export const valueEnd = (data: Uint8Array, at: number): number => {
  let size = 0
  let pos = at
  for (let shift = 0; ; shift += 7) {
    const byte = data[pos++]!
    size |= (byte & 127) << shift
    if (byte < 128) return pos + size
  }
}
