/** Below this memory is taken anew: it costs little, and is freed with the young objects of V8. */
const MIN_BYTES = 16 * 1024

/**
 * Memory for bodies and blocks that is used again. V8 marks its whole heap, on threads that the engine needs, for each 64 MiB of buffers
 * that it saw allocated (kExternalAllocationSoftLimit): at full load ten times a second. Sizes are powers of two.
 */
export class Spare {
  readonly #maxBytes: number
  readonly #free = new Map<number, Uint8Array<ArrayBuffer>[]>()
  #bytes = 0

  /** At most `maxBytes` are kept while nobody uses them. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** Memory of at least `bytes`; what stands in it is of no meaning. */
  take(bytes: number): Uint8Array<ArrayBuffer> {
    if (bytes < MIN_BYTES) return new Uint8Array(bytes)
    const size = 2 ** Math.ceil(Math.log2(bytes))
    const found = this.#free.get(size)?.pop()
    if (found) this.#bytes -= size
    return found ?? new Uint8Array(size)
  }

  /** Takes memory back of which nobody holds a part any more. Only whole memory of `take` is kept. */
  give(memory: Uint8Array<ArrayBuffer>): void {
    const size = memory.length
    if (size < MIN_BYTES || !Number.isInteger(Math.log2(size)) || this.#bytes + size > this.#maxBytes) return
    const free = this.#free.get(size)
    if (free) free.push(memory)
    else this.#free.set(size, [memory])
    this.#bytes += size
  }
}
