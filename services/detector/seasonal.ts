import type { Deploy } from '../../shared/model/deploy.ts'
import type { Store } from '../../shared/store/store.ts'
import type { Day } from './decide/season.ts'
import { spanOf } from './window/cache.ts'
import { fill } from './window/read.ts'
import { type Cell, emptyWindow } from './window/window.ts'

/** Earlier days whose same hours tell what is usual now: yesterday, and the same day last week. */
const DAYS_BACK = [1, 7]
const DAY_MIN = 1440
/** Minutes before the same hours, which say whether that day changed then too. */
const BEFORE_MINUTES = 60
/** What is compared with earlier days. */
const CELLS: readonly Cell[] = ['route', 'edge', 'exception', 'log', 'pattern', 'metric']

/** Reads the same hours of earlier days for the watch of one deploy, newest day first; days without any telemetry are left out. */
export async function readSeasonal(
  store: Store,
  of: Pick<Deploy, 'service' | 'environment' | 'started_at' | 'first_seen_at'>,
  watchMinutes: number,
): Promise<Day[]> {
  const { from, start, to } = {
    ...spanOf(of, watchMinutes),
    start: Math.floor(Date.parse(of.started_at) / 60_000),
  }
  const days = DAYS_BACK.map((n) => {
    const backMin = n * DAY_MIN
    const first = Math.max(from, start - BEFORE_MINUTES) - backMin
    return { backMin, window: emptyWindow(of, first, to - backMin) }
  })
  for (const { window } of days) await fill(store, [window], window.fromMinute, window.toMinute, CELLS)
  return days.filter(({ window }) => window.series.size > 0)
}
