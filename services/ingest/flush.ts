import type { Clock } from '../../shared/runtime/clock.ts'
import { failpoint } from '../../shared/runtime/failpoint.ts'
import { type Log, short } from '../../shared/runtime/log.ts'
import type { KeyedBlock } from './alone.ts'
import type { SealedBlock } from './decode/index.ts'
import { type InsertContext, insertBatch } from './flush-insert.ts'
import { Notes } from './flush-note.ts'
import { type Live, MAX_BLOCK_AGE_MS } from './live.ts'
import type { Seal } from './log/ledger.ts'
import type { IngestLog } from './log/log.ts'
import { Spare } from './spare.ts'

const TICK_MS = 200
const MAX_BACKOFF_MS = 5000
/** An engine that ends no insert for this long stands still. One of 50,000 rows takes a fifth of a second. */
const STALLED_MS = 5000

/** Two full blocks: one that is inserted, one that is written. */
const SPARE_BYTES = 64 * 1024 * 1024
const NOTHING = new Uint8Array(0)

type Pending = {
  seal: Seal
  block: SealedBlock
  /** False while the seal is not known to be in the log. */
  logged: boolean
  logging: Promise<void>
  verify: boolean
  inserted: boolean
  noted: boolean
  tries: number
  nextTryMs: number
}

export type FlusherOptions = InsertContext & {
  ingestLog: IngestLog
  live: Live
  /** The first record that is not in a batch yet, wherever it waits. */
  lowestOpen: () => number
}

/** Seals blocks, inserts them, notes their minutes, checkpoints them, and lets the log go of them. */
export class Flusher {
  readonly #o: FlusherOptions
  readonly #clock: Clock
  readonly #log: Log
  readonly #notes: Notes
  readonly #abort = new AbortController()
  readonly #spare = new Spare(SPARE_BYTES)
  #pending: Pending[] = []
  #wake = new AbortController()
  #waiters: (() => void)[] = []
  #running: Promise<void> | null = null
  #failing = 0
  #progressMs = 0

  constructor(o: FlusherOptions) {
    this.#o = o
    this.#clock = o.clock
    this.#log = o.log
    this.#notes = new Notes(o.store, o.clock)
  }

  start(): void {
    this.#running = this.#loop()
  }

  /** Bytes of sealed blocks in memory. */
  get pendingBytes(): number {
    return this.#pending.reduce((sum, p) => sum + (p.inserted ? 0 : p.block.native.length), 0)
  }

  /** How many rounds in a row have failed. */
  get failing(): number {
    return this.#failing
  }

  /** Whether inserts end well: none has failed, and one has ended of late or none has waited long. */
  get isProgressing(): boolean {
    return this.#failing === 0 && this.#clock.nowMs() - this.#progressMs < STALLED_MS
  }

  /** Seals one open block of `live`: its rows are those of the records up to `to`. */
  seal(live: Live, key: string, to: number): void {
    const batch = this.#o.ingestLog.takeBatches()
    const { block, from } = live.seal(key, batch, this.#spare)
    const seal = { batch, table: block.table, day: block.day, key, from, to, rows: block.rows }
    this.#add({ ...this.#fresh(seal, block), ...this.#logSeal(seal) })
  }

  /** Takes the blocks of a body that was decoded alone; `index` says which of its blocks each is. */
  sealAlone(blocks: { block: KeyedBlock; index: number }[], firstBatch: bigint, sequence: number): void {
    for (const { block, index } of blocks) {
      const { table, day, rows, key } = block
      const batch = firstBatch + BigInt(index)
      const seal = { batch, table, day, key, from: sequence, to: sequence, rows, alone: index }
      this.#add({ ...this.#fresh(seal, block), ...this.#logSeal(seal) })
    }
  }

  /** Takes a batch that the log knew as sealed before this start. */
  resume(seal: Seal, block: SealedBlock): void {
    this.#o.ingestLog.ledger.set(seal, 'pending')
    this.#add({ ...this.#fresh(seal, block), logged: true, logging: Promise.resolve(), verify: true })
  }

  #fresh(seal: Seal, block: SealedBlock) {
    return { seal, block, verify: false, inserted: false, noted: false, tries: 0, nextTryMs: 0 }
  }

