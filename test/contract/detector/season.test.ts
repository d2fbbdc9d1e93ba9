import { afterAll, expect, it } from 'vitest'
import { openDriven } from '../../support/detector.ts'
import type { Traffic } from '../../support/telemetry.ts'

const { bed, d, T0 } = await openDriven(5 * 60)
afterAll(() => bed.close())

const DAY_MIN = 1440
const traffic = (
  service: string,
  version: string,
  fromMinute: number,
  minutes: number,
  errorRatio: number,
): Traffic => ({
  service,
  version,
  commit: `${version}${service}`,
  fromMs: T0 + fromMinute * 60_000,
  minutes,
  requestsPerMinute: 60,
  routes: { '/a': { medianMs: 40, errorRatio } },
  seed: fromMinute + DAY_MIN + version.length,
})
const today = (service: string) => [traffic(service, 'v1', 0, 120, 0.01), traffic(service, 'v2', 120, 15, 0.15)]

/**  errors    yesterday    today
 *   15 %           ┌──          ┌──
 *    1 %  ─────────┘   ─────────┘
 *                               ^ deploy
 */
it('reads the same hours of the day before, and takes what they show for no regression', async () => {
  await d.send(
    traffic('nightly', 'v0', 60 - DAY_MIN, 60, 0.01),
    traffic('nightly', 'v0', 120 - DAY_MIN, 30, 0.15),
    ...today('nightly'),
  )
  await d.settle()
  const v = (await d.verdict('nightly', 'v2'))!
  expect(v.verdict, v.reason).toBe('no_difference')
  expect(v.checked.find((c) => c.signal === 'error_ratio')?.reason).toContain('in the same hours of an earlier day')
})

it('finds the same rise where the day before had none, and where there was no day before', async () => {
  await d.send(traffic('steady', 'v0', 60 - DAY_MIN, 90, 0.01), ...today('steady'), ...today('young'))
  await d.settle()
  for (const service of ['steady', 'young'])
    expect((await d.verdict(service, 'v2'))?.verdict, service).toBe('regressed')
})
