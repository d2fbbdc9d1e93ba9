import { indexWidth, type Out } from './out.ts'
import { decodeText, isUtf8, repaired } from './utf8.ts'

const FNV_PRIME = 0x01000193
const FNV_BASE = 0x811c9dc5
/** LowCardinality in Native: additional keys follow, and the dictionary is to be updated with them. */
const HAS_KEYS = 0x600
/** Slots looked at for one key. At half load a run this long does not come by chance. */
const MAX_PROBES = 512

const latin1 = (buf: Uint8Array, from: number, to: number): string =>
  Buffer.from(buf.buffer, buf.byteOffset + from, to - from).toString('latin1')

const grown = (old: Uint32Array): Uint32Array<ArrayBuffer> => {
  const next = new Uint32Array(old.length * 2)
  next.set(old)
  return next
}

/**
 * The dictionary of a LowCardinality column: byte strings, each once, in order of first sight. Kept in the form in which Native
 * writes them. `flags` holds what `classify` said of each.
 */
export class Dict {
  size = 0
  data = new Uint8Array(256)
  used = 0
  flags = new Uint8Array(16)
  /** For each key two hashes of its bytes: `hash` finds it, `hash2` goes into series ids. */
  hash = new Uint32Array(16)
  hash2 = new Uint32Array(16)
  at = new Uint32Array(16)
  len = new Uint32Array(16)
  /** Grows with each key that was no valid UTF-8. */
  mended = 0
  /** At `i + 1`: the key that last came after key `i`; at 0 the one that last came first. */
  #next = new Uint32Array(17)
  #slots = new Int32Array(32)
  #byText: Map<string, number> | null = null
  #markSize = 0
  #markUsed = 0
  readonly #classify: ((key: string) => number) | null

  constructor(classify: ((key: string) => number) | null = null) {
    this.#classify = classify
  }

  /** Index of the bytes; added where they are new. */
  find(buf: Uint8Array, from: number, to: number): number {
    const h = firstHash(buf, from, to)
    const slots = this.#slots
    const mask = slots.length - 1
    if (this.#byText !== null) return this.#findText(this.#byText, buf, from, to, h)
    for (let probes = 0, slot = h & mask; probes < MAX_PROBES; probes++, slot = (slot + 1) & mask) {
      const index = slots[slot]! - 1
      if (index < 0) return this.#add(buf, from, to, h)
      if (this.hash[index] === h && this.is(index, buf, from, to)) return index
    }
    return this.#findText(this.#mapTexts(), buf, from, to, h)
  }

  /** Keys that were made to collide: from here on a Map finds them, whose hash nobody outside can know. */
  #mapTexts(): Map<string, number> {
    const byText = new Map<string, number>()
    for (let i = 0; i < this.size; i++) byText.set(latin1(this.data, this.at[i]!, this.at[i]! + this.len[i]!), i)
    this.#byText = byText
    return byText
  }

  #findText(byText: Map<string, number>, buf: Uint8Array, from: number, to: number, h: number): number {
    const text = latin1(buf, from, to)
    const known = byText.get(text)
    if (known !== undefined) return known
    const index = this.#add(buf, from, to, h)
    byText.set(text, index)
    return index
  }

  /** As `find`, with a guess first: what last followed the key `previous` (-1 where this is the first). */
  findAfter(previous: number, buf: Uint8Array, from: number, to: number): number {
    const guess = this.#next[previous + 1]!
    if (guess < this.size && this.is(guess, buf, from, to)) return guess
    const index = this.find(buf, from, to)
    this.#next[previous + 1] = index
    return index
  }

  is(index: number, buf: Uint8Array, from: number, to: number): boolean {
    const size = to - from
    if (this.len[index] !== size) return false
    const { data } = this
    const at = this.at[index]!
    for (let i = 0; i < size; i++) if (data[at + i] !== buf[from + i]) return false
    return true
  }

  #add(buf: Uint8Array, from: number, to: number, h: number): number {
    if (!isUtf8(buf, from, to)) {
      this.mended++
      const fixed = repaired(buf.subarray(from, to))
      return this.find(fixed, 0, fixed.length)
    }
    const index = this.size
    if (index === this.at.length) this.#growEntries()
    this.#append(buf, from, to)
    this.hash[index] = h
    this.len[index] = to - from
    this.at[index] = this.used - (to - from)
    this.hash2[index] = secondHash(buf, from, to)
    this.flags[index] = this.#classify === null ? 0 : this.#classify(decodeText(buf.subarray(from, to)))
    this.size = index + 1
    if (this.#byText !== null) return index
    if (this.size * 2 > this.#slots.length) this.#rehash(this.#slots.length * 2)
    else this.#place(index)
    return index
  }

  #append(buf: Uint8Array, from: number, to: number): void {
    const size = to - from
    const need = this.used + size + 5
    if (need > this.data.length) {
      const data = new Uint8Array(Math.max(need, this.data.length * 2))
      data.set(this.data.subarray(0, this.used))
      this.data = data
    }
    let at = this.used
    let rest = size
    for (; rest > 127; rest >>>= 7) this.data[at++] = (rest & 127) | 128
    this.data[at++] = rest
    this.data.set(buf.subarray(from, to), at)
    this.used = at + size
  }

  #growEntries(): void {
    this.at = grown(this.at)
    this.len = grown(this.len)
    this.hash = grown(this.hash)
    this.hash2 = grown(this.hash2)
    const flags = new Uint8Array(this.at.length)
    flags.set(this.flags)
    this.flags = flags
    const next = new Uint32Array(this.at.length + 1)
    next.set(this.#next)
    this.#next = next
  }

  #place(index: number): void {
    const mask = this.#slots.length - 1
    let slot = this.hash[index]! & mask
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask
    this.#slots[slot] = index + 1
  }

  #rehash(slots: number): void {
    this.#slots = new Int32Array(slots)
    for (let i = 0; i < this.size; i++) this.#place(i)
  }

  mark(): void {
    this.#markSize = this.size
    this.#markUsed = this.used
  }

  rollback(): void {
    if (this.size === this.#markSize) return
    this.size = this.#markSize
    this.used = this.#markUsed
    if (this.#byText !== null) this.#mapTexts()
    else this.#rehash(this.#slots.length)
  }

  reset(): void {
    this.#slots.fill(0)
    this.#byText = null
    this.size = 0
    this.used = 0
  }

  /** The data of a LowCardinality(String) column with these indexes. */
  write(out: Out, indexes: Uint32Array, count: number): void {
    if (count === 0) return
    out.u64(HAS_KEYS | indexWidth(this.size))
    out.u64(this.size)
    out.bytes(this.data, this.used)
    out.u64(count)
    out.narrowed(indexes, count, this.size)
  }
}

/** FNV-1a, folded once so that its low bits depend on all others. */
export const firstHash = (buf: Uint8Array, from: number, to: number): number => {
  let h = FNV_BASE
  for (let i = from; i < to; i++) h = Math.imul(h ^ buf[i]!, FNV_PRIME)
  return (h ^ (h >>> 15)) >>> 0
}

/** A second hash, independent of the one that finds keys: FNV-1a from another base, mixed as murmur3 ends. */
export const secondHash = (buf: Uint8Array, from: number, to: number): number => {
  let h = 0x9747b28c
  for (let i = from; i < to; i++) h = Math.imul(h ^ buf[i]!, 0x5bd1e995)
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  return (h ^ (h >>> 13)) >>> 0
}
