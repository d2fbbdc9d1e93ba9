import { describe, expect, it } from 'vitest'
import { decide } from '../../../services/detector/decide/decide.ts'
import {
  ATTRIBUTE_KEYS,
  addRows,
  type Cell,
  emptyWindow,
  type Window,
} from '../../../services/detector/window/window.ts'
import type { Verdict } from '../../../shared/model/verdict.ts'
import { deployOf, ENVIRONMENT, T0 } from '../../eval/world/spec.ts'
import { SHIPPED } from '../../eval/world/watch.ts'

const HISTORY = 120
const WATCH = 20
const EMAIL = 'user.email'

/** A key that one version sends with so many of its requests (or log records) in a minute of the deploy. */
type Sent = {
  version: string
  key?: string
  sends?: 'span' | 'log'
  place?: string
  library?: string
  at: (minute: number) => number
}
type World = {
  sent: Sent[]
  beside?: boolean
  requests?: { v1: number; v2: number }
  routes?: Record<string, string[]>
}

/** v1, then v2 (beside it with `beside`); requests to /a, or to the routes of each version, all looked at, and as many log records. */
function windowOf({ sent, beside = false, requests = { v1: 60, v2: 60 }, routes = {} }: World): Window {
  const window = emptyWindow({ service: 's', environment: ENVIRONMENT }, T0 - HISTORY, T0 + 60)
  const add = (cell: Cell, version: string, key: string, minute: number, n: number, more = {}) => {
    if (n === 0) return
    const row = { service: 's', environment: ENVIRONMENT, version, commit: '', key, ...more }
    addRows(window, cell, [{ ...row, cells: [[T0 + minute, n, 0, n]] }])
  }
  for (let m = -HISTORY; m < WATCH; m++) {
    for (const version of m < 0 ? ['v1'] : beside ? ['v1', 'v2'] : ['v2']) {
      const n = requests[version as 'v1' | 'v2']
      const own = routes[version] ?? ['/a']
      for (const route of own) add('route', version, route, m, n / own.length)
      for (const sends of ['span', 'log']) add('attribute', version, `${sends} `, m, n)
      for (const s of sent.filter((each) => each.version === version)) {
        const { key = EMAIL, sends = 'span', place = '/a', library = 'http 1.2.0' } = s
        add('attribute', version, `${sends} ${key}`, m, s.at(m), { kind: library, label: sends === 'log' ? '' : place })
      }
    }
  }
  return window
}

const verdictOf = (world: World): Verdict =>
  decide(windowOf(world), deployOf('s', 'v2', 0, 'v1'), {
    ...SHIPPED,
    ...{ closedMinute: T0 + WATCH - 1, quiet: false, othersAlive: true, excluded: new Set<number>(), before: null },
    nowMs: (T0 + WATCH) * 60_000,
  })
const about = (v: Verdict) =>
  v.findings.filter((f) => f.signal === 'attribute_new' || f.signal === 'attribute_vanished')
const checked = (v: Verdict) =>
  v.checked.filter((c) => c.signal === 'attribute_new' || c.signal === 'attribute_vanished')
const always = (perMinute: number) => () => perMinute
const sentByNew = (over: Partial<Sent> = {}): Sent => ({ version: 'v2', at: always(30), ...over })
const sentByOld = (over: Partial<Sent> = {}): Sent => ({ version: 'v1', at: always(30), ...over })

