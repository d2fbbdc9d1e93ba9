import type { Clock } from '../../shared/runtime/clock.ts'
import type { Decoded, Encoding, Signal } from './decode/index.ts'
import type { Limits } from './decode/limits.ts'
import type { Flusher } from './flush.ts'
import type { Replay } from './flush-replay.ts'
import { Live, MAX_BLOCK_BYTES } from './live.ts'
import type { IngestLog } from './log/log.ts'
import { recordHash, withOwnHash } from './log/record.ts'
import type { IngestMetrics } from './metrics.ts'
import { Resends } from './resends.ts'
import { Unavailable } from './unavailable.ts'

/** Sealed blocks in memory beyond which rows are not kept any more, only their bodies in the log. */
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
}

/**
 * Takes one body: decodes and checks all of it, appends it to the log, and resolves when it is on disk. Decoding and appending
 * happen in one turn of the event loop, so that the order of rows in a block is that of the records in the log.
 */
export class Acceptor {
  readonly #o: AcceptOptions
  readonly #resends = new Resends()
  /** Where rows are checked and thrown away while the engine is behind; null while they are kept. */
  #spill: { check: Live; from: number } | null = null

  constructor(o: AcceptOptions) {
    this.#o = o
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
    if (earlier) {
      await earlier.durable
      metrics.resends.inc()
      return earlier.decoded ?? { accepted: 0, rejected: 0, remarks: [], redacted: {} }
    }
    const { decoded, durable } = this.#take(signal, encoding, body, hash, nowMs)
    count(metrics, signal, body.length, decoded)
    if (durable === null) return decoded
    this.#resends.add(hash, { receivedAtMs: nowMs, durable, decoded: hasNews(decoded) ? decoded : null })
    try {
      await durable
    } catch (error) {
      this.#resends.forget(hash)
      throw error
    }
    return decoded
  }

  /** One turn: no `await` between the decoder and the log. */
  #take(signal: Signal, encoding: Encoding, body: Uint8Array, hash: string, nowMs: number) {
    const { ingestLog, flusher, spillBytes } = this.#o
    const reason = ingestLog.refusal()
    if (reason) throw new Unavailable(reason)
    if (this.#spill === null && flusher.pendingBytes > spillBytes) this.#beginSpill()
    const live = this.#spill?.check ?? this.#o.live
    const { stored, ...decoded } = live.append(signal, encoding, body, nowMs)
    if (decoded.accepted === 0) return { decoded, durable: null }
    const head = { signal, hash, receivedAtMs: nowMs }
    const { sequence, durable } = stored
      ? ingestLog.append({ ...head, encoding: 'protobuf', rewritten: true }, withOwnHash(signal, 'protobuf', stored))
      : ingestLog.append({ ...head, encoding }, body)
    const full = live.took(sequence, nowMs)
    if (live === this.#o.live) for (const key of full) flusher.seal(live, key, sequence)
    else if (live.bytes > MAX_BLOCK_BYTES / 4) live.reset()
    return { decoded, durable }
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
