import type { Column } from './columns.ts'
import { Dict } from './dict.ts'
import type { Out } from './out.ts'
import { encodeText } from './utf8.ts'

/** What stays the same over many rows (resource, scope, metric, request): one entry for each run of rows, not for each row. */
export class Runs<T> {
  readonly items: T[] = []
  readonly #starts: number[] = []
  #mark = 0
  /** Rows of the block; set before writing. */
  rows = 0

  /** From row `row` on it is `item`. */
  begin(item: T, row: number): void {
    const last = this.items.length - 1
    if (last >= 0 && this.items[last] === item) return
    if (last >= 0 && this.#starts[last] === row && last >= this.#mark) {
      this.items[last] = item
      return
    }
    this.items.push(item)
    this.#starts.push(row)
  }

  each(visit: (item: T, rows: number) => void): void {
    for (let i = 0; i < this.items.length; i++) {
      const end = i + 1 < this.items.length ? this.#starts[i + 1]! : this.rows
      if (end > this.#starts[i]!) visit(this.items[i]!, end - this.#starts[i]!)
    }
  }

  mark(): void {
    this.#mark = this.items.length
  }
  rollback(): void {
    this.items.length = this.#mark
    this.#starts.length = this.#mark
  }
  reset(): void {
    this.items.length = 0
    this.#starts.length = 0
    this.#mark = 0
  }
}

/** Entries of a Map value that many rows share: keys, and values as Native writes them. */
export type SharedMap = { keys: readonly string[]; values: Uint8Array }

abstract class RunColumn<T> implements Column {
  protected readonly runs: Runs<T>

  constructor(runs: Runs<T>) {
    this.runs = runs
  }
  mark(): void {}
  rollback(): void {}
  reset(): void {}
  bytes(): number {
    return 0
  }
  prefix(_out: Out): void {}
  abstract write(out: Out): void
}

/** LowCardinality(String) of runs. */
export class RunLowCard<T> extends RunColumn<T> {
  readonly #pick: (item: T) => string

  constructor(runs: Runs<T>, pick: (item: T) => string) {
    super(runs)
    this.#pick = pick
  }
  override prefix(out: Out): void {
    out.u64(1)
  }
  override write(out: Out): void {
    const dict = new Dict()
    const indexes = new Uint32Array(this.runs.rows)
    let row = 0
    this.runs.each((item, rows) => {
      const text = encodeText(this.#pick(item))
      indexes.fill(dict.find(text, 0, text.length), row, row + rows)
      row += rows
    })
    dict.write(out, indexes, row)
  }
}

/** String of runs. */
export class RunText<T> extends RunColumn<T> {
  readonly #pick: (item: T) => string

  constructor(runs: Runs<T>, pick: (item: T) => string) {
    super(runs)
    this.#pick = pick
  }
  override write(out: Out): void {
    this.runs.each((item, rows) => {
      const from = out.used
      out.text(encodeText(this.#pick(item)))
      out.repeat(from, rows)
    })
  }
}

/** A number of runs: 1, 4 or 8 bytes; of 8 the number must be a whole one below 2^53. */
export class RunNumber<T> extends RunColumn<T> {
  readonly #width: 1 | 4 | 8
  readonly #pick: (item: T) => number

  constructor(runs: Runs<T>, width: 1 | 4 | 8, pick: (item: T) => number) {
    super(runs)
    this.#width = width
    this.#pick = pick
  }
  override write(out: Out): void {
    this.runs.each((item, rows) => {
      const from = out.used
      const value = this.#pick(item)
      if (this.#width === 1) out.byte(value)
      else if (this.#width === 8) out.u64(value)
      else out.bytes(Uint32Array.of(value), 4)
      out.repeat(from, rows)
    })
  }
}

/** Map(LowCardinality(String), String) of runs. */
export class RunMap<T> extends RunColumn<T> {
  readonly #pick: (item: T) => SharedMap

  constructor(runs: Runs<T>, pick: (item: T) => SharedMap) {
    super(runs)
    this.#pick = pick
  }
  override prefix(out: Out): void {
    out.u64(1)
  }
  override bytes(): number {
    let bytes = 0
    this.runs.each((item, rows) => {
      const map = this.#pick(item)
      bytes += rows * (8 + map.keys.length + map.values.length)
    })
    return bytes
  }
  override write(out: Out): void {
    const ends = new Uint32Array(this.runs.rows)
    let row = 0
    let total = 0
    this.runs.each((item, rows) => {
      const size = this.#pick(item).keys.length
      for (const stop = row + rows; row < stop; row++) ends[row] = total += size
    })
    out.widened(ends, row)
    this.#writeKeys(out, total)
    this.runs.each((item, rows) => {
      const { values } = this.#pick(item)
      const from = out.used
      out.bytes(values, values.length)
      out.repeat(from, rows)
    })
  }

  #writeKeys(out: Out, total: number): void {
    const dict = new Dict()
    const keys = new Uint32Array(total)
    let at = 0
    this.runs.each((item, rows) => {
      const from = at
      for (const key of this.#pick(item).keys) {
        const bytes = encodeText(key)
        keys[at++] = dict.find(bytes, 0, bytes.length)
      }
      const size = at - from
      for (let i = 1; i < rows; i++, at += size) keys.copyWithin(at, from, from + size)
    })
    dict.write(out, keys, total)
  }
}
