import { describe, expect, it } from 'vitest'
import type { SpanBaseline } from '../../../services/web/api/schemas.ts'
import { markOf, rankWord } from '../../../services/web/console/src/pages/trace/usual.ts'

const usual = (requests: number, p50: number, versions = ['1.8.0']) => ({
  ...{ versions, requests, p50_ms: p50, p95_ms: 2 * p50, faster: 0.992 },
})
const baseline = (own: SpanBaseline['own'], before: SpanBaseline['own']): SpanBaseline => ({
  ...{ span_id: 'a', operation: 'GET /pay', peer: null, own, before },
})

describe('a span against its operation', () => {
  it('is marked where it took longer than p95 of the versions before', () => {
    expect(markOf(baseline(usual(900, 300), usual(900, 60)), 294)).toEqual({
      beyond: true,
      text: '4.9 × p50 60 ms',
      means: 'Longer than p95 120 ms of 1.8.0',
    })
  })
  it('is held against its own version where none was before, or too few requests', () => {
    expect(markOf(baseline(usual(900, 300), null), 294)).toMatchObject({ beyond: false, text: 'p50 300 ms' })
    expect(markOf(baseline(usual(900, 300), usual(49, 60)), 294)).toMatchObject({ beyond: false })
  })
  it('is not marked within p95', () => {
    expect(markOf(baseline(null, usual(900, 60)), 120)).toMatchObject({ beyond: false, text: 'p50 60 ms' })
  })
  it('has no mark where nothing or too little is known', () => {
    expect([markOf(undefined, 5), markOf(baseline(null, null), 5), markOf(baseline(usual(49, 1), null), 5)]).toEqual([
      null,
      null,
      null,
    ])
  })
  it('never claims all of the requests', () => {
    expect(rankWord({ ...usual(100, 10), faster: 1 })).toBe('longer than 99.9 % of them')
    expect(rankWord({ ...usual(100, 10), faster: 0.4 })).toBe('shorter than 60 % of them')
  })
})
