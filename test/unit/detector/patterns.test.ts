import { describe, expect, it } from 'vitest'
import { decide } from '../../../services/detector/decide/decide.ts'
import { addRows, emptyWindow, type SeriesRow } from '../../../services/detector/window/window.ts'
import type { Verdict } from '../../../shared/model/verdict.ts'
import { type Random, randomFrom } from '../../eval/generate/random.ts'
import { deployOf, ENVIRONMENT, T0 } from '../../eval/world/spec.ts'
import { SHIPPED } from '../../eval/world/watch.ts'

const HISTORY = 180
const WATCH = 20

/** Lines a minute of one pattern, by minute since the deploy; `first` is the minute in which it was first seen ever. */
type Pattern = { id: string; severity: string; at: (minute: number) => number; first: number; label?: string }
type Logs = { requests: number; patterns: Pattern[]; beside?: boolean }

/** Every look at a deploy of v2 over v1; with `beside`, v1 goes on beside it with a share of the same lines. */
function looks(r: Random, { requests, patterns, beside = false }: Logs): Verdict[] {
  const window = emptyWindow({ service: 's', environment: ENVIRONMENT }, T0 - 360, T0 + 75)
  const versions = (m: number) => (m < 0 ? ['v1'] : beside ? ['v1', 'v2'] : ['v2'])
  const row = (version: string, key: string, minute: number, n: number, more: Partial<SeriesRow> = {}): SeriesRow => ({
    ...{ service: 's', environment: ENVIRONMENT, version, commit: '', key, ...more },
    cells: [[T0 + minute, n, 0, n]],
  })
  let before: Verdict | null = null
  const all: Verdict[] = []
  for (let m = -HISTORY; m < WATCH; m++) {
    for (const version of versions(m)) {
      const share = 1 / versions(m).length
      if (requests > 0) addRows(window, 'route', [row(version, '/a', m, r.poisson(requests * share))])
      let lines = 0
      for (const p of patterns) {
        const n = r.poisson(p.at(m) * share)
        const more = { kind: p.severity, label: p.label ?? `message ${p.id} <*>`, first_minute: T0 + p.first }
        if (n > 0) addRows(window, 'pattern', [row(version, p.id, m, n, more)])
        lines += n
      }
      addRows(window, 'log', [row(version, 'info', m, lines)])
    }
    if (m < 1) continue
    before = decide(window, deployOf('s', 'v2', 0, 'v1'), {
      ...SHIPPED,
      ...{ closedMinute: T0 + m, quiet: false, othersAlive: true, excluded: new Set<number>(), before },
      nowMs: (T0 + m + 1) * 60_000,
    })
    all.push(before)
  }
  return all
}

const steady = (id: string, perMinute: number, severity = 'error'): Pattern => ({
  ...{ id, severity, first: -10_000 },
  at: () => perMinute,
})
const fresh = (perMinute: number, more: Partial<Pattern> = {}): Pattern => ({
  ...{ id: '9', severity: 'error', first: 0, at: (m: number) => (m < 0 ? 0 : perMinute) },
  ...more,
})
const harmful = (all: Verdict[]) =>
  all.flatMap((v) => v.findings.filter((f) => f.harmful && f.signal.startsWith('log_')))

const WORLDS = 40
const worlds = (of: (r: Random) => Logs) =>
  Array.from({ length: WORLDS }, (_, seed) => {
    const r = randomFrom(seed + 1)
    return looks(r, of(r))
  })

/** Errors as services write them: some all the time, many now and then, and accidents of a kind never seen before. */
function usual(r: Random): Pattern[] {
  const often = Array.from({ length: 3 }, (_, i) => steady(`1${i}`, 0.2 + 3 * r.uniform()))
  const seldom = Array.from({ length: 15 }, (_, i) => steady(`2${i}`, 0.05))
  const accident = Math.floor(r.uniform() * WATCH)
  const once = fresh(0, { at: (m) => (m === accident ? 2 + 10 * r.uniform() : 0), first: accident })
  return [...often, ...seldom, once]
}

describe(`over ${WORLDS} worlds each, looked at every minute`, () => {
  it('blames no deploy for the errors that are logged anyway, nor for one accident', () => {
    const blamed = worlds((r) => ({ requests: 40 + 160 * r.uniform(), patterns: usual(r) })).filter(
      (v) => harmful(v).length > 0,
    )
    expect(blamed.length).toBeLessThanOrEqual(0.02 * WORLDS)
  })

  it('finds a new error in two of a hundred requests', () => {
    const all = worlds((r) => ({ requests: 100, patterns: [...usual(r), fresh(2)] }))
    const found = all.filter((v) => v.at(-1)!.verdict === 'regressed')
    expect(found.length).toBeGreaterThanOrEqual(0.95 * WORLDS)
    for (const v of found) expect(harmful(v).map((f) => f.dimension)).toContain('9')
  })

  it('blames no deploy for an error that the old version writes as well, in the same minutes', () => {
    const all = worlds((r) => ({ requests: 200, beside: true, patterns: [...usual(r), fresh(8)] }))
    expect(all.filter((v) => harmful(v).length > 0).length).toBeLessThanOrEqual(0.02 * WORLDS)
  })
})

it('finds an exception without a level by its name, and shows the same words as information', () => {
  const label = 'java.lang.IllegalStateException: <*>'
  const last = (severity: string) =>
    looks(randomFrom(1), { requests: 100, patterns: [fresh(5, { severity, label })] }).at(-1)!
  expect(last('')).toMatchObject({ verdict: 'regressed', findings: [{ signal: 'log_pattern_new', label }] })
  expect(last('info')).toMatchObject({
    verdict: 'no_difference',
    findings: [{ signal: 'log_pattern_new', harmful: false }],
  })
})

it('takes three lines of a new error in 20,000 requests for nothing', () => {
  const all = looks(randomFrom(2), { requests: 1000, patterns: [fresh(0.15)] })
  expect(harmful(all)).toEqual([])
})

it('judges a worker that serves no requests by its log records', () => {
  const all = looks(randomFrom(3), { requests: 0, patterns: [steady('1', 50, 'info'), fresh(5)] })
  expect(all.at(-1)).toMatchObject({ verdict: 'regressed', findings: [{ signal: 'log_pattern_new', harmful: true }] })
  expect(all.at(-1)!.reason).toContain('log records')
})