  #logSeal(seal: Seal): { logged: boolean; logging: Promise<void> } {
    const logging = this.#o.ingestLog.seal(seal)
    logging.catch(() => {})
    return { logged: false, logging }
  }

  #add(pending: Pending): void {
    if (this.#pending.length === 0) this.#progressMs = this.#clock.nowMs()
    this.#pending.push(pending)
    this.#wake.abort()
  }

  /**
   * Forgets batches that hold the record `sequence` or later ones: those did not become durable.
   * @returns the first record that such a batch holds, or Infinity
   */
  drop(sequence: number): number {
    const dropped = this.#pending.filter((p) => p.seal.to >= sequence)
    for (const p of dropped) this.#o.ingestLog.ledger.seals.delete(p.seal.batch)
    this.#pending = this.#pending.filter((p) => p.seal.to < sequence)
    return Math.min(...dropped.map((p) => p.seal.from))
  }

  /** Seals what has waited long enough. */
  sealDue(openedBeforeMs: number): void {
    const { live, ingestLog } = this.#o
    for (const key of live.keys(openedBeforeMs)) this.seal(live, key, ingestLog.nextSequence - 1)
  }

  /** Resolves when at most `bytes` of sealed blocks are in memory, or the flusher has stopped. */
  async drained(bytes: number): Promise<void> {
    while (this.pendingBytes > bytes && !this.#abort.signal.aborted) {
      await new Promise<void>((resolve) => this.#waiters.push(resolve))
    }
  }

  async #loop(): Promise<void> {
    const { signal } = this.#abort
    while (!signal.aborted) {
      try {
        await this.#tracked(() => this.round())
      } catch (error) {
        const text = short(String((error as Error).stack ?? error), 2000)
        this.#log.error({ event: 'flush_failed', error: text }, 'cannot flush; it will be tried again')
        this.#failing += 1
        for (const p of this.#pending) if (p.inserted) this.#postpone(p)
      }
      for (const waiter of this.#waiters.splice(0)) waiter()
      if (this.#wake.signal.aborted) this.#wake = new AbortController()
      const busy = this.#pending.some((p) => p.nextTryMs <= this.#clock.nowMs())
      if (!busy) await this.#clock.sleep(TICK_MS, AbortSignal.any([signal, this.#wake.signal]))
    }
    for (const waiter of this.#waiters.splice(0)) waiter()
  }

  #tracked(work: () => Promise<void>): Promise<void> {
    return this.#clock.track ? this.#clock.track(work) : work()
  }

  /** One pass: seals what has waited long enough, and brings what is due into its table. */
  async round(): Promise<void> {
    this.sealDue(this.#clock.nowMs() - MAX_BLOCK_AGE_MS)
    const due = this.#pending.filter((p) => p.nextTryMs <= this.#clock.nowMs())
    for (const p of due) if (!p.inserted && this.#pending.includes(p)) await this.#insert(p)
    const done = this.#pending.filter((p) => p.inserted && p.nextTryMs <= this.#clock.nowMs())
    if (done.length > 0) await this.#checkpoint(done)
    if (due.length > 0 && due.every((p) => p.inserted)) this.#failing = 0
  }

  async #insert(p: Pending): Promise<void> {
    try {
      if (!p.logged) await p.logging
      p.logged = true
    } catch {
      if (this.#pending.includes(p)) Object.assign(p, this.#logSeal(p.seal))
      this.#postpone(p)
      return
    }
    failpoint('after_seal')
    try {
      await insertBatch(this.#o, p.seal, p.block, p.verify)
      p.inserted = true
      this.#reuse(p)
      this.#progressMs = this.#clock.nowMs()
    } catch (error) {
      p.verify = true
      this.#postpone(p)
      this.#failing += 1
      this.#o.metrics.insertFailures.inc()
      this.#log.warn(
        { event: 'insert_failed', table: p.seal.table, tries: p.tries, error: short(String(error)) },
        'cannot insert a batch; it waits in the log and is tried again',
      )
    }
  }

  /** The rows are in their table: their memory is for the next block. */
  #reuse(p: Pending): void {
    const { buffer } = p.block.native
    p.block = { ...p.block, native: NOTHING }
    if (buffer instanceof ArrayBuffer) this.#spare.give(new Uint8Array(buffer))
  }

  #postpone(p: Pending): void {
    p.tries += 1
    p.nextTryMs = this.#clock.nowMs() + Math.min(MAX_BACKOFF_MS, 100 * 2 ** Math.min(p.tries, 10))
  }

  async #checkpoint(done: Pending[]): Promise<void> {
    const { ingestLog, lowestOpen } = this.#o
    const { ledger } = ingestLog
    const unnoted = done.filter((p) => !p.noted)
    if (unnoted.length > 0) await this.#notes.add(unnoted)
    for (const p of unnoted) p.noted = true
    failpoint('before_checkpoint')
    const seals = done.map((p) => p.seal)
    for (const seal of seals) ledger.set(seal, 'done')
    const low = Math.min(ledger.lowestUndone(), lowestOpen())
    try {
      await ingestLog.checkpoint(seals, low)
    } catch (error) {
      for (const seal of seals) ledger.set(seal, 'pending')
      throw error
    }
    this.#pending = this.#pending.filter((p) => !done.includes(p))
    await ingestLog.release(low)
  }

  /** Stops the loop, then seals and inserts what is left, at most until `deadlineMs`; the rest stays in the log. */
  async stop(deadlineMs: number): Promise<void> {
    this.#abort.abort()
    this.#wake.abort()
    await this.#running
    this.sealDue(Number.POSITIVE_INFINITY)
    for (let i = 0; this.#pending.length > 0 && i < 3 && this.#clock.nowMs() < deadlineMs; i++) {
      for (const p of this.#pending) p.nextTryMs = 0
      await this.round().catch(() => {})
    }
  }
}
