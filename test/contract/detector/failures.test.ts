import { afterEach, expect, it } from 'vitest'
import { newMemory } from '../../../services/detector/memory.ts'
import { writeResults } from '../../../services/detector/write.ts'
import type { Verdict } from '../../../shared/model/verdict.ts'
import { getVerdict } from '../../../shared/store/verdicts.ts'
import { anomalyOf } from '../../support/alerting.ts'
import { handDriven, openDriven } from '../../support/detector.ts'
import type { Bed } from '../../support/embedded.ts'
import { refusingOnce } from '../../support/refusing.ts'
import type { Traffic } from '../../support/telemetry.ts'

let bed: Bed
afterEach(() => bed.close())

const MIN = 60_000
const traffic = (service: string, version: string, fromMs: number, minutes: number, errorRatio: number): Traffic => ({
  service,
  version,
  commit: `${version}${service}`,
  fromMs,
  minutes,
  requestsPerMinute: 40,
  routes: { '/a': { medianMs: 40, errorRatio }, '/b': { medianMs: 80 } },
  seed: minutes + 7,
})

/**
 *   rows    ●  all at once, none come after
 *   passes   ✓ ✓ ✗ ✓ ✓
 */
it.each([
  ['verdicts', { insert: 'verdicts' }],
  ['anomalies', { insert: 'anomalies' }],
  ['rollups', { rows: /FROM rollup_routes FINAL/ }],
  ['verdicts of before', { rows: /FROM verdicts FINAL/ }],
] as const)('tells of a bad deploy and of what no deploy explains, where a pass failed at its %s', async (_, at) => {
  const { T0, ...opened } = await openDriven(5 * 60)
  bed = opened.bed
  const store = refusingOnce(bed.store, at)
  const d = handDriven({ ...bed, store })
  const end = T0 + 120 * MIN
  await d.send(traffic('deployed', 'v1', T0, 120, 0.01), traffic('deployed', 'v2', end, 80, 0.2))
  await d.send(traffic('lone', 'v1', end - 180 * MIN, 240, 0.01), traffic('lone', 'v1', end + 60 * MIN, 15, 0.4))
  const pass = async (nextMs: number) => {
    await d.pass().catch(() => {})
    d.advance(nextMs)
  }
  // An import is judged when it has come to rest: its rows are no news by then.
  await pass(4_000)
  await d.send(traffic('other', 'v1', end, 1, 0))
  for (let i = 0; i < 6; i++) await pass(10_000)
  expect(store.refused).toBe(true)
  expect((await d.verdict('deployed', 'v2'))?.verdict).toBe('regressed')
  const signals = async (service: string) => (await d.anomalies(service)).map((a) => a.signal)
  expect(await signals('deployed')).toContain('error_ratio')
  expect(await signals('lone')).toContain('error_ratio')
})

it('writes no verdict before its anomalies: one that is final is not looked at again', async () => {
  bed = (await openDriven(0)).bed
  const { deps, nowMs } = handDriven({ ...bed, store: refusingOnce(bed.store, { insert: 'anomalies' }) })
  const updated_at = new Date(nowMs()).toISOString()
  const verdict = { deploy_id: 'd1', verdict: 'regressed', decided_at: updated_at, updated_at } as Verdict
  const found = { verdicts: [verdict], anomalies: [anomalyOf()], cursorMs: 1 }
  const memory = newMemory(deps)
  await expect(writeResults(deps, memory, found, nowMs())).rejects.toThrow('cannot do this now')
  expect(await getVerdict(bed.store, 'd1')).toBeNull()
  await writeResults(deps, memory, found, nowMs())
  expect(await getVerdict(bed.store, 'd1')).toMatchObject({ verdict: 'regressed' })
})
