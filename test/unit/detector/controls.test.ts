import { describe, expect, it } from 'vitest'
import type { Around } from '../../../services/detector/attribution/around.ts'
import { compareWith } from '../../../services/detector/attribution/control.ts'
import type { Point } from '../../../services/detector/rolling/lines.ts'
import { seriesOf, type Window } from '../../../services/detector/window/window.ts'
import type { Deploy } from '../../../shared/model/deploy.ts'
import { AFTER, deploy, HISTORY, M0, type Routes, traffic, verdictOf, window } from './support/minutes.ts'

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
