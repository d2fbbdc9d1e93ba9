import type { Clock } from '../../shared/runtime/clock.ts'
import { type Log, short } from '../../shared/runtime/log.ts'
import { yieldToLoop } from '../../shared/runtime/pressure.ts'
import type { Store } from '../../shared/store/store.ts'
import { ALONE_BATCHES, type DecodeAlone } from './alone.ts'
import { DecodeError } from './decode/index.ts'
import type { Limits } from './decode/limits.ts'
import type { Flusher } from './flush.ts'
import { Live } from './live.ts'
import type { Seal } from './log/ledger.ts'
import type { IngestLog } from './log/log.ts'
import type { LogRecord } from './log/record.ts'
import type { IngestMetrics } from './metrics.ts'
import { sealOrphans } from './orphans.ts'

/** Sealed blocks in memory while reading back; beyond it the reader waits for the engine. */
const MAX_PENDING_BYTES = 48 * 1024 * 1024

/**
 * Records [from, to] that are in the log and not in memory. `to` null: it grows until the reader has caught up. `isLeft`: an earlier process
 * left them, so the tables may hold some of their rows.
 */
export type Range = { from: number; to: number | null; isLeft?: true }

export type ReplayOptions = {
  ingestLog: IngestLog
  flusher: Flusher
  clock: Clock
  log: Log
  limits: Partial<Limits>
  metrics: IngestMetrics
  alone: DecodeAlone
  store: Store
  /** Called in the same turn in which an open range is found read to its end. */
  onCaughtUp: () => void
}

/**
 * Decodes bodies from the log once more: after a start, after an I/O error of the log, and when the engine was so far behind
 * that rows were not kept in memory. The same bodies give the same rows, so a batch sealed before is made again as it was.
 */
export class Replay {
  readonly #o: ReplayOptions
  readonly #ranges: Range[] = []
  #running: Promise<void> | null = null
  #stopped = false

  constructor(o: ReplayOptions) {
    this.#o = o
  }

  add(range: Range): void {
    this.#ranges.push(range)
    this.#running ??= this.#run()
  }

