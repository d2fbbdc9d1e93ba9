import { afterAll, expect, it } from 'vitest'
import { recordDeployEvent } from '../../../shared/state/deploys.ts'
import { openDriven } from '../../support/detector.ts'
import type { Traffic } from '../../support/telemetry.ts'

const { bed, d, T0 } = await openDriven(5 * 60)
afterAll(() => bed.close())

const MIN = 60_000
const routes = (b = {}) => ({
  '/a': { medianMs: 40 },
  '/b': { medianMs: 80, ...b },
  '/c': { medianMs: 20, peer: 'db' },
})
const traffic = (
  service: string,
  version: string,
  fromMinute: number,
  minutes: number,
  more: Partial<Traffic> = {},
): Traffic => ({
  service,
  version,
  commit: `${version}${service}0000000`,
  fromMs: T0 + fromMinute * MIN,
  minutes,
  requestsPerMinute: 40,
  routes: routes(),
  seed: fromMinute + 7,
  ...more,
})
const at = (minute: number) => new Date(T0 + minute * MIN).toISOString()

/**  errors of /b      v2
 *   0.12               ┌────
 *   0.01  ─────────────┘
 */
it('finds an error ratio that rises with a deploy, and names route, commit and failing traces', async () => {
  await d.send(
    traffic('bad', 'v1', 0, 120),
    traffic('bad', 'v2', 120, 10, { routes: routes({ errorRatio: 0.12 }), seed: 3 }),
  )
  await d.settle()
  const verdict = (await d.verdict('bad', 'v2'))!
  expect(verdict).toMatchObject({ verdict: 'regressed', commit: 'v2bad0000000' })
  const [first] = verdict.findings
  expect(first).toMatchObject({
    signal: 'error_ratio',
    dimension: '/b',
    direction: 'up',
    harmful: true,
    baseline: 'before',
  })
  expect(first!.observed).toBeGreaterThan(0.06)
  expect(first!.expected).toBeCloseTo(0.01, 2)
  expect(first!.exemplar_trace_ids.length).toBeGreaterThan(0)
  expect(verdict.reason).toContain('/b')
  expect(verdict.commits.wording).toContain('v2bad00000')
  const anomalies = await d.anomalies('bad')
  expect(anomalies.map((a) => a.state)).not.toContain('closed')
  expect(anomalies.find((a) => a.signal === 'error_ratio')).toMatchObject({
    dimension: '/b',
    deploy: { version: 'v2', commit: 'v2bad0000000' },
  })
})

it('says no difference, and opens nothing, where a new version is like the old one', async () => {
  await d.send(traffic('same', 'v1', 0, 120), traffic('same', 'v2', 120, 10, { seed: 4 }))
  await d.settle()
  expect(await d.verdict('same', 'v2')).toMatchObject({ verdict: 'no_difference', findings: [] })
  expect(await d.anomalies('same')).toEqual([])
})

it('finds one route whose latency doubled', async () => {
  await d.send(
    traffic('slow', 'v1', 0, 120),
    traffic('slow', 'v2', 120, 10, { routes: routes({ medianMs: 160 }), seed: 5 }),
  )
  await d.settle()
  const verdict = (await d.verdict('slow', 'v2'))!
  expect(verdict.verdict).toBe('regressed')
  expect(verdict.findings[0]).toMatchObject({ signal: 'latency', dimension: '/b', unit: 'ms' })
})

it('says how many more requests it needs where ten in all came', async () => {
  await d.send(traffic('few', 'v1', 0, 120), traffic('few', 'v2', 120, 2, { requestsPerMinute: 5 }))
  await d.settle()
  expect(await d.verdict('few', 'v2')).toMatchObject({
    verdict: 'insufficient_data',
    power: { needs: expect.stringMatching(/about \d+ more requests/) },
  })
})

