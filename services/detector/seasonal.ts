import type { Deploy } from '../../shared/model/deploy.ts'
import { requestsByMinute } from '../../shared/store/rollups.ts'
import type { Store } from '../../shared/store/store.ts'

/** Earlier days whose same hours tell what is usual now: yesterday, and the same day last week. */
const DAYS_BACK = [1, 7]
const DAY_MIN = 1440

/** Requests of the service in the minutes of a watch as they were on earlier days: epoch minute of the watch → requests then. */
export type Seasonal = readonly ReadonlyMap<number, number>[]

/** Reads the same hours of earlier days for the watch of one deploy, newest day first; days without any request are left out. */
export async function readSeasonal(store: Store, deploy: Deploy, watchMinutes: number): Promise<Seasonal> {
  const startedMs = Date.parse(deploy.started_at)
  const days = await Promise.all(
    DAYS_BACK.map(async (days) => {
      const backMin = days * DAY_MIN
      const fromMs = startedMs - backMin * 60_000
      const span = { fromMs, toMs: fromMs + (watchMinutes + 10) * 60_000 }
      const then = await requestsByMinute(store, { service: deploy.service, environment: deploy.environment, ...span })
      return new Map([...then].map(([minute, n]) => [minute + backMin, n]))
    }),
  )
  return days.filter((day) => day.size > 0)
}
