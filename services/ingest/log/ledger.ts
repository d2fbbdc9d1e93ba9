import type { Table } from '../decode/index.ts'

/** A sealed batch: the rows that the records [from, to] gave to one block. `batch` is a decimal number in the log. */
export type Seal = {
  batch: bigint
  table: Table
  day: string
  key: string
  from: number
  to: number
  rows: number
  /** For a body decoded alone: which of its blocks this is. */
  alone?: number
}

/**
 * `unknown`: sealed before this start, not yet looked for in the table. `pending`: its rows are in memory.
 * `done`: all its rows are in the table and the log says so.
 */
export type SealState = 'unknown' | 'pending' | 'done'

type SealJson = Omit<Seal, 'batch'> & { batch: string }
const encoder = (value: unknown) => Buffer.from(JSON.stringify(value))
const toJson = (seal: Seal): SealJson => ({ ...seal, batch: String(seal.batch) })
const fromJson = (seal: SealJson): Seal => ({ ...seal, batch: BigInt(seal.batch) })

export const encodeSeal = (seal: Seal): Buffer => encoder(toJson(seal))
/** A checkpoint repeats its seals, so that one damaged record of the two costs nothing. `low`: no record below is needed. */
export const encodeCheckpoint = (seals: Seal[], low: number): Buffer => encoder({ seals: seals.map(toJson), low })
/** Records [from, to] whose fate an I/O error left open: their senders were told to send again. */
export const encodeVoid = (from: number, to: number): Buffer => encoder({ from, to })

const parse = <T>(payload: Uint8Array): T => JSON.parse(Buffer.from(payload).toString()) as T

/** What the log says of sealed batches and of records that do not count. Pure bookkeeping; grows and shrinks with the log. */
export class Ledger {
  readonly seals = new Map<bigint, Seal & { state: SealState }>()
  readonly voids: { from: number; to: number }[] = []
  low = 0
  highestBatch = 0n

  readSeal(payload: Uint8Array): void {
    const seal = fromJson(parse<SealJson>(payload))
    if (!this.seals.has(seal.batch)) this.set(seal, 'unknown')
  }

  readCheckpoint(payload: Uint8Array): void {
    const { seals, low } = parse<{ seals: SealJson[]; low: number }>(payload)
    for (const seal of seals) this.set(fromJson(seal), 'done')
    this.low = Math.max(this.low, low)
  }

  readVoid(payload: Uint8Array): void {
    this.voids.push(parse<{ from: number; to: number }>(payload))
  }

  set(seal: Seal, state: SealState): void {
    this.seals.set(seal.batch, { ...seal, state })
    if (seal.batch > this.highestBatch) this.highestBatch = seal.batch
  }

  /** The highest sequence that any of this speaks of: it must not be given to another body. */
  get highestSequence(): number {
    const ends = [...this.voids, ...this.seals.values()].map((range) => range.to)
    return ends.reduce((highest, to) => Math.max(highest, to), this.low - 1)
  }

  isVoid(sequence: number): boolean {
    return this.voids.some((v) => v.from <= sequence && sequence <= v.to)
  }

  /** The batches of a body that was decoded alone. */
  ofAlone(sequence: number): (Seal & { state: SealState })[] {
    return [...this.seals.values()].filter((seal) => seal.alone !== undefined && seal.from === sequence)
  }

  /** The first record that an undone batch needs, or Infinity. */
  lowestUndone(): number {
    let low = Number.POSITIVE_INFINITY
    for (const seal of this.seals.values()) if (seal.state !== 'done' && seal.from < low) low = seal.from
    return low
  }

  /** Forgets what concerns only records below `low`. */
  forget(low: number): void {
    this.low = Math.max(this.low, low)
    for (const [batch, seal] of this.seals) if (seal.state === 'done' && seal.to < low) this.seals.delete(batch)
    const kept = this.voids.filter((v) => v.to >= low)
    this.voids.splice(0, this.voids.length, ...kept)
  }
}
