import { describe, expect, it } from 'vitest'
import type { Around } from '../../../services/detector/attribution/around.ts'
import { compareWith } from '../../../services/detector/attribution/control.ts'
import { decide } from '../../../services/detector/decide/decide.ts'
import type { Point } from '../../../services/detector/rolling/lines.ts'
import { seriesOf, type Window } from '../../../services/detector/window/window.ts'
import type { Deploy } from '../../../shared/model/deploy.ts'
import type { Verdict } from '../../../shared/model/verdict.ts'
import type { Traffic } from '../../support/telemetry.ts'
import { deployOf, windowOf } from '../../support/window.ts'

const T0 = Date.parse('2026-03-01T10:00:00Z')
const M0 = T0 / 60_000
/** Minutes of history, and of what comes after the deploy. */
const HISTORY = 120
const AFTER = 12

type Routes = Traffic['routes']
/** Traffic of a service over some minutes of the story; the deploy is at minute 0. */
const traffic = (
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
const deploy = (t: Traffic, more: Partial<Deploy> = {}): Deploy => deployOf(t, { previous_id: 'd_before', ...more })
const window = (...all: Traffic[]): Window => windowOf(all, M0, M0 + HISTORY + 75)

const linesOf = (w: Window): Map<number, Point> =>
  new Map(
    Array.from({ length: HISTORY + AFTER }, (_, slot) => {
      const sum = (k: 'total' | 'bad') => seriesOf(w, 'route').reduce((n, s) => n + s[k][slot]!, 0)
      return [M0 + slot, { minute: M0 + slot, requests: sum('total'), errors: sum('bad'), p95Ms: 100 }]
    }),
  )

const around = (windows: Window[], near: Deploy[], calls: Around['calls'] = []): Around => ({
  windows: new Map(windows.map((w) => [w.service, w])),
  lines: new Map(windows.map((w) => [w.service, linesOf(w)])),
  calls,
  near,
})

function verdictOf(w: Window, d: Deploy, known: Around | undefined, siblings: Deploy[] = [d]): Verdict {
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

const well: Routes = { '/pay': { peer: 'bank', errorRatio: 0.01 } }
const failing: Routes = { '/pay': { peer: 'bank', errorRatio: 0.3 } }
/** shop's v2 at minute 0, whose calls to bank fail from then on. */
const shop = { v1: traffic('shop', 'v1', -HISTORY, 0, well), v2: traffic('shop', 'v2', 0, AFTER, failing) }
const hurt = window(shop.v1, shop.v2)
const v2 = deploy(shop.v2)
const other = (routes: Routes) =>
  window(traffic('mobile', 'v1', -HISTORY, 0, well), traffic('mobile', 'v1', 0, AFTER, routes))

//  calls to bank that fail       shop, deployed at ^     mobile, not deployed
//     0.3                          ┌─────                  ┌─────
//     0.01                   ──────┘                 ──────┘
//                                  ^
describe('an incident of what a service calls', () => {
  it('is not held against its deploy where another caller, which was not deployed, sees it too', () => {
    const v = verdictOf(hurt, v2, around([hurt, other(failing)], [v2]))
    expect(v.verdict, v.reason).toBe('no_difference')
    expect(v.reason).toMatch(
      /of requests to \/pay failed.*not held against this deploy: calls from mobile, which was not deployed, show it/,
    )
    expect(v.findings.filter((f) => f.harmful)).toEqual([])
    expect(v.checked.find((c) => c.signal === 'dependency_error_ratio')?.reason).toContain('not held against')
    expect(v.suspects[0]).toMatchObject({ deploy_id: v2.id })
    expect(v.suspects[0]!.score).toBeLessThanOrEqual(0.1)
  })

  it('is held against it where that other caller is well', () => {
    const v = verdictOf(hurt, v2, around([hurt, other(well)], [v2]))
    expect(v.verdict, v.reason).toBe('regressed')
  })

  it('is held against it where the only other caller was deployed in the same minute', () => {
    const mobile = deploy(traffic('mobile', 'v1', 0, AFTER, failing))
    const v = verdictOf(hurt, v2, around([hurt, other(failing)], [v2, mobile]))
    expect(v.verdict, v.reason).toBe('regressed')
  })

  it('is held against it where nobody else can tell, and says where else to look', () => {
    for (const known of [undefined, around([hurt], [v2])]) expect(verdictOf(hurt, v2, known).verdict).toBe('regressed')
    const v = verdictOf(hurt, v2, around([hurt], [v2]))
    const reasonOf = (dimension: string) => v.findings.find((f) => f.dimension === dimension)?.reason
    expect(reasonOf('/pay')).toContain('most of it comes with calls to bank; nobody else shows how bank is doing')
    expect(reasonOf('bank')).not.toContain('look there')
  })

  it('that began after the version had run well for a while says so', () => {
    const well6 = traffic('shop', 'v2', 0, 6, well)
    const later = window(shop.v1, well6, traffic('shop', 'v2', 6, AFTER, failing))
    const v = verdictOf(later, deploy(well6), around([later], [v2]))
    expect(v.verdict, v.reason).toBe('regressed')
    expect(v.reason).toMatch(/calls to bank, which went well for the first \d minutes of this version; nobody else/)
  })

  it('is not looked for in calls where the route fails by itself, or another caller is well', () => {
    const own = window(shop.v1, { ...shop.v2, routes: { '/pay': { errorRatio: 0.3 }, '/cart': { peer: 'bank' } } })
    expect(verdictOf(own, v2, around([own], [v2])).reason).not.toContain('look there')
    expect(verdictOf(hurt, v2, around([hurt, other(well)], [v2])).reason).not.toContain('look there')
  })

  it('is held against a new version that calls twice as often as the old one', () => {
    const storm = { ...shop.v2, routes: { '/pay': { peer: 'bank', errorRatio: 0.3 }, '/cart': { peer: 'bank' } } }
    const once = { ...shop.v1, routes: { '/pay': well['/pay']!, '/cart': {} } }
    const w = window(once, storm)
    const v = verdictOf(w, v2, around([w, other(failing)], [v2]))
    expect(v.verdict, v.reason).toBe('regressed')
  })

  it('is held against a canary whose old version is well in the same minutes, whatever others see', () => {
    const canary = window(shop.v1, traffic('shop', 'v1', 0, AFTER, well), shop.v2)
    const v = verdictOf(canary, v2, around([canary, other(failing)], [v2]))
    expect(v.verdict, v.reason).toBe('regressed')
  })

  it('is that of the deploy of the called service, which is named first', () => {
    const answers = (routes: Routes, version: string, from: number, to: number) =>
      traffic('bank', version, from, to, routes)
    const broken = answers({ '/transfer': { errorRatio: 0.3 } }, 'v9', 0, AFTER)
    const bank = window(answers({ '/transfer': { errorRatio: 0.01 } }, 'v8', -HISTORY, 0), broken)
    const theirs = deploy(broken)
    const v = verdictOf(hurt, v2, around([hurt, bank], [v2, theirs], [{ caller: 'shop', callee: 'bank' }]))
    expect(v.verdict, v.reason).toBe('no_difference')
    expect(v.reason).toContain('bank v9 was deployed then')
    expect(v.suspects.map((s) => s.service)).toEqual(['bank', 'shop'])
  })

  it('leaves what the calls do not explain with the deploy', () => {
    const more = window(
      { ...shop.v1, routes: { ...well, '/cart': { errorRatio: 0.01 } } },
      { ...shop.v2, routes: { ...failing, '/cart': { errorRatio: 0.2 } } },
    )
    const v = verdictOf(more, v2, around([more, other(failing)], [v2]))
    expect(v.verdict, v.reason).toBe('regressed')
    const kept = v.findings.filter((f) => f.harmful).map((f) => f.dimension)
    expect(kept).toContain('/cart')
    expect(kept).not.toContain('/pay')
    expect(kept).not.toContain('bank')
  })
})

describe('an incident of services that do not call each other', () => {
  const lone = (service: string, errorRatio: number) =>
    window(
      traffic(service, 'v1', -HISTORY, 0, { '/': { errorRatio: 0.01 } }),
      traffic(service, service === 'shop' ? 'v2' : 'v1', 0, AFTER, { '/': { errorRatio } }),
    )
  const subject = lone('shop', 0.2)
  it('is not held against a deploy where most of those that were not deployed share it', () => {
    const known = around([subject, lone('mail', 0.2), lone('search', 0.2), lone('stock', 0.01)], [v2])
    const v = verdictOf(subject, v2, known)
    expect(v.verdict, v.reason).toBe('no_difference')
    expect(v.reason).toContain('2 of 3 services that were not deployed')
  })
  it('is held against it where only one of them does, which may be chance', () => {
    const known = around([subject, lone('mail', 0.2), lone('search', 0.01), lone('stock', 0.01)], [v2])
    expect(verdictOf(subject, v2, known).verdict).toBe('regressed')
  })
  it('is held against it where those that share it call the service', () => {
    const calls = ['mail', 'search'].map((caller) => ({ caller, callee: 'shop' }))
    const known = around([subject, lone('mail', 0.2), lone('search', 0.2), lone('stock', 0.01)], [v2], calls)
    expect(verdictOf(subject, v2, known).verdict).toBe('regressed')
  })
})

describe('deploys minutes apart', () => {
  const at = (version: string, from: number, to: number, errorRatio: number) =>
    traffic('shop', version, from, to, { '/': { errorRatio } })
  const commits = (sha: string) => [{ sha: `${sha}1` }, { sha: `${sha}2` }]

  //  v1 ──────┐ v2 ┐ v3          v2 fails, and v3 holds its changes
  //           └────┴──────
  it('are judged together, and the one with which it began is named', () => {
    const [first, second] = [at('v2', -3, 0, 0.3), at('v3', 0, AFTER, 0.3)]
    const w = window(at('v1', -HISTORY, -3, 0.01), first, second)
    const all = [deploy(first, { commits: commits('a') }), deploy(second, { commits: commits('b') })]
    const v = verdictOf(w, all[1]!, undefined, all)
    expect(v.verdict, v.reason).toBe('regressed')
    expect(v.reason).toContain('it began with v2')
    expect(v.commits.commits.map((c) => c.sha)).toEqual(['a1', 'a2'])
  })

  it('are told apart where it began with the later one', () => {
    const [first, second] = [at('v2', -4, 0, 0.01), at('v3', 0, AFTER, 0.3)]
    const w = window(at('v1', -HISTORY, -4, 0.01), first, second)
    const all = [deploy(first, { commits: commits('a') }), deploy(second, { commits: commits('b') })]
    const [earlier, later] = all.map((d) => verdictOf(w, d, undefined, all))
    expect(later!.verdict, later!.reason).toBe('regressed')
    expect(later!.commits.wording).toBe('1 of 2 commits since v1')
    expect(earlier!.verdict, earlier!.reason).not.toBe('regressed')
    expect(earlier!.reason).toContain('v3 followed within minutes')
  })

  it('are named both, with the commits of both, where nothing tells them apart', () => {
    const [first, second] = [at('v2', -1, 0, 0.1), at('v3', 0, AFTER, 0.1)]
    const w = window(at('v1', -HISTORY, -1, 0.01), { ...first, requestsPerMinute: 6 }, second)
    const all = [deploy(first, { commits: commits('a') }), deploy(second, { commits: commits('b') })]
    const v = verdictOf(w, all[1]!, undefined, all)
    expect(v.verdict, v.reason).toBe('regressed')
    expect(v.reason).toMatch(/one of these 2 deploys did it/)
    expect(v.commits.commits.map((c) => c.sha).sort()).toEqual(['a1', 'a2', 'b1', 'b2'])
    expect(v.commits.wording).toMatch(/^of one of these 2 deploys: /)
    expect(v.suspects.map((s) => s.version).sort()).toEqual(['v2', 'v3'])
  })

  it('say nothing where nothing changed', () => {
    const [first, second] = [at('v2', -3, 0, 0.01), at('v3', 0, AFTER, 0.01)]
    const w = window(at('v1', -HISTORY, -3, 0.01), first, second)
    const all = [deploy(first), deploy(second)]
    const v = verdictOf(w, all[1]!, undefined, all)
    expect(v.verdict, v.reason).toBe('no_difference')
    expect(v.suspects).toEqual([])
  })

  it('leave a flag alone where it clearly began with the version after it', () => {
    const second = at('v2', 0, AFTER, 0.3)
    const w = window(at('v1', -HISTORY, 0, 0.01), second)
    const flag = deploy(at('v1', -10, 0, 0.01), { id: 'd_flag', kind: 'flag' })
    const v = verdictOf(w, flag, undefined, [flag, deploy(second)])
    expect(v.verdict, v.reason).toBe('no_difference')
    expect(v.reason).toContain('it began with v2')
    expect(v.suspects[0]).toMatchObject({ version: 'v2' })
  })
})

describe('a control', () => {
  const share = (of: number, total: number) => ({ of, total })
  const subject = { before: share(10, 1000), now: share(30, 100) }
  it('shares a change from a few failures on', () => {
    expect(compareWith(subject, { before: share(5, 500), now: share(3, 10) })).toBe('shares')
  })
  it('differs from a few dozen requests without any', () => {
    expect(compareWith(subject, { before: share(5, 500), now: share(0, 24) })).toBe('differs')
  })
  it('cannot tell from no request, from few, or where the subject did not change', () => {
    expect(compareWith(subject, { before: share(5, 500), now: share(0, 0) })).toBe('unknown')
    expect(compareWith(subject, { before: share(5, 500), now: share(0, 3) })).toBe('unknown')
    expect(compareWith({ before: share(10, 100), now: share(10, 100) }, subject)).toBe('unknown')
  })
})
