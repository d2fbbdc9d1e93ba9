import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Finding, SignalName, Verdict } from '../../../shared/model/verdict.ts'
import { recordDeployEvent } from '../../../shared/state/deploys.ts'
import { handDriven } from '../../support/detector.ts'
import { type Bed, openBed } from '../../support/embedded.ts'
import { insertGauge, insertLogs, type LogLines, logsOf } from '../../support/raw-rows.ts'
import { insertSpans, spansOf, type Traffic } from '../../support/telemetry.ts'

/**  v1 ─────────────────────────────┐ v2 ───────  now
 *   0                              90          112    minutes
 */
const BEFORE = 90
const AFTER = 22
const MIN = 60_000
const ROUTES: Traffic['routes'] = { '/a': { medianMs: 40 }, '/b': { medianMs: 80, peer: 'db' }, '/c': { medianMs: 20 } }
const USUAL: LogLines['lines'] = { 'order # was placed': { perMinute: 40 }, 'cache miss for key #': { perMinute: 10 } }
const REFUSED = 'payment # was refused: no route to bank'
const REPORT = 'nightly report # could not be written'
const error = (perMinute: number) => ({ perMinute, severity: 17 })

let bed: Bed
let d: ReturnType<typeof handDriven>
let T0 = 0

type Release = {
  routes?: [Traffic['routes'], Traffic['routes']]
  rate?: [number, number]
  queries?: [number, number]
  failure?: Traffic['failure']
  lines?: [LogLines['lines'], LogLines['lines']]
  gauge?: [number, number]
}

const RELEASES: Record<string, Release> = {
  refusing: { lines: [USUAL, { ...USUAL, [REFUSED]: error(4) }] },
  talking: { lines: [USUAL, { ...USUAL, 'audit of order # written': { perMinute: 40 } }] },
  steady: {
    lines: [
      { ...USUAL, [REFUSED]: error(3) },
      { ...USUAL, [REFUSED]: error(3) },
    ],
  },
  exploding: {
    lines: [
      { ...USUAL, [REFUSED]: error(1) },
      { ...USUAL, [REFUSED]: error(10) },
    ],
  },
  returning: { lines: [USUAL, { ...USUAL, [REPORT]: error(4) }] },
  quieter: { lines: [USUAL, { 'order # was placed': { perMinute: 40 } }] },
  chatty: { queries: [2, 12] },
  asking: { queries: [2, 3], rate: [40, 80] },
  failing: {
    routes: [ROUTES, { ...ROUTES, '/b': { medianMs: 80, peer: 'db', errorRatio: 0.3 } }],
    failure: { status: 500, type: 'Refused' },
  },
  throwing: { routes: [ROUTES, { ...ROUTES, '/a': { medianMs: 40, errorRatio: 0.2 } }] },
  slow: { routes: [ROUTES, { ...ROUTES, '/b': { medianMs: 240, peer: 'db' } }], gauge: [100, 240] },
  moved: { routes: [ROUTES, { '/a': { medianMs: 40 }, '/b': { medianMs: 80, peer: 'cache' } }] },
  grown: { routes: [ROUTES, { ...ROUTES, '/d': { medianMs: 10 } }] },
  deserted: { rate: [60, 10] },
  silent: { rate: [40, 0] },
}

async function send(service: string, r: Release): Promise<void> {
  for (const side of [0, 1] as const) {
    const version = side === 0 ? 'v1' : 'v2'
    const from = side === 0 ? 0 : BEFORE
    const minutes = side === 0 ? BEFORE : AFTER
    const rate = r.rate?.[side] ?? 40
    const fromMs = T0 + from * MIN
    const base = { service, version, commit: version, fromMs, minutes, requestsPerMinute: rate, seed: side + 7 }
    const failure = side === 1 && r.failure ? { failure: r.failure } : {}
    const traffic: Traffic = { ...base, routes: r.routes?.[side] ?? ROUTES, ...failure }
    if (rate > 0) await insertSpans(bed.store, withQueries(traffic, r.queries?.[side] ?? 1), d.nowMs())
    if (r.lines) await insertLogs(bed.store, logsOf({ ...base, lines: r.lines[side] }), d.nowMs())
    if (r.gauge) await insertGauge(bed.store, { ...base, metric: 'queue.length', value: r.gauge[side] }, d.nowMs())
  }
}

/** Spans whose calls are made so many times instead of once. */
function withQueries(t: Traffic, calls: number) {
  const again = (s: { SpanId?: unknown }, i: number) => ({ ...s, SpanId: `${String(s.SpanId).slice(0, 14)}${10 + i}` })
  return [...spansOf(t)].flatMap((s) =>
    s.SpanKind === 'Client' ? Array.from({ length: calls }, (_, i) => again(s, i)) : [s],
  )
}

beforeAll(async () => {
  bed = await openBed()
  d = handDriven(bed)
  T0 = (Math.floor(d.nowMs() / MIN) - BEFORE - AFTER) * MIN
  const long_ago = {
    service: 'returning',
    version: 'v0',
    fromMs: T0 - 600 * MIN,
    minutes: 1,
    lines: { [REPORT]: error(3) },
  }
  await insertLogs(bed.store, logsOf(long_ago), d.nowMs())
  for (const [service, release] of Object.entries(RELEASES)) await send(service, release)
  const started_at = new Date(T0 + BEFORE * MIN).toISOString()
  const told = { service: 'silent', environment: 'production', version: 'v2', commit: 'v2', started_at, commits: [] }
  await recordDeployEvent(bed.state, told, 'api', d.nowMs())
  await d.settle()
}, 240_000)
afterAll(() => bed.close())

const verdictOf = async (service: string): Promise<Verdict> => (await d.verdict(service, 'v2'))!
const finding = (v: Verdict, signal: SignalName) => v.findings.find((f) => f.signal === signal)

