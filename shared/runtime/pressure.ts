import { monitorEventLoopDelay, performance, type RecordableHistogram } from 'node:perf_hooks'

/** Lets other work of the event loop run: call it between chunks of a long computation. */
export const yieldToLoop = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

export type Pressure = {
  /** How long work waits for the event loop, ms: exceeded by a tenth of the turns of each of the last two windows, not by a lone pause. */
  lagMs(): number
  rssBytes(): number
  /** Share of the last window in which the event loop had work, 0 to 1. */
  utilisation(): number
  stop(): void
}

/** Lateness that lasts. A pause as long as a window is all of its turns, so that one window alone cannot tell it from overload. */
export class Lag {
  #lastMs = 0
  ms = 0

  /** Takes the lateness of a window's turns, in nanoseconds, and clears it for the next window. */
  roll(turns: Pick<RecordableHistogram, 'count' | 'percentile' | 'reset'>): void {
    const nowMs = turns.count === 0 ? 0 : turns.percentile(90) / 1e6
    this.ms = Math.min(nowMs, this.#lastMs)
    this.#lastMs = nowMs
    turns.reset()
  }
}

/** Watches how late the event loop is; each reading covers the last window of `windowMs`. */
export function watchPressure(windowMs = 1000): Pressure {
  const delay = monitorEventLoopDelay({ resolution: 10 })
  delay.enable()
  const lag = new Lag()
  let loop = performance.eventLoopUtilization()
  let utilisation = 0
  // Reading it takes 0.2 ms: too much for each request.
  let rssBytes = process.memoryUsage.rss()
  const roll = setInterval(() => {
    lag.roll(delay)
    const now = performance.eventLoopUtilization()
    utilisation = performance.eventLoopUtilization(now, loop).utilization
    loop = now
    rssBytes = process.memoryUsage.rss()
  }, windowMs)
  roll.unref()
  return {
    lagMs: () => lag.ms,
    rssBytes: () => rssBytes,
    utilisation: () => utilisation,
    stop: () => {
      clearInterval(roll)
      delay.disable()
    },
  }
}
