import { monitorEventLoopDelay, performance } from 'node:perf_hooks'

/** Lets other work of the event loop run: call it between chunks of a long computation. */
export const yieldToLoop = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

export type Pressure = {
  /** The longest that the event loop was held up lately, ms. */
  lagMs(): number
  rssBytes(): number
  /** Share of the last window in which the event loop had work, 0 to 1. */
  utilisation(): number
  stop(): void
}

/** Watches how late the event loop is; each reading covers the last one to two windows of `windowMs`. */
export function watchPressure(windowMs = 1000): Pressure {
  const delay = monitorEventLoopDelay({ resolution: 10 })
  delay.enable()
  let previousMs = 0
  let loop = performance.eventLoopUtilization()
  let utilisation = 0
  // Reading it takes 0.2 ms: too much for each request.
  let rssBytes = process.memoryUsage.rss()
  const roll = setInterval(() => {
    previousMs = delay.max / 1e6
    delay.reset()
    const now = performance.eventLoopUtilization()
    utilisation = performance.eventLoopUtilization(now, loop).utilization
    loop = now
    rssBytes = process.memoryUsage.rss()
  }, windowMs)
  roll.unref()
  return {
    lagMs: () => Math.max(previousMs, delay.count === 0 ? 0 : delay.max / 1e6),
    rssBytes: () => rssBytes,
    utilisation: () => utilisation,
    stop: () => {
      clearInterval(roll)
      delay.disable()
    },
  }
}
