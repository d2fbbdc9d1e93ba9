import { describe, expect, it } from 'vitest'
import { decide } from '../../../services/detector/decide/decide.ts'
import type { Verdict } from '../../../shared/model/verdict.ts'
import { DEPLOY_MS, lookAt, M0, newVersion, oldVersion, threeRoutes } from '../../support/story.ts'
import type { Traffic } from '../../support/telemetry.ts'
import { deployOf, windowOf } from '../../support/window.ts'

type Change = { route?: Traffic['routes'][string]; rate?: number; seed: number }
/** Two hours of v1, ten minutes of v2, looked at every minute. */
function tenMinutes({ route = {}, rate = 40, seed }: Change): Verdict[] {
  const v1 = oldVersion({ seed: seed * 2 })
  const v2 = newVersion(v1, { minutes: 10, requestsPerMinute: rate, routes: threeRoutes(route), seed: seed * 2 + 1 })
  const window = windowOf([v1, v2], M0, M0 + 180)
  const looks: Verdict[] = []
  for (let m = 120; m < 130; m++)
    looks.push(decide(window, deployOf(v2), lookAt(M0 + m, { quiet: m === 129, before: looks.at(-1) ?? null })))
  return looks
}

const SEEDS = 50
const runs = (change: Omit<Change, 'seed'>, first: number) =>
  Array.from({ length: SEEDS }, (_, i) => tenMinutes({ ...change, seed: first + i }))
const words = (all: Verdict[][]) => all.map((looks) => looks.at(-1)!.verdict)
const share = (all: Verdict[][], word: string) => words(all).filter((w) => w === word).length / all.length

describe(`over ${SEEDS} worlds each`, { timeout: 300_000 }, () => {
  it('says no difference of an unchanged version, and at no minute that it regressed', () => {
    const all = runs({}, 1000)
    expect(share(all, 'no_difference')).toBe(1)
    expect(all.flat().filter((v) => v.verdict === 'regressed')).toEqual([])
  })

  it('says no difference where traffic doubles and the ratio stays', () => {
    expect(share(runs({ rate: 80 }, 2000), 'no_difference')).toBeGreaterThanOrEqual(0.98)
  })

  it('finds 12 % of errors on one route, and names it first', () => {
    const all = runs({ route: { errorRatio: 0.12 } }, 3000)
    expect(share(all, 'regressed')).toBeGreaterThanOrEqual(0.96)
    const first = all.map((looks) => looks.at(-1)!.findings[0]).filter((f) => f?.harmful)
    expect(first.filter((f) => f!.dimension === '/b' && f!.signal === 'error_ratio').length).toBeGreaterThanOrEqual(
      0.95 * first.length,
    )
  })

  it('decides nothing from ten requests, at no minute, and says how many more it needs', () => {
    const all = runs({ rate: 1 }, 5000)
    expect(share(all, 'insufficient_data')).toBe(1)
    expect(all.flat().filter((v) => v.verdict === 'regressed')).toEqual([])
    for (const looks of all) expect(looks.at(-1)!.power.needs).toMatch(/^about \d+ more requests/)
  })

  it('finds one route that is twice as slow', () => {
    const all = runs({ route: { medianMs: 160 } }, 4000)
    expect(share(all, 'regressed')).toBeGreaterThanOrEqual(0.98)
    for (const looks of all.filter((l) => l.at(-1)!.verdict === 'regressed'))
      expect(looks.at(-1)!.findings[0]).toMatchObject({ signal: 'latency', dimension: '/b' })
  })
})

it('gives the same verdict for the same window, and leaves the window as it was', () => {
  expect(tenMinutes({ seed: 1, route: { errorRatio: 0.2 } })).toEqual(
    tenMinutes({ seed: 1, route: { errorRatio: 0.2 } }),
  )
})

it('says in milliseconds what was compared of latencies', () => {
  const checked = tenMinutes({ seed: 1 })
    .at(-1)!
    .checked.filter((c) => c.signal === 'latency')
  expect(checked.length).toBe(3)
  for (const { reason } of checked) expect(reason).toMatch(/^p[\d.]+ [\d.]+ ms, expected [\d.]+ ms:/)
})

