import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { covers } from '../../../services/alerting/group.ts'
import { withAccepted } from '../../../services/detector/anomalies/accepted.ts'
import { standingAccepted } from '../../../shared/state/accepted.ts'
import { recordDeployEvent } from '../../../shared/state/deploys.ts'
import { writeAnomalies } from '../../../shared/store/anomalies.ts'
import { anomalyOf, T0 } from '../../support/alerting.ts'
import { openWeb, type WebBed } from '../../support/web.ts'

let bed: WebBed
const minute = 60_000
const deployAt = async (version: string, ms: number) => {
  const event = { service: 'checkout', environment: 'production', version, started_at: new Date(ms).toISOString() }
  return (await recordDeployEvent(bed.state, event, 'api', ms)).deploy.id
}
let a = anomalyOf()
beforeAll(async () => {
  bed = await openWeb(T0)
  const id = await deployAt('v42', T0 - 5 * minute)
  a = anomalyOf({ deploy: { id, version: 'v42', commit: 'b'.repeat(40), commits: [] } })
  await writeAnomalies(bed.store, [a])
})
afterAll(() => bed.close())

/** What the detector writes where it found `found` and holds `open`. */
const written = async (found: (typeof a)[], open: (typeof a)[]) =>
  withAccepted(found, new Map(open.map((one) => [one.id, one])), await standingAccepted(bed.state), T0)

/**  errors  ┌──────────────────────        accepted at ×: closed there, and quiet while it stays so
 *         ─┘        ×                                                                        */
describe('an anomaly that was called expected', () => {
  it('stays as it is until somebody says so', async () => {
    expect(await written([a], [a])).toEqual([a])
    expect((await bed.call('POST', '/api/v1/anomalies/none/expected')).status).toBe(404)
  })
  it('is accepted once, by whom and why; the verdict of its deploy names it', async () => {
    const path = `/api/v1/anomalies/${a.id}/expected`
    const said = await bed.call('POST', path, { body: { by: 'Ada', comment: 'the new tariff' } })
    expect([said.status, said.body.accepted_by, said.body.observed]).toEqual([200, 'Ada', a.observed])
    expect((await bed.call('POST', path, { body: { by: 'Grace' } })).body.accepted_by).toBe('Ada')
    const verdict = await bed.call('GET', `/api/v1/deploys/${a.deploy?.id}/verdict`)
    expect(verdict.body.accepted).toMatchObject([{ anomaly_id: a.id, signal: 'error_ratio', by: 'Ada' }])
  })
  it('is closed in the next pass, though nothing new was found, and not opened again at that level', async () => {
    const closed = { state: 'closed', evidence: { closed_reason: 'accepted as expected by Ada' } }
    expect(await written([], [a])).toMatchObject([{ id: a.id, ...closed }])
    expect(await written([{ ...a, observed: 0.13 }], [])).toMatchObject([{ id: a.id, ...closed }])
    expect(await written([{ ...a, id: 'rolling', deploy: null }], [])).toEqual([])
  })
  it('is told again where it becomes much worse, and leaves other signals alone', async () => {
    const worse = { ...a, observed: 0.4 }
    const other = { ...a, id: 'other', dimension: 'GET /cart' }
    expect(await written([worse, other], [worse, other])).toEqual([worse, other])
  })
  it('says nothing of the signal after the next deploy', async () => {
    await deployAt('v43', T0 + minute)
    const next = { ...a, id: 'of v43' }
    expect(await written([next], [])).toEqual([next])
    expect(await written([a], [a])).toMatchObject([{ id: a.id, state: 'closed' }])
  })
})

it('a silence mutes one signal of one route', () => {
  const ends = { starts_at: '', ends_at: '', comment: '', created_by: '', created_at: '', id: 's' }
  const mute = { ...ends, matchers: { service: 'checkout', signal: 'error_ratio', dimension: 'POST /pay' } }
  expect(covers(mute, a, null)).toBe(true)
  expect(covers(mute, { ...a, dimension: 'GET /cart' }, null)).toBe(false)
})
