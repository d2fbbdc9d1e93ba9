import type { Pressure } from '../../shared/runtime/pressure.ts'
import { Refusal } from './transport/refusal.ts'

const MIB = 1024 * 1024

export type AdmissionOptions = {
  pressure: Pressure
  /** Share of the log's cap that is taken, 0 to 1. */
  logShare: () => number
  /** Whether more is taken than the engine inserts, although it inserts. */
  isBehind: () => boolean
  /** Milliseconds that only grow. */
  nowMs: () => number
  maxInFlightBytes: number
  maxRssBytes: number
}

/** A quarter of the soft memory limit is left to what cannot be counted beforehand. */
export const defaultAdmission = {
  nowMs: () => performance.now(),
  maxInFlightBytes: 256 * MIB,
  maxRssBytes: 1536 * MIB,
}
const MAX_LAG_MS = 500
const FULL_LOG_SHARE = 0.9
/** How long a request may wait behind those that were let in before it. */
const MAX_WAIT_MS = 750
/** What may always wait, however little was done of late: 50 bodies of 512 spans, 0.4 s of work on two cores. */
const FREE_BYTES = 16 * MIB
/** Requests that may always be open at once, however large they are. */
const FREE_REQUESTS = 8
/** What a request costs beside its bytes, in bytes that take as long: 0.25 ms. */
const REQUEST_BYTES = 16 * 1024
/** A body that still comes in after this, while the event loop had time to read it, has a slow sender. */
const SLOW_MS = 2000
/** From here on the event loop is what everybody waits for. */
const SATURATED = 0.9
const WINDOW_MS = 1000

/** One request that was let in. `isSlow` ones wait for their sender, and so for none of ours. */
export type Entry = { bytes: number; enteredMs: number; isComing: boolean; isSlow: boolean }

/**
 * Decides before a body is read whether there is room for it. What is let in is answered within about `MAX_WAIT_MS`: the queue
 * is kept as short as what was done in that time (Little's law), counted in bytes, since bodies differ a thousandfold in size.
 * What does not fit is refused at once, so that work is spent on what will be answered in time and not on all of it in vain.
 */
export class Admission {
  readonly #o: AdmissionOptions
  /** Those whose body still comes in, oldest first. */
  readonly #coming = new Set<Entry>()
  #inFlight = 0
  #open = 0
  #queuedBytes = 0
  #averageBytes = 64 * 1024
  #doneBytes = 0
  #doneBytesBefore = 0
  #windowMs = 0
  #closing = false

  constructor(o: AdmissionOptions) {
    this.#o = o
  }

  get inFlightBytes(): number {
    return this.#inFlight
  }

  /**
   * Lets one request in; call `leave` when it is answered. `declaredBytes` is null where its size is not known beforehand: then
   * it counts as an average one.
   * @throws Refusal 503 with the time to wait
   */
  enter(declaredBytes: number | null): Entry {
    const refusal = this.refusal()
    if (refusal) throw refusal
    const bytes = REQUEST_BYTES + (declaredBytes ?? this.#averageBytes)
    const entry = { bytes, enteredMs: this.#o.nowMs(), isComing: true, isSlow: false }
    this.#coming.add(entry)
    this.#open += 1
    this.#queuedBytes += bytes
    return entry
  }

  /** Says that the whole body is here, and how large it is, inflated. */
  arrived(entry: Entry, bytes: number): void {
    if (!entry.isSlow) this.#queuedBytes -= entry.bytes
    if (entry.isSlow) this.#open += 1
    this.#coming.delete(entry)
    this.#averageBytes += (bytes - this.#averageBytes) / 16
    Object.assign(entry, { bytes: REQUEST_BYTES + bytes, isComing: false, isSlow: false })
    this.#queuedBytes += entry.bytes
  }

  leave(entry: Entry): void {
    this.#coming.delete(entry)
    if (entry.isSlow) return
    this.#open -= 1
    this.#queuedBytes -= entry.bytes
    if (entry.isComing) return
    this.#roll()
    this.#doneBytes += entry.bytes
  }

  /** Begins a new window of counting where one has passed. */
  #roll(): void {
    const nowMs = this.#o.nowMs()
    if (nowMs - this.#windowMs < WINDOW_MS) return
    this.#doneBytesBefore = nowMs - this.#windowMs < 2 * WINDOW_MS ? this.#doneBytes : 0
    this.#doneBytes = 0
    this.#windowMs = nowMs
  }

  #isQueueLong(): boolean {
    if (this.#open < FREE_REQUESTS || this.#queuedBytes < FREE_BYTES) return false
    this.#roll()
    const donePerMs = Math.max(this.#doneBytes, this.#doneBytesBefore) / WINDOW_MS
    const roomBytes = Math.max(FREE_BYTES, donePerMs * MAX_WAIT_MS)
    if (this.#queuedBytes >= roomBytes) this.#passOverSlow()
    return this.#queuedBytes >= roomBytes
  }

  /** Slow senders alone must refuse nobody: their requests leave the queue until their bodies are here. */
  #passOverSlow(): void {
    if (this.#o.pressure.utilisation() >= SATURATED) return
    const sinceMs = this.#o.nowMs() - SLOW_MS
    for (const entry of this.#coming) {
      if (entry.enteredMs > sinceMs) return
      this.#coming.delete(entry)
      entry.isSlow = true
      this.#open -= 1
      this.#queuedBytes -= entry.bytes
    }
  }

  /** Why a request that came now would not be let in, or null. */
  refusal(): Refusal | null {
    const { pressure, logShare, isBehind, maxInFlightBytes, maxRssBytes } = this.#o
    if (this.#closing) return STOPPING
    if (this.#inFlight >= maxInFlightBytes) return TOO_MANY_BYTES
    if (logShare() >= FULL_LOG_SHARE) return LOG_FULL
    if (this.#isQueueLong()) return QUEUE_LONG
    if (isBehind()) return ENGINE_BEHIND
    if (pressure.lagMs() > MAX_LAG_MS) return LOOP_LATE
    return pressure.rssBytes() > maxRssBytes ? MEMORY_SHORT : null
  }

  /** Counts bytes that came in. @throws Refusal 503 when there are too many at once */
  take(bytes: number): void {
    if (this.#inFlight + bytes > this.#o.maxInFlightBytes) throw TOO_MANY_BYTES
    this.#inFlight += bytes
  }

  give(bytes: number): void {
    this.#inFlight -= bytes
  }

  /** From now on every new request is refused. */
  close(): void {
    this.#closing = true
  }
}

const busy = (cause: string, retryAfterS: number, headers: Record<string, string> = {}) =>
  new Refusal(503, `cannot take the request now: ${cause}`, { retryAfterS, headers })

// Made once: under overload they are given a thousand times a second.
const STOPPING = busy('the server is stopping', 1, { connection: 'close' })
const TOO_MANY_BYTES = busy('too many bytes are in flight', 1)
const LOG_FULL = busy('the ingest log is nearly full', 2)
const QUEUE_LONG = busy('too many requests wait', 1)
const ENGINE_BEHIND = busy('the tables are behind', 1)
const LOOP_LATE = busy('the server is overloaded', 2)
const MEMORY_SHORT = busy('the server is short of memory', 3)
