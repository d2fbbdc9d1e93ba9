import type { Clock } from '../../shared/runtime/clock.ts'
import { ALONE_BATCHES, type DecodeAlone } from './alone.ts'
import type { Decoded, Encoding, Signal } from './decode/index.ts'
import type { Limits } from './decode/limits.ts'
import type { Flusher } from './flush.ts'
import type { Replay } from './flush-replay.ts'
import { Live, MAX_BLOCK_BYTES } from './live.ts'
import type { IngestLog } from './log/log.ts'
import { type RecordHead, recordHash, withOwnHash } from './log/record.ts'
import type { IngestMetrics } from './metrics.ts'
import { Resends } from './resends.ts'
import { Unavailable } from './unavailable.ts'

/**
 * Sealed blocks in memory beyond which rows are not kept any more while the engine fails or stands still, only their bodies in
 * the log. While it inserts, requests are refused from here on: what spills is decoded twice, and under overload that is what
 * the time is short for.
 */
export const SPILL_BYTES = 64 * 1024 * 1024

export type AcceptOptions = {
  ingestLog: IngestLog
  live: Live
  clock: Clock
  metrics: IngestMetrics
  limits: Partial<Limits>
  flusher: Flusher
  replay: Replay
  spillBytes: number
  alone: DecodeAlone
  /** Bodies above this are decoded alone. */
  aloneBytes: Record<Encoding, number>
  absorbResends: boolean
}

type Taken = { decoded: Decoded; durable: Promise<void> | null }

const NOTHING_TO_SAY: Decoded = { accepted: 0, rejected: 0, remarks: [], redacted: {} }

/**
 * Takes one body: decodes and checks all of it, appends it to the log, and resolves when it is on disk. Decoding and appending
 * happen in one turn of the event loop, so that the order of rows in a block is that of the records in the log.
 */
export class Acceptor {
  readonly #o: AcceptOptions
  readonly #resends: Resends
  /** Where rows are checked and thrown away while the engine is behind; null while they are kept. */
  #spill: { check: Live; from: number } | null = null

  constructor(o: AcceptOptions) {
    this.#o = o
    this.#resends = new Resends(o.absorbResends)
    this.#resends.restore(o.ingestLog.found.seen)
    o.ingestLog.onLost = (sequence) => this.#lost(sequence)
  }

  /**
   * @throws DecodeError when the body is not what it says it is
   * @throws Unavailable when it cannot be made durable now
   */
  async accept(signal: Signal, encoding: Encoding, body: Uint8Array): Promise<Decoded> {
    const { clock, metrics } = this.#o
    const nowMs = clock.nowMs()
    const hash = recordHash('data', signal, encoding, body)
    const earlier = this.#resends.find(hash, nowMs)
    const said = earlier && (await earlier.done)
    if (earlier && !said?.timeless) {
      metrics.resends.inc()
      return said ?? NOTHING_TO_SAY
    }
    const isAlone = body.length > this.#o.aloneBytes[encoding]
    const taken = isAlone
      ? this.#takeAlone(signal, encoding, body, hash, nowMs)
      : this.#take(signal, encoding, body, hash, nowMs)
    return await this.#remember(hash, nowMs, signal, body.length, taken)
  }

