import type { Clock } from '../../../shared/runtime/clock.ts'
import { failpoint, isArmed } from '../../../shared/runtime/failpoint.ts'
import { type Log, short } from '../../../shared/runtime/log.ts'
import { Unavailable } from '../unavailable.ts'
import type { Files } from './files.ts'
import { encodeCheckpoint, encodeSeal, encodeVoid, type Ledger, type Seal } from './ledger.ts'
import { type Found, findLog, type Segment } from './open.ts'
import { controlHead, encodeGroup, endItem, HEADER_BYTES, type LogRecord, type RecordHead } from './record.ts'
import type { Room } from './room.ts'
import { readyBytesOf, Segments } from './segments.ts'

const GROUP_BYTES = 4 * 1024 * 1024
/** After an I/O error the log refuses this long, so that a full disk does not cost a try per request. */
const REFUSE_MS = 250

export type LogOptions = {
  files: Files
  clock: Clock
  log: Log
  random: () => number
  /** Whether a record is synced before its promise resolves (`durability: fsync`). */
  sync: boolean
  segmentBytes: number
  capBytes: number
  room: Pick<Room, 'isFull' | 'release'>
}

type Item = {
  head: RecordHead
  payload: Uint8Array
  /** The last record of a sealed batch: where that record is lost, the seal must not be written. */
  sealTo: number | null
  resolve: () => void
  reject: (error: Error) => void
}
type Written = Pick<Item, 'head' | 'payload'>

/**
 * The append-only log: what is in it survives. Records wait in a queue while a write is under way, and the next write takes
 * all that wait (group commit). After an I/O error the segment is left for good and a new one begun; nothing is synced twice.
 */
export class IngestLog {
  readonly ledger: Ledger
  readonly found: Found
  /** Told when bodies from `sequence` on did not become durable although the decoder had taken them. */
  onLost: (sequence: number) => void = () => {}
  readonly #o: LogOptions
  readonly #segments: Segments
  readonly #group = Buffer.from(new SharedArrayBuffer(2 * GROUP_BYTES))
  #queue: Item[] = []
  #queuedBytes = 0
  #pump: Promise<void> | null = null
  #voids: { from: number; to: number }[] = []
  #nextSequence: number
  #nextBatch: bigint
  #refusedUntilMs = 0
  #closed = false

  private constructor(o: LogOptions, found: Found) {
    this.#o = o
    this.found = found
    this.ledger = found.ledger
    this.#segments = new Segments(o, found)
    this.#nextSequence = found.nextSequence
    // What stands in the tables must not be numbered again, though the log was deleted or its last seals are damaged: numbers go on at the time.
    const fresh = (BigInt(o.clock.nowMs()) << 20n) | BigInt(Math.floor(o.random() * 2 ** 20))
    this.#nextBatch = found.nextBatch > fresh ? found.nextBatch : fresh
  }

  static async open(o: LogOptions): Promise<IngestLog> {
    // Old segments stay until a checkpoint of this process is on disk: after a power cut one that was deleted may come back,
    // and then only a checkpoint says that its bodies are in the tables.
    const log = new IngestLog(o, await findLog(o.files, o.clock, o.sync ? readyBytesOf(o.segmentBytes) : 0))
    log.ledger.forget(log.ledger.low)
    if (log.found.quarantined > 0) await log.#beginAnew()
    return log
  }

