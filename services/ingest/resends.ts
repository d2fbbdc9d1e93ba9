import type { Decoded } from './decode/index.ts'
import { RESEND_WINDOW_MS } from './log/open.ts'

/** About 120 bytes each: 300,000 take 36 MB, and are 15 minutes at 330 requests a second. The oldest go first. */
const MAX_ENTRIES = 300_000

/** `done` resolves when the earlier one is durable, with what was to be said about it, if anything. */
export type Earlier = { receivedAtMs: number; done: Promise<Decoded | null> }

const settled = Promise.resolve(null)

/**
 * The bodies of the last 15 minutes by hash: a byte-equal one is a re-send, answered as before and not stored again. One without any
 * time in it is forgotten when it is durable, since an equal one may be new. Turned off it knows none.
 */
export class Resends {
  readonly #known = new Map<string, Earlier>()
  readonly #isOn: boolean

  constructor(isOn: boolean) {
    this.#isOn = isOn
  }

  /** Takes over what the log knew at the start. */
  restore(seen: { hash: string; receivedAtMs: number }[]): void {
    if (!this.#isOn) return
    for (const { hash, receivedAtMs } of seen.slice(-MAX_ENTRIES)) {
      this.#known.set(hash, { receivedAtMs, done: settled })
    }
  }

  find(hash: string, nowMs: number): Earlier | null {
    const earlier = this.#known.get(hash)
    return earlier && earlier.receivedAtMs > nowMs - RESEND_WINDOW_MS ? earlier : null
  }

  add(hash: string, earlier: Earlier): void {
    if (!this.#isOn) return
    this.#known.delete(hash)
    this.#known.set(hash, earlier)
    for (const [oldest, { receivedAtMs }] of this.#known) {
      const isOld = receivedAtMs <= earlier.receivedAtMs - RESEND_WINDOW_MS
      if (!isOld && this.#known.size <= MAX_ENTRIES) break
      this.#known.delete(oldest)
    }
  }

  forget(hash: string): void {
    this.#known.delete(hash)
  }

  get size(): number {
    return this.#known.size
  }
}