it('is silent when traffic doubles and the ratio stays', async () => {
  await d.send(traffic('twice', 'v1', 0, 120), traffic('twice', 'v2', 120, 10, { requestsPerMinute: 80 }))
  await d.settle()
  expect((await d.verdict('twice', 'v2'))?.verdict).toBe('no_difference')
  expect(await d.anomalies('twice')).toEqual([])
})

/**  errors of /b         v2
 *   0.12       ┌──────────────
 *   0.01  ─────┘
 */
it('does not blame a deploy for a rise that came an hour before it', async () => {
  const broken = { routes: routes({ errorRatio: 0.12 }) }
  await d.send(
    traffic('earlier', 'v1', 0, 60),
    traffic('earlier', 'v1', 60, 60, broken),
    traffic('earlier', 'v2', 120, 10, broken),
  )
  await d.settle()
  expect((await d.verdict('earlier', 'v2'))?.verdict).toBe('no_difference')
  expect((await d.anomalies('earlier')).filter((a) => a.deploy !== null)).toEqual([])
})

it('closes the anomalies when the old version comes back and the level with it', async () => {
  await d.send(traffic('bad', 'v1', 130, 6))
  await d.settle()
  const anomalies = await d.anomalies('bad')
  expect(anomalies.length).toBeGreaterThan(0)
  for (const a of anomalies) {
    expect(a.state).toBe('closed')
    expect(Date.parse(a.ended_at!)).toBeGreaterThanOrEqual(T0 + 128 * MIN)
    expect(Date.parse(a.ended_at!)).toBeLessThanOrEqual(T0 + 134 * MIN)
    expect(a.evidence.closed_reason).toContain('successor')
  }
  expect(await d.verdict('bad', 'v2')).toMatchObject({ verdict: 'regressed' })
  expect((await d.verdict('bad', 'v1'))?.verdict).toBe('no_difference')
})

it('writes nothing new when it runs again over the same data, also after a restart', async () => {
  const snapshot = async () => ({
    verdicts: await bed.store.rows('SELECT deploy_id, document FROM verdicts FINAL ORDER BY deploy_id'),
    anomalies: await bed.store.rows('SELECT id, document FROM anomalies FINAL ORDER BY id'),
  })
  const before = await snapshot()
  d.restart()
  await d.settle()
  expect(await snapshot()).toEqual(before)
})

it('judges late data of hours ago, and a deploy whose baseline came after it', async () => {
  await d.send(traffic('late', 'v2', 120, 10, { routes: routes({ errorRatio: 0.15 }), seed: 9 }))
  await d.settle()
  expect((await d.verdict('late', 'v2'))?.verdict).toBe('insufficient_data')
  await d.send(traffic('late', 'v1', 0, 120))
  await d.settle()
  expect((await d.verdict('late', 'v2'))?.verdict).toBe('regressed')
})

it('merges the announcement with what telemetry showed, and says which commits it holds', async () => {
  const told = await recordDeployEvent(
    bed.state,
    {
      service: 'bad',
      environment: 'production',
      version: 'v2',
      commit: 'v2bad0000000',
      started_at: at(119.5),
      commits: [{ sha: 'v2bad0000000' }, { sha: 'other' }],
    },
    'api',
    d.nowMs(),
  )
  expect(told.created).toBe(false)
  await d.settle()
  expect((await d.verdict('bad', 'v2'))?.commits.wording).toContain('1 of 2 commits')
})

it('reproduces the numbers of every finding by its SQL', async () => {
  for (const [service, version] of [
    ['bad', 'v2'],
    ['slow', 'v2'],
    ['late', 'v2'],
  ] as const) {
    for (const f of (await d.verdict(service, version))!.findings) {
      const [row] = await bed.store.rows<{ observed: number; expected: number }>(f.sql)
      expect(row!.observed).toBeCloseTo(f.observed, 6)
      expect(row!.expected).toBeCloseTo(f.expected, 6)
    }
  }
})
