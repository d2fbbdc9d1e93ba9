import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { excessOf, type NodeSeries } from '../../../services/detector/attribution/excess.ts'
import { callGraph, distances } from '../../../services/detector/attribution/graph.ts'
import { type FlowQuestion, rankByFlow } from '../../../services/detector/attribution/rank_flow.ts'
import { runs } from '../../support/property.ts'

/*
 *   web ──▶ cart ──▶ db
 *    └────▶ mail
 */
const graph = callGraph([
  ['web', 'cart'],
  ['web', 'mail'],
  ['cart', 'db'],
])

/** 120 quiet steps that wobble by 5 %, the same every time. */
const quiet = (level: number, requests: number, steps = 120): NodeSeries => ({
  value: Array.from({ length: steps }, (_, i) => level * (1 + 0.05 * Math.sin(i * 2.4))),
  requests: Array.from({ length: steps }, () => requests),
})
const at = (value: (number | null)[], requests: number): NodeSeries => ({ value, requests: value.map(() => requests) })

const usual = {
  web: quiet(0.1, 500),
  cart: quiet(0.04, 300),
  db: quiet(0.01, 900),
  mail: quiet(0.02, 100),
  other: quiet(0.02, 100),
}
const still = { web: quiet(0.1, 500, 5), cart: quiet(0.04, 300, 5), db: quiet(0.01, 900, 5), mail: quiet(0.02, 100, 5) }

function ask(now: Record<string, NodeSeries>, more: Partial<FlowQuestion> = {}): string[] {
  return rank(now, more).suspects.map((s) => s.node)
}
const rank = (now: Record<string, NodeSeries>, more: Partial<FlowQuestion> = {}) =>
  rankByFlow({
    graph,
    target: 'web',
    measure: 'latency',
    history: new Map(Object.entries(usual)),
    window: new Map(Object.entries({ ...still, ...now })),
    ...more,
  })

const slowDb = {
  db: at([0.01, 0.01, 0.05, 0.05, 0.05], 900),
  cart: at([0.04, 0.04, 0.16, 0.16, 0.16], 300),
  web: at([0.1, 0.1, 0.17, 0.17, 0.17], 500),
}

describe('time that begins somewhere', () => {
  it('names the deepest slow node first, though its callers lost as much', () => {
    const ranking = rank(slowDb)
    expect(ranking.suspects.map((s) => s.node)).toEqual(['db', 'cart', 'web'])
    expect(ranking.suspects.map((s) => s.role)).toEqual(['origin', 'affected', 'affected'])
  })

  it('names the caller when what it calls is as fast as ever', () => {
    expect(ask({ cart: at([0.04, 0.04, 0.16, 0.16, 0.16], 300) })).toEqual(['cart'])
  })

  it('says how much, instead of what, and what callees explain', () => {
    const [db, cart] = rank(slowDb, { unit: ' s' }).suspects
    expect(db!.evidence[0]).toMatch(
      /^0\.034 s a request instead of 0\.01\d* s over 4500 requests: 10\d more in all|^0\.034 s a request/,
    )
    expect(db!.evidence[1]).toBe('nothing that it calls is worse than usual')
    expect(cart!.evidence[1]).toContain('its callees db explain')
  })

  it('prefers much time over a high factor: a rare call that got ten times slower is not what hurts', () => {
    const now = { ...slowDb, mail: at([0.2, 0.2, 0.2, 0.2, 0.2], 3) }
    expect(ask(now)[0]).toBe('db')
  })

  it('finds failures where they begin, after none at all before', () => {
    const none = quiet(0, 500)
    const history = new Map(Object.keys(usual).map((n) => [n, none]))
    const window = new Map(Object.keys(still).map((n) => [n, at([0, 0, 0, 0, 0], 500)]))
    window.set('cart', at([0, 0, 0.02, 0.01, 0.02], 300))
    window.set('web', at([0, 0, 0.01, 0.01, 0.01], 500))
    const ranking = rank({}, { measure: 'errors', history, window })
    expect(ranking.suspects.map((s) => s.node)).toEqual(['cart', 'web'])
    expect(ranking.suspects[0]!.evidence[0]).toContain('of 1500 requests failed instead of 0 %')
  })

  it('is not blinded by an hour of history that was already bad', () => {
    const history = new Map<string, NodeSeries>(Object.entries(usual))
    const bad = usual.db.value.map((v, i) => (i < 4 ? 0.06 : v))
    history.set('db', { value: bad, requests: usual.db.requests })
    expect(ask(slowDb, { history })[0]).toBe('db')
  })
})

