import { describe, expect, it } from 'vitest'
import { levelOf } from '../../../services/detector/anomalies/level.ts'
import { decide } from '../../../services/detector/decide/decide.ts'
import { addRows, type Cell, emptyWindow, type Window } from '../../../services/detector/window/window.ts'
import type { Anomaly } from '../../../shared/model/anomaly.ts'
import type { Finding } from '../../../shared/model/verdict.ts'
import { deployOf, ENVIRONMENT, T0 } from '../../eval/world/spec.ts'
import { SHIPPED } from '../../eval/world/watch.ts'

const HISTORY = 120
const WATCH = 20
const RULE = 'github_token'

/** Items with something masked, by minute since the deploy, build and place. */
type Leak = { version: string; place?: string; rule?: string; at: (minute: number) => number }
type World = { leaks: Leak[]; beside?: boolean; requests?: number; maskedBefore?: ReadonlyMap<string, number> }

/** v1, then v2 (beside it with `beside`); 60 requests and 20 log records a minute, or records only. */
function windowOf({ leaks, beside = false, requests = 60 }: World): Window {
  const window = emptyWindow({ service: 's', environment: ENVIRONMENT }, T0 - HISTORY, T0 + 60)
  const add = (cell: Cell, version: string, key: string, minute: number, n: number, more = {}) => {
    if (n === 0) return
    const row = { service: 's', environment: ENVIRONMENT, version, commit: '', key, ...more }
    addRows(window, cell, [{ ...row, cells: [[T0 + minute, n, 0, n]] }])
  }
  for (let m = -HISTORY; m < WATCH; m++) {
    for (const version of m < 0 ? ['v1'] : beside ? ['v1', 'v2'] : ['v2']) {
      add('route', version, '/a', m, requests)
      add('log', version, 'info', m, 20)
    }
    for (const { version, place = '/a', rule = RULE, at } of leaks)
      add('redaction', version, `${rule} ${place}`, m, at(m), { kind: rule, label: place })
  }
  return window
}

const secretsOf = (world: World): Finding[] =>
  decide(windowOf(world), deployOf('s', 'v2', 0, 'v1'), {
    ...SHIPPED,
    ...{ closedMinute: T0 + WATCH - 1, quiet: false, othersAlive: true, excluded: new Set<number>(), before: null },
    ...(world.maskedBefore && { maskedBefore: world.maskedBefore }),
    nowMs: (T0 + WATCH) * 60_000,
  }).findings.filter((f) => f.signal === 'secret_new')

const since = (perMinute: number) => (m: number) => (m < 0 ? 0 : perMinute)

describe('a secret that redaction masks', () => {
  it('is held against the deploy since which it is sent, once for all places, and named by the place with the most', () => {
    const leaks = [
      { version: 'v2', place: '/a', at: since(1) },
      { version: 'v2', place: '/b', at: since(3) },
    ]
    const [found, ...more] = secretsOf({ leaks })
    expect(more).toEqual([])
    expect(found).toMatchObject({ harmful: true, dimension: RULE, label: 'a GitHub token in /b', observed: 4 })
  })

  it('is found in a service that sends logs only', () => {
    const [found] = secretsOf({ requests: 0, leaks: [{ version: 'v2', place: '', at: since(1) }] })
    expect(found).toMatchObject({ harmful: true, label: 'a GitHub token in its logs' })
  })

  it('is found where it stands in every fourth minute only', () => {
    expect(secretsOf({ leaks: [{ version: 'v2', at: (m) => (m > 0 && m % 4 === 0 ? 1 : 0) }] })).toHaveLength(1)
  })

  it('is no finding when one accident sends a hundred of it', () => {
    expect(secretsOf({ leaks: [{ version: 'v2', at: (m) => (m === 7 ? 100 : 0) }] })).toEqual([])
  })

  it('is no finding where the deploy before sent it, however seldom', () => {
    const leaks = [
      { version: 'v1', at: (m: number) => (m === -100 ? 1 : 0) },
      { version: 'v2', at: since(3) },
    ]
    expect(secretsOf({ leaks })).toEqual([])
  })

  it('is no finding where the old version beside it sends it since then, too', () => {
    const leaks = ['v1', 'v2'].map((version) => ({ version, at: since(3) }))
    expect(secretsOf({ leaks, beside: true })).toEqual([])
    expect(secretsOf({ leaks: leaks.slice(1), beside: true })).toHaveLength(1)
  })

  it('hurts nobody where it was sent days ago', () => {
    const maskedBefore = new Map([[RULE, T0 - 5000]])
    expect(secretsOf({ leaks: [{ version: 'v2', at: since(3) }], maskedBefore })).toMatchObject([{ harmful: false }])
  })

  it('is no finding where it is the value of a header that is masked by its name', () => {
    expect(secretsOf({ leaks: [{ version: 'v2', rule: 'sensitive_key', at: since(60) }] })).toEqual([])
  })
})

describe('its anomaly', () => {
  const level = (at: (m: number) => number) => {
    const world = { leaks: [{ version: 'v2', at }] }
    const anomaly = { signal: 'secret_new', dimension: RULE, observed: 3, expected: 0 } as Anomaly
    const started_at = new Date(T0 * 60_000).toISOString()
    return levelOf({ ...anomaly, started_at }, { version: 'v2', commit: '' }, windowOf(world), T0 + WATCH - 1).state
  }
  it('stays away from its baseline while any of it is sent', () => {
    expect(level((m) => (m < 0 ? 0 : m < 5 ? 30 : m % 6 === 0 ? 1 : 0))).toBe('away')
  })
  it('is back when ten minutes of requests carried none', () => {
    expect(level((m) => (m >= 0 && m < WATCH - 10 ? 3 : 0))).toBe('back')
  })
})
