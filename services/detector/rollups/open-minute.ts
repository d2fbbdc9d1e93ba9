import { noneTouched, type Touched } from './touched.ts'

/** How often the minute that is still going on is recomputed, ms. It is shown meanwhile, and judged only when it is over. */
const AGAIN_MS = 30_000
const SIGNALS = ['traces', 'logs', 'metrics'] as const

export type DueMinutes = {
  touched: Touched
  /** When the newest of it was noted. */
  arrivedMs: number
  /** To be called when all of it was recomputed; what was taken and not done is due again. */
  done(): void
}

/**
 * Holds back the minute that goes on where it was recomputed a moment ago: recomputing reads the whole minute, and a pass every
 * ten seconds would read it six times. The first rows of a minute, and all rows once it is over, are due at once.
 */
export class OpenMinute {
  #waiting = noneTouched()
  /** The minute that went on last, and when it was recomputed for each signal. */
  #minute = 0
  readonly #computedMs = new Map<string, number>()
  #arrivedMs = 0

  /** What is due, of what was touched now and of what was held back. */
  take(touched: Touched, arrivedMs: number, nowMs: number): DueMinutes {
    const now = Math.floor(nowMs / 60_000)
    if (now !== this.#minute) this.#computedMs.clear()
    this.#minute = now
    const due = noneTouched()
    const held = noneTouched()
    for (const signal of SIGNALS) {
      const early = nowMs - (this.#computedMs.get(signal) ?? Number.NEGATIVE_INFINITY) < AGAIN_MS
      for (const minute of touched[signal]) this.#waiting[signal].add(minute)
      for (const minute of this.#waiting[signal]) (minute === now && early ? held : due)[signal].add(minute)
    }
    this.#arrivedMs = Math.max(arrivedMs, this.#arrivedMs)
    const done = () => {
      for (const signal of SIGNALS) if (due[signal].has(now)) this.#computedMs.set(signal, nowMs)
      this.#waiting = held
      if (SIGNALS.every((signal) => held[signal].size === 0)) this.#arrivedMs = 0
    }
    return { touched: due, arrivedMs: this.#arrivedMs, done }
  }
}

/** Minutes that a process may have held back when it ended: that of its cursor, and the next, as senders' clocks may be ahead. */
export function heldAt(cursorMs: number): Touched {
  const minute = Math.floor(cursorMs / 60_000)
  const minutes = cursorMs > 0 ? [minute, minute + 1] : []
  return { traces: new Set(minutes), logs: new Set(minutes), metrics: new Set(minutes) }
}