it('judges a canary against the old version in the same minutes', () => {
  const v1 = oldVersion({ minutes: 150, requestsPerMinute: 60, seed: 1 })
  const canary = newVersion(v1, { minutes: 30, requestsPerMinute: 20, seed: 2 })
  // Both versions fail alike in the last half hour: an incident that is not the deploy's.
  const incident = { ...v1, fromMs: DEPLOY_MS, minutes: 30, routes: threeRoutes({ errorRatio: 0.3 }), seed: 3 }
  const window = windowOf(
    [{ ...v1, minutes: 120 }, incident, { ...canary, routes: threeRoutes({ errorRatio: 0.3 }) }],
    M0,
    M0 + 200,
  )
  expect(decide(window, deployOf(canary), lookAt(M0 + 149)).verdict).toBe('no_difference')
  const guilty = windowOf([v1, { ...canary, routes: threeRoutes({ errorRatio: 0.3 }) }], M0, M0 + 200)
  expect(decide(guilty, deployOf(canary), lookAt(M0 + 149)).verdict).toBe('regressed')
})

it('compares the whole service before and after where a flag changed and no version', () => {
  const before = oldVersion({ seed: 1 })
  const after: Traffic = {
    ...before,
    fromMs: DEPLOY_MS,
    minutes: 10,
    routes: threeRoutes({ errorRatio: 0.2 }),
    seed: 2,
  }
  const flag = deployOf(after, { kind: 'flag', version: '', commit: '', first_seen_at: null })
  expect(decide(windowOf([before, after], M0, M0 + 180), flag, lookAt(M0 + 129)).verdict).toBe('regressed')
})

it('says of the first minute that it looks worse where it does, and no more than that', () => {
  const first = (errorRatio: number) => {
    const v1 = oldVersion({ seed: 1 })
    const v2 = newVersion(v1, { minutes: 10, requestsPerMinute: 120, routes: threeRoutes({ errorRatio }), seed: 2 })
    return decide(windowOf([v1, v2], M0, M0 + 180), deployOf(v2), lookAt(M0 + 121))
  }
  expect(first(0.4)).toMatchObject({
    verdict: 'pending',
    reason: expect.stringMatching(
      /^1 of 5 minutes judged so far; it looks worse, and is decided if that holds: .* \/b /,
    ),
  })
  expect(first(0.01)).toMatchObject({ verdict: 'pending', reason: '1 of 5 minutes judged so far; no difference yet' })
})

it('says that nothing is there to compare with for the first version ever', () => {
  const only = oldVersion({ minutes: 30, seed: 1 })
  const verdict = decide(windowOf([only], M0 - 360, M0 + 60), deployOf(only), lookAt(M0 + 29))
  expect(verdict).toMatchObject({
    verdict: 'insufficient_data',
    reason: expect.stringContaining('nothing to compare with'),
  })
})

it('tells a version that was announced and never seen from one that regressed', () => {
  const v1 = oldVersion({ minutes: 150, seed: 1 })
  const announced = deployOf(newVersion(v1, { minutes: 0, seed: 2 }), { first_seen_at: null, sources: ['api'] })
  const verdict = decide(windowOf([v1], M0, M0 + 200), announced, lookAt(M0 + 149))
  expect(verdict).toMatchObject({
    verdict: 'insufficient_data',
    reason: expect.stringContaining('nothing of version v2'),
  })
})

it('says when a service falls silent with its deploy while others do not', () => {
  const v1 = oldVersion({ seed: 1 })
  const dead = deployOf(newVersion(v1, { minutes: 0, seed: 2 }), { first_seen_at: null, sources: ['api'] })
  const window = windowOf([v1], M0, M0 + 200)
  expect(decide(window, dead, lookAt(M0 + 130, { othersAlive: true }))).toMatchObject({
    verdict: 'regressed',
    findings: [{ signal: 'silence' }],
  })
  expect(decide(window, dead, lookAt(M0 + 130)).verdict).not.toBe('regressed')
})