describe('an attribute key', () => {
  it('that comes with a version is told with its route and share, and held against nobody', () => {
    const v = verdictOf({ sent: [sentByNew()] })
    expect(v.verdict, v.reason).toBe('no_difference')
    const [found, ...more] = about(v)
    expect(more).toEqual([])
    expect(found).toMatchObject({
      ...{ signal: 'attribute_new', dimension: 'span user.email', label: 'user.email on /a', direction: 'new' },
      ...{ harmful: false, observed: 0.5, expected: 0, unit: 'ratio', n: { baseline: 7200, current: 1140 } },
    })
    expect(found!.reason).toBe(
      'it began to send attribute user.email on /a: in 50 % of 1140 requests looked at in 19 minutes, in none of 7200 before',
    )
  })

  it('that a version sends no more is told with what was expected', () => {
    const v = verdictOf({ sent: [sentByOld()] })
    expect(v.verdict, v.reason).toBe('no_difference')
    expect(about(v)).toMatchObject([{ signal: 'attribute_vanished', harmful: false, observed: 0, expected: 0.5 }])
    expect(about(v)[0]!.reason).toContain('it stopped sending attribute user.email on /a: in none of 1140 requests')
  })

  it('of log records is told apart from that of requests', () => {
    const found = about(verdictOf({ sent: [sentByNew({ sends: 'log' }), sentByNew()] }))
    expect(found.map((f) => f.label).sort()).toEqual(['user.email in its logs', 'user.email on /a'])
  })

  it('that several routes have is told without a route', () => {
    const sent = [sentByNew({ place: '/a' }), sentByNew({ place: '/b', at: (m) => (m % 2 === 0 ? 30 : 0) })]
    const routes = { v1: ['/a', '/b'], v2: ['/a', '/b'] }
    expect(about(verdictOf({ sent, routes }))).toMatchObject([{ label: 'user.email on its requests' }])
  })

  it('that both versions send is nothing new, however much more of it is sent', () => {
    const v = verdictOf({ sent: [sentByOld({ at: always(2) }), sentByNew({ at: always(60) })] })
    expect(about(v)).toEqual([])
    expect(checked(v)).toEqual([])
  })

  it('that is sent now and then only is no property of the version', () => {
    expect(about(verdictOf({ sent: [sentByNew({ at: (m) => (m === 7 ? 40 : 0) })] }))).toEqual([])
    expect(about(verdictOf({ sent: [sentByNew({ at: (m) => (m % 5 === 3 ? 3 : 0) })] }))).toEqual([])
    expect(about(verdictOf({ sent: [sentByOld({ at: (m) => (m % 5 === 0 ? 30 : 0) })] }))).toEqual([])
  })

  it('is waited for where the new version has few requests', () => {
    const requests = { v1: 60, v2: 0.5 }
    expect(about(verdictOf({ sent: [sentByOld()], requests, beside: true }))).toEqual([])
    expect(
      about(verdictOf({ sent: [sentByOld(), sentByNew({ key: 'new', at: (m) => (m > 16 ? 1 : 0) })], requests })),
    ).toEqual([])
  })

  it('is told during a rollout where only the new version differs, and not where the old one changed too', () => {
    const late = (m: number) => (m < 0 ? 0 : 30)
    const early = (m: number) => (m < 0 ? 30 : 0)
    expect(about(verdictOf({ sent: [sentByNew()], beside: true }))).toHaveLength(1)
    expect(about(verdictOf({ sent: [sentByOld()], beside: true }))).toHaveLength(1)
    const both = verdictOf({ sent: [sentByNew(), sentByOld({ at: late })], beside: true })
    expect(about(both)).toEqual([])
    expect(checked(both)[0]!.reason).toContain('the version beside it sends it too')
    const neither = verdictOf({ sent: [sentByOld({ at: early })], beside: true })
    expect(about(neither)).toEqual([])
    expect(checked(neither)[0]!.reason).toContain('the version beside it stopped too')
  })

  it('is not told where the library that sets it came in another version, and that is said', () => {
    const was = sentByOld({ key: 'http.method', library: 'otel-http 0.52.0' })
    const is = sentByNew({ key: 'http.request.method', library: 'otel-http 0.53.0' })
    const v = verdictOf({ sent: [was, is] })
    expect(about(v)).toEqual([])
    expect(checked(v).map((c) => c.outcome)).toEqual(['pass', 'pass'])
    for (const c of checked(v)) expect(c.reason).toContain('otel-http changed from 0.52.0 to 0.53.0')
    const other = [sentByOld({ key: 'x', library: 'otel-pg 1.0.0' }), sentByNew({ key: 'x', library: 'otel-pg 1.1.0' })]
    expect(about(verdictOf({ sent: [sentByNew(), ...other] }))).toHaveLength(1)
  })

  it('is not told of a route that itself came or went', () => {
    const routes = { v1: ['/a', '/old'], v2: ['/a', '/new'] }
    const sent = [sentByOld({ key: 'o', place: '/old' }), sentByNew({ key: 'n', place: '/new' })]
    const v = verdictOf({ sent, routes })
    expect(about(v)).toEqual([])
    expect(checked(v)[0]!.reason).toContain('/new is new itself')
  })

  it('is one of ten that are told, those in most requests first', () => {
    const sent = Array.from({ length: 30 }, (_, i) => sentByNew({ key: `k${i}`, at: always(20 + i) }))
    const found = about(verdictOf({ sent })).map((f) => f.dimension)
    expect(found).toHaveLength(10)
    expect(found).toContain('span k29')
    expect(found).not.toContain('span k19')
  })

  it('is not told where a service has more of them than are kept', () => {
    const many = Array.from({ length: ATTRIBUTE_KEYS }, (_, i) => sentByOld({ key: `k${i}` }))
    const same = many.map((s) => ({ ...s, version: 'v2' }))
    expect(about(verdictOf({ sent: [...many, ...same, sentByNew()] }))).toEqual([])
    expect(about(verdictOf({ sent: [...many.slice(2), ...same.slice(2), sentByNew()] }))).toHaveLength(1)
  })
})
