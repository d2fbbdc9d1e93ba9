import type { DecideOptions } from '../../services/detector/decide/decide.ts'
import type { Traffic } from './telemetry.ts'

/**
 * The story that tests of verdicts vary: one service of three routes, two hours of v1, then v2.
 *
 *  v1 ────────────┐ v2 ─────
 *  M0         M0 + 120        minutes
 */
export const T0 = Date.parse('2026-03-01T10:00:00Z')
export const M0 = T0 / 60_000
export const DEPLOY_MS = T0 + 7_200_000

/** Three routes of different speed; `b` alters the second. */
export const threeRoutes = (b: Traffic['routes'][string] = {}): Traffic['routes'] => ({
  '/a': { medianMs: 40, sigma: 0.5 },
  '/b': { medianMs: 80, sigma: 0.7, ...b },
  '/c': { medianMs: 20, sigma: 0.4 },
})

export const oldVersion = (more: Partial<Traffic> & { seed: number }): Traffic => ({
  service: 's',
  version: 'v1',
  commit: 'c1',
  fromMs: T0,
  minutes: 120,
  requestsPerMinute: 40,
  routes: threeRoutes(),
  ...more,
})

/** What follows `before`: the same traffic from the deploy on, as v2. */
export const newVersion = (before: Traffic, more: Partial<Traffic> & { minutes: number; seed: number }): Traffic => ({
  ...before,
  version: 'v2',
  commit: 'c2',
  fromMs: DEPLOY_MS,
  ...more,
})

/** How a look is made whose newest closed minute is this. */
export const lookAt = (closedMinute: number, more: Partial<DecideOptions> = {}): DecideOptions => ({
  settleMinutes: 1,
  watchMinutes: 60,
  sensitivity: 'normal',
  closedMinute,
  quiet: false,
  othersAlive: false,
  excluded: new Set(),
  before: null,
  nowMs: T0,
  ...more,
})
