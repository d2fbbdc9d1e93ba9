import { describe, expect, it } from 'vitest'
import { decide } from '../../../services/detector/decide/decide.ts'
import type { Day } from '../../../services/detector/decide/season.ts'
import type { Verdict } from '../../../shared/model/verdict.ts'
import { lookAt, M0, newVersion, oldVersion, threeRoutes } from '../../support/story.ts'
import type { Traffic } from '../../support/telemetry.ts'
import { deployOf, windowOf } from '../../support/window.ts'

/** The same hours of the day before, as traffic that was like this; the last hour before the deploy is in it. */
function yesterdayOf(before: Traffic, after: Traffic): Day {
  const dayMs = 86_400_000
  const shifted = [before, after].map((t) => ({
    ...t,
    version: 'v0',
    commit: 'c0',
    fromMs: t.fromMs - dayMs,
    seed: t.seed + 9,
  }))
  return { backMin: 1440, window: windowOf(shifted, M0 + 60 - 1440, M0 + 180 - 1440) }
}

/**
 *  requests   | ‾‾‾‾‾‾‾‾‾‾\____     evening: so it was yesterday
 *                        ^ deploy
 */
it("takes a fall of traffic for the deploy's, unless it fell in the same hour yesterday", () => {
  const v1 = oldVersion({ requestsPerMinute: 400, seed: 71 })
  const v2 = newVersion(v1, { minutes: 30, requestsPerMinute: 100, seed: 72 })
  const window = windowOf([v1, v2], M0, M0 + 180)
  const judged = (seasonal: readonly Day[]) => decide(window, deployOf(v2), lookAt(M0 + 149, { seasonal }))
  const falls = (v: Verdict) => v.findings.filter((f) => f.signal === 'throughput' && f.harmful).length
  expect(falls(judged([]))).toBe(1)
  expect(falls(judged([yesterdayOf(v1, v2)]))).toBe(0)
})

describe('a nightly batch that a deploy happens to meet', () => {
  const v1 = oldVersion({ requestsPerMinute: 200, seed: 81 })
  const batch: Record<string, Traffic['routes'][string]> = {
    error_ratio: { medianMs: 80, sigma: 0.7, errorRatio: 0.08 },
    latency: { medianMs: 160, sigma: 0.7 },
  }
  for (const [signal, b] of Object.entries(batch)) {
    const v2 = newVersion(v1, { minutes: 30, routes: threeRoutes(b), seed: 82 })
    const window = windowOf([v1, v2], M0, M0 + 180)
    const judged = (seasonal: readonly Day[]) => decide(window, deployOf(v2), lookAt(M0 + 149, { seasonal }))
    const quiet: Traffic = { ...v2, routes: threeRoutes() }

    it(`is not the deploy's ${signal} where the same hours of the earlier days rose as well, and says so`, () => {
      const v = judged([yesterdayOf(v1, v2), yesterdayOf(v1, v2)])
      expect(v.verdict, v.reason).toBe('no_difference')
      const passed = v.checked.find((c) => c.signal === signal && c.dimension === '/b')
      expect(passed?.reason).toContain('so it did in the same hours of 2 earlier days')
    })

    it(`is the deploy's ${signal} where one earlier day stayed as it was`, () => {
      expect(judged([yesterdayOf(v1, v2), yesterdayOf(v1, quiet)]).verdict).toBe('regressed')
    })

    it(`is the deploy's ${signal} where the day before was as bad all along: that is no cycle`, () => {
      expect(judged([yesterdayOf({ ...v1, routes: threeRoutes(b) }, v2)]).verdict).toBe('regressed')
    })

    it(`is the deploy's ${signal} where no earlier day is known: a missing day is no zero`, () => {
      const nothing: Traffic = { ...v2, minutes: 0 }
      expect(judged([]).verdict).toBe('regressed')
      expect(judged([yesterdayOf(v1, nothing)]).verdict).toBe('regressed')
      expect(judged([yesterdayOf(v1, nothing), yesterdayOf(v1, v2)]).verdict).toBe('no_difference')
    })
  }
})