  /** The first record that is still to be read or sealed, or Infinity. */
  get from(): number {
    return Math.min(...this.#ranges.map((range) => range.from))
  }

  get active(): boolean {
    return this.#running !== null
  }

  /** Reads on until all is read or `deadlineMs` has come, then stops. */
  async stop(deadlineMs: number): Promise<void> {
    const { clock, flusher } = this.#o
    while (this.active && flusher.failing === 0 && clock.nowMs() < deadlineMs) await clock.sleep(20)
    this.#stopped = true
    await this.#running
  }

  async #run(): Promise<void> {
    const { log, clock } = this.#o
    while (this.#ranges.length > 0 && !this.#stopped) {
      try {
        await this.#replay(this.#ranges[0]!)
        // What was not read to its end keeps its place, and with it the segments that it needs.
        if (!this.#stopped) this.#ranges.shift()
      } catch (error) {
        log.error({ event: 'replay_failed', error: short(String(error)) }, 'cannot read the log back; trying again')
        await clock.sleep(1000)
      }
    }
    this.#running = null
  }

  async #replay(range: Range): Promise<void> {
    const { ingestLog, flusher } = this.#o
    if (range.isLeft && range.to !== null) await sealOrphans(this.#o, range.from, range.to)
    const work = new Live(this.#o.limits)
    const seals = [...ingestLog.ledger.seals.values()].filter(
      (seal) => seal.to >= range.from && seal.alone === undefined,
    )
    const begins = [...seals].sort((a, b) => a.from - b.from)
    const ends = [...seals].sort((a, b) => a.to - b.to)
    let next = range.from
    for (;;) {
      // First the end, then the wait: what is appended meanwhile may not be on disk yet.
      const to = range.to ?? ingestLog.nextSequence - 1
      await ingestLog.settled()
      for await (const record of ingestLog.read(next, to)) {
        if (this.#stopped) return
        this.#end(work, ends, record.sequence - 1)
        this.#begin(work, begins, record.sequence)
        if (record.alone) await this.#decodeAlone(record)
        else this.#decode(work, record)
        next = record.sequence + 1
        // What is read and sealed is the flusher's now: the log may let go of it, and a second try begins behind it.
        range.from = Math.min(next, work.from)
        await flusher.drained(MAX_PENDING_BYTES)
        await yieldToLoop()
      }
      if (this.#stopped) return
      next = to + 1
      this.#end(work, ends, to)
      if (range.to !== null) break
      if (ingestLog.nextSequence !== to + 1) continue
      range.to = to
      this.#o.onCaughtUp()
      break
    }
    for (const key of work.keys()) flusher.seal(work, key, next - 1)
  }

  /** Makes the batches of a large body again that are not in memory or done, under the numbers that they had. */
  async #decodeAlone(record: LogRecord): Promise<void> {
    const { ingestLog, flusher, metrics } = this.#o
    metrics.replayed.inc()
    const seals = ingestLog.ledger.ofAlone(record.sequence)
    const known = new Map(seals.map((seal) => [seal.alone, seal]))
    const unknown = seals.find((seal) => seal.state === 'unknown')
    if (unknown) {
      const blocks = await this.#blocksOf(record, unknown.batch - BigInt(unknown.alone!))
      for (const [index, block] of blocks.entries()) {
        const seal = known.get(index)
        if (seal?.state === 'unknown') flusher.resume(seal, block)
      }
    }
    // Numbers that no seal in the log speaks of may have been given to others since: these blocks get new ones.
    const firstBatch = ingestLog.takeBatches(ALONE_BATCHES)
    const blocks = await this.#blocksOf(record, firstBatch)
    const rest = blocks.map((block, index) => ({ block, index })).filter(({ index }) => !known.has(index))
    flusher.sealAlone(rest, firstBatch, record.sequence)
  }

  async #blocksOf({ signal, encoding, payload, receivedAtMs, sequence }: LogRecord, firstBatch: bigint) {
    try {
      const body = Uint8Array.from(payload)
      return (await this.#o.alone({ signal, encoding, body, receivedAtMs, firstBatch })).blocks
    } catch (error) {
      this.#undecodable(sequence, error)
      return []
    }
  }

  #undecodable(sequence: number, error: unknown): void {
    if (!(error instanceof DecodeError)) throw error
    const about = { event: 'replay_undecodable', sequence, error: short(error.message) }
    this.#o.log.error(about, 'cannot decode a body that was decoded before')
  }

  #decode(work: Live, record: LogRecord): void {
    const { flusher, metrics, clock } = this.#o
    metrics.replayed.inc()
    try {
      work.append(record.signal, record.encoding, record.payload, record.receivedAtMs)
    } catch (error) {
      this.#undecodable(record.sequence, error)
      return
    }
    for (const key of work.took(record.sequence, clock.nowMs())) flusher.seal(work, key, record.sequence)
  }

  /** Rows that wait in a block which a batch begins after are no part of that batch: they become one of their own. */
  #begin(work: Live, begins: Seal[], sequence: number): void {
    while (begins[0] && begins[0].from <= sequence) {
      const { key } = begins.shift()!
      if (work.has(key)) this.#o.flusher.seal(work, key, sequence - 1)
    }
  }

  /** Closes the blocks of the batches that end at or before `upTo`, as they were closed the first time. */
  #end(work: Live, ends: Seal[], upTo: number): void {
    while (ends[0] && ends[0].to <= upTo) {
      const seal = ends.shift()!
      const state = this.#o.ingestLog.ledger.seals.get(seal.batch)?.state
      if (state === 'unknown') this.#resume(work, seal)
      else if (state !== undefined && work.has(seal.key)) work.discard(seal.key)
    }
  }

  #resume(work: Live, seal: Seal): void {
    const { ingestLog, flusher, log } = this.#o
    const about = { batch: String(seal.batch), table: seal.table, sealed: seal.rows }
    if (!work.has(seal.key)) {
      log.error({ event: 'batch_empty', ...about }, 'the log no longer holds the rows of a batch')
      ingestLog.ledger.set(seal, 'done')
      return
    }
    const { block } = work.seal(seal.key, seal.batch)
    if (block.rows !== seal.rows)
      log.error({ event: 'batch_differs', ...about, rows: block.rows }, 'a batch decodes to another number of rows')
    flusher.resume(seal, block)
  }
}
