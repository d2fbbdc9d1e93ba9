import type { Clock } from './clock.ts'
import { type Log, short } from './log.ts'
import { recordPass } from './telemetry.ts'

export type Loop = { stop(): Promise<void>; lastSuccessMs(): number | null }

/**
 * Runs `run` every `everyMs` until stopped; never two at once. An error is logged and the next run comes at its time,
 * later after repeated errors (doubling, at most 1 minute). `stop` waits for the run under way.
 */
export function startLoop(o: {
  name: string
  everyMs: number
  clock: Clock
  log: Log
  run: (signal: AbortSignal) => Promise<void>
}): Loop {
  const abort = new AbortController()
  let lastSuccess: number | null = null
  let failures = 0
  const done = (async () => {
    while (!abort.signal.aborted) {
      const startedMs = o.clock.nowMs()
      try {
        await (o.clock.track?.(() => o.run(abort.signal)) ?? o.run(abort.signal))
        lastSuccess = o.clock.nowMs()
        failures = 0
        recordPass(o.name, startedMs, o.clock.nowMs())
      } catch (error) {
        failures += 1
        recordPass(o.name, startedMs, o.clock.nowMs(), error as Error)
        o.log.error(
          {
            event: 'loop_failed',
            loop: o.name,
            failures,
            error: short(String((error as Error)?.stack ?? error), 2000),
          },
          'a pass failed and will be tried again',
        )
      }
      const waitMs = failures === 0 ? o.everyMs : Math.min(60_000, o.everyMs * 2 ** Math.min(failures, 10))
      await o.clock.sleep(waitMs, abort.signal)
    }
  })()
  return {
    lastSuccessMs: () => lastSuccess,
    stop: async () => {
      abort.abort()
      await done
    },
  }
}
