import { monitorEventLoopDelay, performance } from 'node:perf_hooks'

/** Lets other work of the event loop run: call it between chunks of a long computation. */
export const yieldToLoop = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

export type Pressure = {
  /** How long work waits for the event loop, ms: exceeded by a tenth of the turns of the last second, not by a lone pause. */
  lagMs(): number
  rssBytes(): number
  /** Share of the last window in which the event loop had work, 0 to 1. */
  utilisation(): number
  stop(): void
}

/** Watches how late the event loop is; each reading covers the last window of `windowMs`. */
export function watchPressure(windowMs = 1000): Pressure {
  const delay = monitorEventLoopDelay({ resolution: 10 })
  delay.enable()
  let lagMs = 0
  let loop = performance.eventLoopUtilization()
  let utilisation = 0
  // Reading it takes 0.2 ms: too much for each request.
  let rssBytes = process.memoryUsage.rss()
  const roll = setInterval(() => {
    lagMs = delay.count === 0 ? 0 : delay.percentile(90) / 1e6
    delay.reset()
    const now = performance.eventLoopUtilization()
    utilisation = performance.eventLoopUtilization(now, loop).utilization
    loop = now
    rssBytes = process.memoryUsage.rss()
  }, windowMs)
  roll.unref()
  return {
    lagMs: () => lagMs,
    rssBytes: () => rssBytes,
    utilisation: () => utilisation,
    stop: () => {
      clearInterval(roll)
      delay.disable()
    },
  }
}
