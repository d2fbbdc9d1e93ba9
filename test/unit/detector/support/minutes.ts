import type { Around } from '../../../../services/detector/attribution/around.ts'
import { decide } from '../../../../services/detector/decide/decide.ts'
import type { Window } from '../../../../services/detector/window/window.ts'
import type { Deploy } from '../../../../shared/model/deploy.ts'
import type { Verdict } from '../../../../shared/model/verdict.ts'
import type { Traffic } from '../../../support/telemetry.ts'
import { deployOf, windowOf } from '../../../support/window.ts'

/** A deploy at minute 0, some minutes of which are judged against two hours before it. */
export const T0 = Date.parse('2026-03-01T10:00:00Z')
export const M0 = T0 / 60_000
/** Minutes of history, and of what comes after the deploy. */
export const HISTORY = 120
export const AFTER = 12

export type Routes = Traffic['routes']
/** Traffic of a service over some minutes of the story; the deploy is at minute 0. */
export const traffic = (
  service: string,
  version: string,
  from: number,
  to: number,
  routes: Routes,
  perMinute = 60,
): Traffic => ({
  service,
  version,
  commit: '',
  fromMs: T0 + (HISTORY + from) * 60_000,
  minutes: to - from,
  requestsPerMinute: perMinute,
  routes,
  seed: service.length * 1000 + HISTORY + from + version.length,
})
export const deploy = (t: Traffic, more: Partial<Deploy> = {}): Deploy =>
  deployOf(t, { previous_id: 'd_before', ...more })
export const window = (...all: Traffic[]): Window => windowOf(all, M0, M0 + HISTORY + 75)

export function verdictOf(w: Window, d: Deploy, known: Around | undefined, siblings: Deploy[] = [d]): Verdict {
  return decide(w, d, {
    settleMinutes: 1,
    watchMinutes: 60,
    sensitivity: 'normal',
    closedMinute: M0 + HISTORY + AFTER - 1,
    quiet: false,
    othersAlive: false,
    excluded: new Set(),
    siblings,
    around: known,
    before: null,
    nowMs: T0 + (HISTORY + AFTER) * 60_000,
  })
}
