import { type Appended, Batches, type Encoding, type SealedBlock, type Signal } from './decode/index.ts'
import type { Limits } from './decode/limits.ts'
import type { Spare } from './spare.ts'

/** Rows of one block; the engine's own block limit is 1,048,449. 50,000 spans seal in about 10 ms. */
export const MAX_BLOCK_ROWS = 50_000
export const MAX_BLOCK_BYTES = 24 * 1024 * 1024
/** How long a row waits for its block to fill. */
export const MAX_BLOCK_AGE_MS = 1000

type Opened = { from: number; openedMs: number }

/** The decoder with its open blocks, and which records of the log are in each. */
export class Live {
  readonly #limits: Partial<Limits>
  readonly #opened = new Map<string, Opened>()
  #batches: Batches

  constructor(limits: Partial<Limits>) {
    this.#limits = limits
    this.#batches = new Batches(limits)
  }

  /** @throws DecodeError; then no row of the body was taken */
  append(signal: Signal, encoding: Encoding, body: Uint8Array, receivedAtMs: number): Appended {
    return this.#batches.append(signal, encoding, body, receivedAtMs)
  }

  /** Says which record the rows of the last `append` have become. @returns keys of blocks that are full */
  took(sequence: number, nowMs: number): string[] {
    const full: string[] = []
    for (const { key, rows, bytes } of this.#batches.open()) {
      if (!this.#opened.has(key)) this.#opened.set(key, { from: sequence, openedMs: nowMs })
      if (rows >= MAX_BLOCK_ROWS || bytes >= MAX_BLOCK_BYTES) full.push(key)
    }
    return full
  }

  has(key: string): boolean {
    return this.#opened.has(key)
  }

  /** Keys of all open blocks, or of those opened at or before `openedMs`. */
  keys(openedMs = Number.POSITIVE_INFINITY): string[] {
    return [...this.#opened].filter(([, o]) => o.openedMs <= openedMs).map(([key]) => key)
  }

  seal(key: string, batch: bigint, spare?: Spare): { block: SealedBlock; from: number } {
    const { from } = this.#opened.get(key) ?? { from: 0 }
    this.#opened.delete(key)
    return { block: this.#batches.seal(key, batch, spare), from }
  }

  /** Forgets the rows of one block. */
  discard(key: string): void {
    this.seal(key, 0n)
  }

  /** Forgets all rows. */
  reset(): void {
    this.#opened.clear()
    this.#batches = new Batches(this.#limits)
  }

  /** About what the open blocks take in memory. */
  get bytes(): number {
    return this.#batches.open().reduce((sum, block) => sum + block.bytes, 0)
  }

  /** The first record that an open block holds, or Infinity. */
  get from(): number {
    return Math.min(...[...this.#opened.values()].map((o) => o.from))
  }
}