  async #remember(hash: string, nowMs: number, signal: Signal, bodyBytes: number, taken: Taken | Promise<Taken>) {
    const { metrics } = this.#o
    if (!(taken instanceof Promise) && taken.durable === null) {
      count(metrics, signal, bodyBytes, taken.decoded)
      return taken.decoded
    }
    const done = (async () => {
      const { decoded, durable } = await taken
      await durable
      return decoded
    })()
    const said = done.then((decoded) => (hasNews(decoded) || decoded.timeless ? decoded : null))
    said.catch(() => {})
    this.#resends.add(hash, { receivedAtMs: nowMs, done: said })
    try {
      const decoded = await done
      if (decoded.timeless) this.#resends.forget(hash)
      count(metrics, signal, bodyBytes, decoded)
      return decoded
    } catch (error) {
      this.#resends.forget(hash)
      throw error
    }
  }

  /** One turn: no `await` between the decoder and the log. */
  #take(signal: Signal, encoding: Encoding, body: Uint8Array, hash: string, nowMs: number): Taken {
    const { ingestLog, flusher } = this.#o
    const reason = ingestLog.refusal()
    if (reason) throw new Unavailable(reason)
    if (this.#mustSpill()) this.#beginSpill()
    const live = this.#spill?.check ?? this.#o.live
    const { stored, ...decoded } = live.append(signal, encoding, body, nowMs)
    if (decoded.accepted === 0) return { decoded, durable: null }
    const timeless = decoded.timeless ?? false
    const { sequence, durable } = this.#append({ signal, encoding, hash, receivedAtMs: nowMs, timeless }, body, stored)
    const full = live.took(sequence, nowMs)
    if (live === this.#o.live) for (const key of full) flusher.seal(live, key, sequence)
    else if (live.bytes > MAX_BLOCK_BYTES / 4) live.reset()
    return { decoded, durable }
  }

  /** What is kept is `body`, or `stored` where that held secrets. */
  #append(head: Omit<RecordHead, 'type' | 'sequence'>, body: Uint8Array, stored: Uint8Array | null | undefined) {
    const { ingestLog } = this.#o
    if (!stored) return ingestLog.append(head, body)
    const payload = withOwnHash(head.signal, 'protobuf', stored)
    return ingestLog.append({ ...head, encoding: 'protobuf', rewritten: true }, payload)
  }

  /** A large body: decoded elsewhere, then appended with the blocks that it became. */
  async #takeAlone(signal: Signal, encoding: Encoding, body: Uint8Array, hash: string, nowMs: number): Promise<Taken> {
    const { ingestLog, flusher, alone } = this.#o
    const before = ingestLog.refusal()
    if (before) throw new Unavailable(before)
    const firstBatch = ingestLog.takeBatches(ALONE_BATCHES)
    const { decoded: all, blocks } = await alone({ signal, encoding, body, receivedAtMs: nowMs, firstBatch })
    const { stored, ...decoded } = all
    if (decoded.accepted === 0) return { decoded, durable: null }
    const after = ingestLog.refusal()
    if (after) throw new Unavailable(after)
    const head = { signal, encoding, hash, receivedAtMs: nowMs, alone: true, timeless: decoded.timeless ?? false }
    const { sequence, durable } = this.#append(head, body, stored)
    if (this.#spill === null) {
      const numbered = blocks.map((block, index) => ({ block, index }))
      flusher.sealAlone(numbered, firstBatch, sequence)
    }
    return { decoded, durable }
  }

  /** Whether the engine inserts, but less than comes in. */
  get isBehind(): boolean {
    const { flusher, spillBytes } = this.#o
    return this.#spill === null && flusher.pendingBytes > spillBytes && flusher.isProgressing
  }

  #mustSpill(): boolean {
    const { flusher, spillBytes } = this.#o
    const { pendingBytes } = flusher
    if (this.#spill !== null || pendingBytes <= spillBytes) return false
    return pendingBytes > 2 * spillBytes || !flusher.isProgressing
  }

  /** From here on rows are left in the log; the reader of the log decodes them again when the engine has caught up. */
  #beginSpill(): void {
    const { flusher, replay, ingestLog, limits } = this.#o
    flusher.sealDue(Number.POSITIVE_INFINITY)
    this.#spill = { check: new Live(limits), from: ingestLog.nextSequence }
    replay.add({ from: this.#spill.from, to: null })
  }

  /** The reader has read all there is: the next row is kept again. */
  caughtUp(): void {
    this.#spill = null
  }

  get spilling(): boolean {
    return this.#spill !== null
  }

  get knownBodies(): number {
    return this.#resends.size
  }

  /** Bodies from `sequence` on are not on disk: what was made of them must go, and what stood beside them is read again. */
  #lost(sequence: number): void {
    const { live, flusher, replay, ingestLog } = this.#o
    const from = Math.min(live.from, flusher.drop(sequence))
    live.reset()
    const next = this.#spill?.from ?? ingestLog.nextSequence
    if (from < next) replay.add({ from, to: next - 1 })
  }
}

const hasNews = (decoded: Decoded) => decoded.rejected > 0 || decoded.remarks.length > 0

function count(metrics: IngestMetrics, signal: Signal, bodyBytes: number, decoded: Decoded): void {
  metrics.accepted.inc({ signal }, decoded.accepted)
  metrics.bodyBytes.inc({ signal }, bodyBytes)
  if (decoded.rejected > 0) metrics.rejectedItems.inc({ signal }, decoded.rejected)
  for (const [rule, times] of Object.entries(decoded.redacted)) metrics.redacted.inc({ rule }, times)
  for (const [what, times] of Object.entries(decoded.overflowed ?? {})) metrics.overflowed.inc({ what }, times)
}