it('finds errors of a kind that was never logged before, names their words, and shows requests that log them', async () => {
  const v = await verdictOf('refusing')
  expect(v.verdict, v.reason).toBe('regressed')
  const found = finding(v, 'log_pattern_new')
  expect(found).toMatchObject({ harmful: true, direction: 'new', label: 'payment <*> was refused: no route to bank' })
  expect(found!.reason).toMatch(/"payment <\*> was refused: no route to bank" is new: \d+ lines in \d+ requests/)
  expect(found!.exemplar_trace_ids.length).toBe(5)
  expect((await d.anomalies('refusing')).map((a) => a.signal)).toContain('log_pattern_new')
})

it('shows a new message that is no error, and blames nobody for it', async () => {
  const v = await verdictOf('talking')
  expect(v.verdict, v.reason).toBe('no_difference')
  expect(finding(v, 'log_pattern_new')).toMatchObject({ harmful: false, label: 'audit of order <*> written' })
  expect(await d.anomalies('talking')).toEqual([])
})

it('says nothing of logs that go on as they were, errors among them', async () => {
  const v = await verdictOf('steady')
  expect(v.verdict, v.reason).toBe('no_difference')
  expect(v.findings).toEqual([])
  expect(v.checked.filter((c) => c.signal === 'log_pattern_rate')).toMatchObject([{ outcome: 'pass' }])
})

it('finds an error that was there before and is now written ten times as often', async () => {
  const v = await verdictOf('exploding')
  expect(v.verdict).toBe('regressed')
  expect(finding(v, 'log_pattern_rate')).toMatchObject({ harmful: true, direction: 'up' })
})

it('does not call new what was seen long before the baseline began', async () => {
  const v = await verdictOf('returning')
  expect(finding(v, 'log_pattern_new')).toBeUndefined()
  expect(finding(v, 'log_pattern_rate')!.reason).toMatch(/; first seen [\d]+ (minutes|hours|days) before this deploy$/)
})

it('shows a message that is gone, and blames nobody for it', async () => {
  const v = await verdictOf('quieter')
  expect(v.verdict, v.reason).toBe('no_difference')
  const gone = { harmful: false, label: 'cache miss for key <*>', direction: 'vanished' }
  expect(finding(v, 'log_pattern_vanished')).toMatchObject(gone)
})

it('finds a route that asks its database for each row by itself', async () => {
  const v = await verdictOf('chatty')
  expect(v.verdict, v.reason).toBe('regressed')
  expect(finding(v, 'calls_per_request')).toMatchObject({
    harmful: true,
    dimension: '/b → db',
    observed: 12,
    expected: 2,
  })
})

it('lets a route ask once more than before, with twice the traffic', async () => {
  const v = await verdictOf('asking')
  expect(v.findings.filter((f) => f.harmful)).toEqual([])
  const asked = v.checked.find((c) => c.signal === 'calls_per_request')
  expect(asked).toMatchObject({ dimension: '/b → db', outcome: 'pass' })
})

it('finds a route that was served all the time and is gone; shows what is called instead, and what is not', async () => {
  const v = await verdictOf('moved')
  expect(finding(v, 'route_vanished')).toMatchObject({ harmful: true, dimension: '/c' })
  expect(finding(v, 'dependency_new')).toMatchObject({ harmful: false, dimension: 'cache' })
  expect(finding(v, 'dependency_vanished')).toMatchObject({ harmful: false, dimension: 'db' })
  expect(finding(await verdictOf('grown'), 'route_new')).toMatchObject({ harmful: false, dimension: '/d' })
})

it('finds a new version to which no request comes, while other services get theirs', async () => {
  expect(finding(await verdictOf('silent'), 'silence')).toMatchObject({ harmful: true, direction: 'vanished' })
})

const KINDS: SignalName[] = [
  'error_ratio',
  'latency',
  'throughput',
  'dependency_error_ratio',
  'dependency_latency',
  'dependency_new',
  'dependency_vanished',
  'calls_per_request',
  'exception_new',
  'exception_rate',
  'route_new',
  'route_vanished',
  'log_error_rate',
  'log_pattern_new',
  'log_pattern_rate',
  'log_pattern_vanished',
  'metric',
  'silence',
]

it('carries evidence with every kind of finding, and SQL that gives its numbers again', async () => {
  const verdicts = await Promise.all(Object.keys(RELEASES).map(verdictOf))
  const seen = new Set<SignalName>()
  for (const f of verdicts.flatMap((v) => v.findings)) {
    seen.add(f.signal)
    const [row] = await bed.store.rows<Pick<Finding, 'observed' | 'expected'>>(f.sql)
    const told = `${f.signal} ${f.dimension}: ${f.reason}\n${f.sql}`
    expect(row!.observed, told).toBeCloseTo(f.observed, 6)
    expect(row!.expected, told).toBeCloseTo(f.expected, 6)
    expect(f.lower, told).toBeLessThanOrEqual(f.upper)
    expect(f.q_value, told).toBeGreaterThanOrEqual(f.p_value)
    expect(f.window.current.from < f.window.current.to, told).toBe(true)
    expect(f.n.baseline, told).toBeGreaterThan(0)
  }
  expect([...seen].sort()).toEqual([...KINDS].sort())
})

it('says how long after ingest noted it a change was judged', async () => {
  const more = { service: 'talking', version: 'v2', fromMs: T0 + (BEFORE + AFTER) * MIN, minutes: 1, lines: USUAL }
  await insertLogs(bed.store, logsOf(more), d.nowMs())
  d.advance(5000)
  expect((await d.pass()).lagMs).toBe(5000)
  d.advance(60_000)
  expect((await d.pass()).lagMs).toBe(0)
})