  /** Damage is told from a torn write by the end of the last segment, or by a later one: begins that where the end may be missing at the next start. */
  async #beginAnew(): Promise<void> {
    try {
      await this.#segments.begin(this.#nextBatch)
      if (this.#o.sync) await this.#o.files.sync()
    } catch (error) {
      this.#o.log.warn(
        { event: 'log_segment_failed', error: short((error as Error).message) },
        'cannot begin a segment',
      )
    }
  }

  /** The sequence that the next body gets. */
  get nextSequence(): number {
    return this.#nextSequence
  }

  /** Gives out `count` numbers for batches; the first is returned. */
  takeBatches(count = 1): bigint {
    const first = this.#nextBatch
    this.#nextBatch += BigInt(count)
    return first
  }

  /** Bytes of bodies that are not all in their tables, by whole segments, and of those that wait to be written. */
  get backlogBytes(): number {
    return this.#segments.bytesFrom(this.ledger.low) + this.#queuedBytes
  }

  get capBytes(): number {
    return this.#o.capBytes
  }

  /** When the oldest body that is still needed was received; null where none is. */
  get oldestMs(): number | null {
    const oldest = this.#segments.oldestMs(this.ledger.low)
    return Number.isFinite(oldest) ? oldest : null
  }

  /** Why nothing can be appended now, or null. */
  refusal(): string | null {
    if (this.#closed) return 'the ingest log is closed'
    if (this.#o.room.isFull) return 'the disk is full'
    if (this.#o.clock.nowMs() < this.#refusedUntilMs) return 'the ingest log cannot be written'
    if (this.backlogBytes >= this.#o.capBytes) return 'the ingest log is at its cap'
    return null
  }

  /**
   * Appends one body; `durable` resolves when it is on disk, and rejects with Unavailable where it may not be. Ask `refusal`
   * before: what the decoder has taken must be appended.
   */
  append(
    record: Omit<RecordHead, 'type' | 'sequence'>,
    payload: Uint8Array,
  ): { sequence: number; durable: Promise<void> } {
    const sequence = this.#nextSequence++
    return { sequence, durable: this.#enqueue({ ...record, type: 'data', sequence }, payload) }
  }

  seal(seal: Seal): Promise<void> {
    this.ledger.set(seal, 'pending')
    const payload = encodeSeal(seal)
    return this.#enqueue(controlHead('seal', payload, this.#o.clock.nowMs()), payload, seal.to)
  }

  checkpoint(seals: Seal[], low: number): Promise<void> {
    const payload = encodeCheckpoint(seals, low)
    return this.#enqueue(controlHead('checkpoint', payload, this.#o.clock.nowMs()), payload)
  }

  #enqueue(head: RecordHead, payload: Uint8Array, sealTo: number | null = null): Promise<void> {
    const durable = new Promise<void>((resolve, reject) => this.#queue.push({ head, payload, sealTo, resolve, reject }))
    this.#queuedBytes += HEADER_BYTES + payload.length
    this.#pump ??= this.#run()
    return durable
  }

  /** Resolves when all that was appended before has become durable or has failed. */
  async settled(): Promise<void> {
    while (this.#pump) await this.#pump
  }

  async #run(): Promise<void> {
    await Promise.resolve()
    while (this.#queue.length > 0) {
      const group = this.#takeGroup()
      try {
        await this.#commit(group)
        for (const item of group) item.resolve()
      } catch (error) {
        await this.#abandon(group, error as Error)
      }
    }
    this.#pump = null
  }

  #takeGroup(): Item[] {
    let count = 0
    let bytes = 0
    while (count < this.#queue.length && bytes < GROUP_BYTES) {
      bytes += HEADER_BYTES + this.#queue[count]!.payload.length
      count += 1
    }
    this.#queuedBytes -= bytes
    return this.#queue.splice(0, count)
  }

  async #commit(group: Item[]): Promise<void> {
    const { files, segmentBytes } = this.#o
    const { active } = this.#segments
    const isFull = active === null || active.bytes >= segmentBytes
    const segment = isFull ? await this.#beginNext() : active
    const voids = [...this.#voids]
    const records: Written[] = [...voids.map((v) => this.#voidItem(v)), ...group]
    const bytes = this.#encode(records, segment.salt)
    const { length } = bytes
    if (isArmed('mid_checkpoint') && group.some((item) => item.head.type === 'checkpoint')) {
      await files.write(Buffer.from(bytes.subarray(0, length - 20)), segment.bytes)
      failpoint('mid_checkpoint')
    }
    await this.#put(bytes, segment.bytes)
    failpoint('after_fsync')
    this.#voids.splice(0, voids.length)
    this.ledger.voids.push(...voids)
    this.#segments.grew(
      segment,
      length,
      group.map((item) => item.head),
    )
  }

  /** Ends the active segment, if there is one, and begins another. The end is not synced: the header of the other tells it too. */
  async #beginNext(): Promise<Segment> {
    const { active } = this.#segments
    if (active) await this.#o.files.write(this.#encode([endItem(this.#o.clock.nowMs())], active.salt), active.bytes)
    return this.#segments.begin(this.#nextBatch)
  }

  /** Writes, and asks for the sync at once: between the two nothing has to wait for this thread, which may be decoding. */
  async #put(bytes: Uint8Array, at: number): Promise<void> {
    const { files, sync } = this.#o
    const written = files.write(bytes, at)
    if (isArmed('after_log_write')) {
      await written
      failpoint('after_log_write')
    }
    const both = sync ? [written, files.sync()] : [written]
    await Promise.allSettled(both)
    await Promise.all(both)
  }

  /** The records as they stand in the file: in memory that the thread which writes them shares, and that the next group overwrites. */
  #encode(records: Written[], salt: number): Buffer {
    const bytes = lengthOf(records)
    const out = bytes <= this.#group.length ? this.#group.subarray(0, bytes) : Buffer.allocUnsafeSlow(bytes)
    encodeGroup(out, records, salt)
    return out
  }

  #voidItem(v: { from: number; to: number }): Written {
    const payload = encodeVoid(v.from, v.to)
    return { head: controlHead('void', payload, this.#o.clock.nowMs()), payload }
  }

  /** What the group held may or may not be on disk: its bodies are void from now on, and so are seals over them. */
  async #abandon(group: Item[], error: Error): Promise<void> {
    this.#refusedUntilMs = this.#o.clock.nowMs() + REFUSE_MS
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC') await this.#o.room.release()
    this.#o.log.error({ event: 'log_write_failed', error: short(error.message) }, 'cannot write the ingest log')
    const lost = group.filter((item) => item.head.type === 'data').map((item) => item.head.sequence)
    const failed = [...group]
    if (lost.length > 0) {
      const from = lost[0]!
      this.#voids.push({ from, to: lost.at(-1)! })
      failed.push(...this.#queue.filter((item) => item.sealTo !== null && item.sealTo >= from))
      this.#queue = this.#queue.filter((item) => !failed.includes(item))
      this.#queuedBytes = this.#queue.reduce((sum, item) => sum + HEADER_BYTES + item.payload.length, 0)
      this.onLost(from)
    }
    for (const item of failed) item.reject(new Unavailable(`the ingest log cannot be written: ${error.message}`))
    await this.#segments.leave()
  }

  /** Whether the body was refused to its sender after the decoder had taken it. */
  isVoid(sequence: number): boolean {
    return this.ledger.isVoid(sequence) || this.#voids.some((v) => v.from <= sequence && sequence <= v.to)
  }

  /** Reads the bodies [from, to] that are durable and not void, in order. */
  async *read(from: number, to: number): AsyncGenerator<LogRecord> {
    for await (const record of this.#segments.read(from, to)) if (!this.isVoid(record.sequence)) yield record
  }

  /** Deletes the segments of which no body is needed from `low` on. `low` must be durable in a checkpoint. */
  async release(low: number): Promise<void> {
    this.ledger.forget(low)
    await this.#segments.release(low, !this.#o.room.isFull)
  }

  /** Writes what waits, and closes. What comes later is refused. */
  async close(): Promise<void> {
    this.#closed = true
    await this.settled()
    await this.#end().catch(() => {})
    await this.#o.files.close()
    await this.#segments.settled()
  }

  /** Says that nothing follows, so that the next start takes whatever it cannot read for damage. */
  async #end(): Promise<void> {
    const { active, isLeft } = this.#segments
    if (isLeft) await this.#beginAnew()
    if (active) await this.#put(this.#encode([endItem(this.#o.clock.nowMs())], active.salt), active.bytes)
  }
}

const lengthOf = (records: Written[]): number =>
  records.reduce((sum, { payload }) => sum + HEADER_BYTES + payload.length, 0)
