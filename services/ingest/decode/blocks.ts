import type { Block } from './block.ts'
import type { Table } from './index.ts'

const MAX_SPARE = 2
const MAX_SPARE_BYTES = 64 << 20

/** The open blocks of one table, by day. Emptied blocks are kept for reuse with their buffers. */
export class Blocks<B extends Block> {
  readonly table: Table
  readonly #make: () => B
  readonly #open = new Map<number, B>()
  readonly #spare: B[] = []
  #touched: B[] = []
  #last: B | null = null

  constructor(table: Table, make: () => B) {
    this.table = table
    this.#make = make
  }

  /** The open block of a day; where this is the first look of this request it is marked, so that the request can be undone. */
  at(day: number): B {
    if (this.#last !== null && this.#last.day === day) return this.#last
    let block = this.#open.get(day)
    if (block === undefined) {
      block = this.#spare.pop() ?? this.#make()
      block.reset(day)
      this.#open.set(day, block)
    }
    if (!this.#touched.includes(block)) {
      block.mark()
      this.#touched.push(block)
    }
    this.#last = block
    return block
  }

  begin(): void {
    this.#touched = []
    this.#last = null
  }

  rollback(): void {
    for (const block of this.#touched) block.rollback()
    for (const block of this.#touched) if (block.rows === 0) this.#release(block)
    this.begin()
  }

  #release(block: B): void {
    this.#open.delete(block.day)
    if (this.#spare.length < MAX_SPARE && block.bytes() < MAX_SPARE_BYTES) this.#spare.push(block)
  }

  open(): B[] {
    return [...this.#open.values()]
  }

  /** Takes a block out: `use` reads it before its buffers are given to another. */
  close<T>(block: B, use: (block: B) => T): T {
    const result = use(block)
    this.#last = null
    this.#release(block)
    return result
  }
}
