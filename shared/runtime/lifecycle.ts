import type { Log } from './log.ts'
import type { Service } from './service.ts'

/** Starts services in order; when one fails, stops those that had started, last first, and throws its error. */
export async function startAll(services: Service[], log: Log): Promise<void> {
  const started: Service[] = []
  try {
    for (const service of services) {
      await service.start()
      started.push(service)
    }
  } catch (error) {
    await stopAll(started, log)
    throw error
  }
}

/** Stops services in reverse order. One that fails to stop does not keep the others from stopping. */
export async function stopAll(services: Service[], log: Log): Promise<void> {
  for (const service of [...services].reverse()) {
    try {
      await service.stop()
    } catch (error) {
      log.error({ event: 'stop_failed', target: service.name, error: String(error) }, 'a target did not stop cleanly')
    }
  }
}

/** Resolves at the first SIGTERM or SIGINT; a second one ends the process at once. */
export function stopSignal(): Promise<string> {
  return new Promise((resolve) => {
    for (const name of ['SIGTERM', 'SIGINT'] as const) {
      process.once(name, () => {
        resolve(name)
        for (const again of ['SIGTERM', 'SIGINT'] as const) process.once(again, () => process.exit(130))
      })
    }
  })
}