describe('nothing is named', () => {
  it('when nothing changed', () => {
    const ranking = rank({})
    expect(ranking.suspects).toEqual([])
    expect(ranking.reason).toBe('none of the 4 nodes that web reaches is worse than its own history')
  })

  it('when everything got faster', () => {
    expect(ask({ db: at([0.005, 0.005, 0.005, 0.005, 0.005], 900) })).toEqual([])
  })

  it('when traffic rose and latency did not', () => {
    expect(ask({ db: at([0.01, 0.01, 0.01, 0.01, 0.01], 5000) })).toEqual([])
  })

  it('for what the target does not reach', () => {
    expect(ask({ other: at([9, 9, 9, 9, 9], 900) })).toEqual([])
  })

  it('for one bad step of many', () => {
    const value = usual.db.value.map((v, i) => (i === 50 ? 0.5 : v))
    expect(ask({ db: { value, requests: usual.db.requests } })).toEqual([])
  })

  it('for time that the target would not notice', () => {
    expect(ask({ mail: at([0.02, 0.02, 0.05, 0.05, 0.05], 10) })).toEqual([])
  })

  it('for a single failed request', () => {
    const history = new Map(Object.keys(usual).map((n) => [n, quiet(0, 500)]))
    const window = new Map([['cart', at([0, 0, 0.002, 0, 0], 500)]])
    expect(ask({}, { measure: 'errors', history, window })).toEqual([])
  })

  it('without data before, or now', () => {
    expect(excessOf(at([null, null], 5), at([1], 5), 'latency')).toBeNull()
    expect(excessOf(at([1, 1], 5), at([null], 5), 'latency')).toBeNull()
    expect(excessOf(at([1, 1], 0), at([1], 5), 'latency')).toBeNull()
    expect(ask({}, { history: new Map() })).toEqual([])
  })
})

describe('for any series and any graph', () => {
  const value = fc.option(fc.double({ min: 0, max: 10, noNaN: true }), { nil: null })
  const series = fc
    .array(fc.tuple(value, fc.option(fc.integer({ min: 0, max: 1000 }), { nil: null })), {
      minLength: 1,
      maxLength: 40,
    })
    .map((rows): NodeSeries => ({ value: rows.map((r) => r[0]), requests: rows.map((r) => r[1]) }))
  const node = fc.constantFrom('a', 'b', 'c', 'd')
  const edges = fc.array(fc.tuple(node, node), { maxLength: 12 })

  it('ends, names only what is reached, and each at most once, with a number', () => {
    fc.assert(
      fc.property(edges, fc.dictionary(node, series), fc.dictionary(node, series), (calls, before, now) => {
        const g = callGraph(calls)
        const ranking = rankByFlow({
          graph: g,
          target: 'a',
          measure: 'latency',
          history: new Map(Object.entries(before)),
          window: new Map(Object.entries(now)),
        })
        const nodes = ranking.suspects.map((s) => s.node)
        expect(new Set(nodes).size).toBe(nodes.length)
        for (const s of ranking.suspects) {
          expect(distances(g, 'a').has(s.node)).toBe(true)
          expect(Number.isFinite(s.score)).toBe(true)
        }
      }),
      runs(100),
    )
  })

  it('a series against itself is never worse', () => {
    fc.assert(
      fc.property(series, (s) => {
        const both = new Map([['a', s]])
        const ranking = rankByFlow({ graph: new Map(), target: 'a', measure: 'latency', history: both, window: both })
        const e = excessOf(s, s, 'latency')
        if (e !== null && e.perStep <= e.perStepBefore * 1.25) expect(ranking.suspects).toEqual([])
      }),
      runs(100),
    )
  })
})
