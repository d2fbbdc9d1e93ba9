import type { Pressure } from '../../shared/runtime/pressure.ts'
import { Refusal } from './transport/refusal.ts'

const MIB = 1024 * 1024

export type AdmissionOptions = {
  pressure: Pressure
  /** Share of the log's cap that is taken, 0 to 1. */
  logShare: () => number
  maxInFlightBytes: number
  maxRssBytes: number
}

/** RELIABILITY 2.5. A quarter of the soft memory limit is left to what cannot be counted beforehand. */
export const defaultAdmission = { maxInFlightBytes: 256 * MIB, maxRssBytes: 1536 * MIB }
const MAX_LAG_MS = 500
const FULL_LOG_SHARE = 0.9
/** From here on the event loop is what everybody waits for. */
const SATURATED = 0.9
/** Requests that may always be open at once, however slow the machine is. */
const MIN_OPEN = 8

/** Decides before a body is read whether there is room for it, by bytes in flight, the log, the event loop and memory. */
export class Admission {
  readonly #o: AdmissionOptions
  #inFlight = 0
  #open = 0
  #accepting = 0
  #doneBefore = 0
  #done = 0
  #windowMs = 0
  #closing = false

  constructor(o: AdmissionOptions) {
    this.#o = o
  }

  get inFlightBytes(): number {
    return this.#inFlight
  }

  /** Opens one request; call `leave` when it is answered. @throws Refusal 503 with the time to wait */
  enter(): void {
    this.#check()
    this.#open += 1
  }

  leave(): void {
    this.#open -= 1
    this.#roll()
    this.#done += 1
  }

  /** Counts a request whose body is here while it is decoded and synced. */
  async accepting<T>(work: () => Promise<T>): Promise<T> {
    this.#accepting += 1
    try {
      return await work()
    } finally {
      this.#accepting -= 1
    }
  }

  /** Begins a new second of counting where one has passed. */
  #roll(): void {
    const nowMs = performance.now()
    if (nowMs - this.#windowMs < 1000) return
    this.#doneBefore = nowMs - this.#windowMs < 2000 ? this.#done : 0
    this.#done = 0
    this.#windowMs = nowMs
  }

  /**
   * Whether another request would wait for more than about a second: a queue as long as what is done in a second takes a
   * second (Little's law). Bodies that still come in count only when the event loop is saturated, so that slow senders alone
   * refuse nobody; those that wait for the disk count always.
   */
  #isQueueLong(): boolean {
    const queue = this.#o.pressure.utilisation() < SATURATED ? this.#accepting : this.#open
    if (queue < MIN_OPEN) return false
    this.#roll()
    return queue >= Math.max(MIN_OPEN, this.#doneBefore, this.#done)
  }

  #check(): void {
    const { pressure, logShare, maxInFlightBytes, maxRssBytes } = this.#o
    if (this.#closing) throw busy('the server is stopping', 1, { connection: 'close' })
    if (this.#inFlight >= maxInFlightBytes) throw busy('too many bytes are in flight', 1)
    if (logShare() >= FULL_LOG_SHARE) throw busy('the ingest log is nearly full', 2)
    if (this.#isQueueLong()) throw busy('too many requests are open', 1)
    if (pressure.lagMs() > MAX_LAG_MS) throw busy('the server is overloaded', 2)
    if (pressure.rssBytes() > maxRssBytes) throw busy('the server is short of memory', 3)
  }

  /** Counts bytes that came in. @throws Refusal 503 when there are too many at once */
  take(bytes: number): void {
    if (this.#inFlight + bytes > this.#o.maxInFlightBytes) throw busy('too many bytes are in flight', 1)
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
