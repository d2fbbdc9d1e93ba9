import { describe, expect, it } from 'vitest'
import { type DecideOptions, decide } from '../../../services/detector/decide/decide.ts'
import type { Verdict } from '../../../shared/model/verdict.ts'
import type { Traffic } from '../../support/telemetry.ts'
import { deployOf, windowOf } from '../../support/window.ts'

const T0 = Date.parse('2026-03-01T10:00:00Z')
const M0 = T0 / 60_000
const options = (closedMinute: number, more: Partial<DecideOptions> = {}): DecideOptions => ({
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

type Change = { route?: Traffic['routes'][string]; rate?: number; seed: number }
const routes = (b: Traffic['routes'][string] = {}): Traffic['routes'] => ({
  '/a': { medianMs: 40, sigma: 0.5 },
  '/b': { medianMs: 80, sigma: 0.7, ...b },
  '/c': { medianMs: 20, sigma: 0.4 },
})

/** Two hours of v1, ten minutes of v2, looked at every minute. */
function tenMinutes({ route = {}, rate = 40, seed }: Change): Verdict[] {
  const v1: Traffic = {
    service: 's',
    version: 'v1',
    commit: 'c1',
    fromMs: T0,
    minutes: 120,
    requestsPerMinute: 40,
    routes: routes(),
    seed: seed * 2,
  }
  const v2: Traffic = {
    ...v1,
    version: 'v2',
    commit: 'c2',
    fromMs: T0 + 7_200_000,
    minutes: 10,
    requestsPerMinute: rate,
    routes: routes(route),
    seed: seed * 2 + 1,
  }
  const window = windowOf([v1, v2], M0, M0 + 180)
  const looks: Verdict[] = []
  for (let m = 120; m < 130; m++)
    looks.push(decide(window, deployOf(v2), options(M0 + m, { quiet: m === 129, before: looks.at(-1) ?? null })))
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
  const v1: Traffic = {
    service: 's',
    version: 'v1',
    commit: 'c1',
    fromMs: T0,
    minutes: 150,
    requestsPerMinute: 60,
    routes: routes(),
    seed: 1,
  }
  const canary: Traffic = {
    ...v1,
    version: 'v2',
    commit: 'c2',
    fromMs: T0 + 7_200_000,
    minutes: 30,
    requestsPerMinute: 20,
    seed: 2,
  }
  // Both versions fail alike in the last half hour: an incident that is not the deploy's.
  const incident = { ...v1, fromMs: T0 + 7_200_000, minutes: 30, routes: routes({ errorRatio: 0.3 }), seed: 3 }
  const window = windowOf(
    [{ ...v1, minutes: 120 }, incident, { ...canary, routes: routes({ errorRatio: 0.3 }) }],
    M0,
    M0 + 200,
  )
  expect(decide(window, deployOf(canary), options(M0 + 149)).verdict).toBe('no_difference')
  const guilty = windowOf([v1, { ...canary, routes: routes({ errorRatio: 0.3 }) }], M0, M0 + 200)
  expect(decide(guilty, deployOf(canary), options(M0 + 149)).verdict).toBe('regressed')
})

it('compares the whole service before and after where a flag changed and no version', () => {
  const before: Traffic = {
    service: 's',
    version: 'v1',
    commit: 'c1',
    fromMs: T0,
    minutes: 120,
    requestsPerMinute: 40,
    routes: routes(),
    seed: 1,
  }
  const after: Traffic = {
    ...before,
    fromMs: T0 + 7_200_000,
    minutes: 10,
    routes: routes({ errorRatio: 0.2 }),
    seed: 2,
  }
  const flag = deployOf(after, { kind: 'flag', version: '', commit: '', first_seen_at: null })
  expect(decide(windowOf([before, after], M0, M0 + 180), flag, options(M0 + 129)).verdict).toBe('regressed')
})

it('says that nothing is there to compare with for the first version ever', () => {
  const only: Traffic = {
    service: 's',
    version: 'v1',
    commit: 'c1',
    fromMs: T0,
    minutes: 30,
    requestsPerMinute: 40,
    routes: routes(),
    seed: 1,
  }
  const verdict = decide(windowOf([only], M0 - 360, M0 + 60), deployOf(only), options(M0 + 29))
  expect(verdict).toMatchObject({
    verdict: 'insufficient_data',
    reason: expect.stringContaining('nothing to compare with'),
  })
})

it('tells a version that was announced and never seen from one that regressed', () => {
  const v1: Traffic = {
    service: 's',
    version: 'v1',
    commit: 'c1',
    fromMs: T0,
    minutes: 150,
    requestsPerMinute: 40,
    routes: routes(),
    seed: 1,
  }
  const announced = deployOf(
    { ...v1, version: 'v2', commit: 'c2', fromMs: T0 + 7_200_000 },
    { first_seen_at: null, sources: ['api'] },
  )
  const verdict = decide(windowOf([v1], M0, M0 + 200), announced, options(M0 + 149))
  expect(verdict).toMatchObject({
    verdict: 'insufficient_data',
    reason: expect.stringContaining('nothing of version v2'),
  })
})

it('says when a service falls silent with its deploy while others do not', () => {
  const v1: Traffic = {
    service: 's',
    version: 'v1',
    commit: 'c1',
    fromMs: T0,
    minutes: 120,
    requestsPerMinute: 40,
    routes: routes(),
    seed: 1,
  }
  const dead = deployOf(
    { ...v1, version: 'v2', commit: 'c2', fromMs: T0 + 7_200_000 },
    { first_seen_at: null, sources: ['api'] },
  )
  const window = windowOf([v1], M0, M0 + 200)
  expect(decide(window, dead, options(M0 + 130, { othersAlive: true }))).toMatchObject({
    verdict: 'regressed',
    findings: [{ signal: 'silence' }],
  })
  expect(decide(window, dead, options(M0 + 130)).verdict).not.toBe('regressed')
})
