import { afterAll, beforeAll, expect, it } from 'vitest'
import { takeUp } from '../../../services/detector/due.ts'
import { newMemory } from '../../../services/detector/memory.ts'
import { writeResults } from '../../../services/detector/write.ts'
import type { Anomaly } from '../../../shared/model/anomaly.ts'
import type { Verdict } from '../../../shared/model/verdict.ts'
import {
  deploysChangedSince,
  findDeploy,
  getDeploy,
  listDeploys,
  recordDeployEvent,
  recordSighting,
} from '../../../shared/state/deploys.ts'
import { changedSince, getAnomaly, listAnomalies, writeAnomalies } from '../../../shared/store/anomalies.ts'
import { getVerdict, writeVerdict } from '../../../shared/store/verdicts.ts'
import { handDriven } from '../../support/detector.ts'
import { type Bed, openBed } from '../../support/embedded.ts'

let bed: Bed
beforeAll(async () => {
  bed = await openBed()
})
afterAll(() => bed.close())

const T0 = Date.parse('2026-03-01T10:00:00Z')
const at = (minutes: number) => new Date(T0 + minutes * 60_000).toISOString()
const event = (service: string, version: string, minutes: number, more = {}) => ({
  service,
  environment: 'production',
  version,
  commit: `${version}aaaaaaaaaaaa`,
  started_at: at(minutes),
  ...more,
})
const sighting = (service: string, version: string, minutes: number, more = {}) => ({
  service,
  environment: 'production',
  version,
  commit: '',
  kind: 'deploy' as const,
  firstSeenMs: T0 + minutes * 60_000,
  lastSeenMs: T0 + minutes * 60_000,
  ...more,
})

it('takes the same event twice as one deploy', async () => {
  const first = await recordDeployEvent(bed.state, event('a', 'v1', 0), 'api', T0)
  const second = await recordDeployEvent(bed.state, event('a', 'v1', 0, { actor: 'kim' }), 'api', T0 + 5)
  expect([first.created, second.created]).toEqual([true, false])
  expect(second.deploy.id).toBe(first.deploy.id)
  expect(second.deploy.actor).toBe('kim')
})

it('merges an announcement with the telemetry of its version, whichever comes first', async () => {
  const told = await recordDeployEvent(bed.state, event('b', 'v1', 0), 'api', T0)
  const seen = await recordSighting(bed.state, sighting('b', 'v1', 4), T0)
  expect(seen.deploy.id).toBe(told.deploy.id)
  expect(seen.deploy).toMatchObject({ sources: ['api', 'telemetry'], started_at: at(0), first_seen_at: at(4) })
  const seenFirst = await recordSighting(bed.state, sighting('b', 'v2', 100, { commit: 'v2aaaaa' }), T0)
  const toldLater = await recordDeployEvent(
    bed.state,
    event('b', '2.0', 98, { commit: 'v2aaaaaaaaaaaa' }),
    'github',
    T0,
  )
  expect(toldLater.deploy).toMatchObject({
    id: seenFirst.deploy.id,
    version: 'v2',
    commit: 'v2aaaaaaaaaaaa',
    started_at: at(98),
  })
})

it('finds a deploy by each version that it was told of by, and by its commit in capitals', async () => {
  for (const version of ['v2', '2.0'])
    expect((await findDeploy(bed.state, { service: 'b', version }))?.version, version).toBe('v2')
  expect(await findDeploy(bed.state, { service: 'b', version: '2' })).toBe(null)
  expect(await findDeploy(bed.state, { service: 'other', version: '2.0' })).toBe(null)
  for (const commit of ['V2AAAAA', 'V2AAAAAAAAAAAA', `v2aaaaaaaaaaaa${'0'.repeat(26)}`])
    expect((await findDeploy(bed.state, { service: 'b', commit }))?.version, commit).toBe('v2')
})

it('takes a version announced again after another as a deploy of its own', async () => {
  await recordDeployEvent(bed.state, event('c', 'v1', 0), 'api', T0)
  await recordDeployEvent(bed.state, event('c', 'v2', 10), 'api', T0)
  const back = await recordDeployEvent(bed.state, event('c', 'v1', 20, { kind: 'rollback' }), 'api', T0)
  expect(back.created).toBe(true)
  expect(back.deploy).toMatchObject({ kind: 'rollback', previous_version: 'v2' })
})

it('names the predecessor by its commit where it has no version', async () => {
  const first = await recordSighting(bed.state, sighting('e', '', 0, { commit: 'aaaaaaa1' }), T0)
  const second = await recordSighting(bed.state, sighting('e', '', 10, { commit: 'bbbbbbb2' }), T0)
  expect(second.deploy).toMatchObject({ previous_id: first.deploy.id, previous_version: 'aaaaaaa1' })
})

it('keeps the chain of predecessors when a deploy of the past is told late', async () => {
  const last = await recordDeployEvent(bed.state, event('d', 'v3', 200), 'api', T0)
  const first = await recordDeployEvent(bed.state, event('d', 'v1', 0), 'api', T0)
  const middle = await recordDeployEvent(bed.state, event('d', 'v2', 100), 'api', T0)
  expect((await getDeploy(bed.state, last.deploy.id))?.previous_id).toBe(middle.deploy.id)
  expect((await getDeploy(bed.state, middle.deploy.id))?.previous_id).toBe(first.deploy.id)
})

it('never merges a configuration change with a version', async () => {
  await recordSighting(bed.state, sighting('e', 'v1', 0), T0)
  const config = await recordDeployEvent(bed.state, event('e', 'v1', 1, { kind: 'config' }), 'api', T0)
  expect(config.created).toBe(true)
})

it('pages through deploys, newest first, and finds by an abbreviated commit', async () => {
  const page = await listDeploys(bed.state, { service: 'd', limit: 2 })
  expect(page.items.map((d) => d.version)).toEqual(['v3', 'v2'])
  const rest = await listDeploys(bed.state, { service: 'd', limit: 2, cursor: page.next ?? '' })
  expect(rest.items.map((d) => d.version)).toEqual(['v1'])
  expect(rest.next).toBe(null)
  expect((await findDeploy(bed.state, { service: 'd', commit: 'v2aaaaaaa' }))?.version).toBe('v2')
  expect(await findDeploy(bed.state, { service: 'd', commit: 'v2b' })).toBe(null)
})

it('gives every change to who reads on from the last, also where the clock of who told it is behind', async () => {
  const first = await recordDeployEvent(bed.state, event('p', 'v1', 0), 'api', T0 + 10_000)
  const sinceMs = Date.parse(first.deploy.updated_at)
  const second = await recordDeployEvent(bed.state, event('p', 'v2', 90), 'api', T0)
  expect(await deploysChangedSince(bed.state, sinceMs)).toEqual([second.deploy])
})

it('takes up what was told while a pass was under way with the next', async () => {
  const driven = handDriven(bed)
  const memory = newMemory(driven.deps)
  const nowMs = driven.nowMs()
  const nothing = { cursorMs: 0, arrivedMs: 0, minutes: [], byPair: new Map() }
  await takeUp(driven.deps, memory, nothing, nowMs)
  const started_at = new Date(nowMs).toISOString()
  const { deploy } = await recordDeployEvent(bed.state, event('q', 'v1', 0, { started_at }), 'api', nowMs + 1)
  await writeResults(driven.deps, memory, { verdicts: [], anomalies: [], cursorMs: 0 }, nowMs + 2)
  await takeUp(driven.deps, memory, nothing, nowMs + 10_000)
  expect([...memory.watched.keys()]).toEqual([deploy.id])
})

const anomaly = (id: string, minutes: number, more = {}) =>
  ({
    id,
    service: 's',
    environment: 'production',
    signal: 'latency',
    dimension: '/a',
    direction: 'up',
    harmful: true,
    state: 'open',
    started_at: at(minutes),
    ended_at: null,
    score: 0.9,
    updated_at: at(minutes),
    deploy: { id: 'd1', version: 'v2', commit: 'abcdef1234', commits: [] },
    ...more,
  }) as unknown as Anomaly

it('keeps anomalies, their latest form only, and tells what changed since a cursor', async () => {
  await writeAnomalies(bed.store, [anomaly('x1', 0), anomaly('x2', 1)])
  const seen = await changedSince(bed.store, null)
  expect(seen.items.map((a) => a.id)).toEqual(['x1', 'x2'])
  expect(await changedSince(bed.store, seen.next)).toEqual({ items: [], next: seen.next })
  await writeAnomalies(bed.store, [anomaly('x1', 0, { state: 'closed', ended_at: at(3), updated_at: at(4) })])
  expect((await changedSince(bed.store, seen.next)).items.map((a) => a.state)).toEqual(['closed'])
  expect((await getAnomaly(bed.store, 'x1'))?.ended_at).toBe(at(3))
  expect((await listAnomalies(bed.store, { state: 'open' }, { limit: 10 })).items.map((a) => a.id)).toEqual(['x2'])
  expect(
    (await listAnomalies(bed.store, { commit: 'abcdef1', fromMs: T0 + 240_000 }, { limit: 10 })).items.map((a) => a.id),
  ).toEqual(['x2'])
  expect((await listAnomalies(bed.store, { commit: 'ABCDEF1' }, { limit: 10 })).items).toHaveLength(2)
  const page = await listAnomalies(bed.store, {}, { limit: 1 })
  expect(page.items[0]?.id).toBe('x2')
  expect((await listAnomalies(bed.store, {}, { limit: 1, cursor: page.next ?? '' })).items[0]?.id).toBe('x1')
})

it('keeps the latest verdict of a deploy', async () => {
  const verdict = {
    deploy_id: 'd1',
    service: 's',
    environment: 'production',
    version: 'v2',
    commit: 'abc',
    verdict: 'pending',
    score: 0,
    decided_at: null,
    updated_at: at(0),
  } as unknown as Verdict
  await writeVerdict(bed.store, verdict)
  await writeVerdict(bed.store, { ...verdict, verdict: 'regressed', decided_at: at(1), updated_at: at(1) })
  expect(await getVerdict(bed.store, 'd1')).toMatchObject({ verdict: 'regressed', decided_at: at(1) })
  expect(await getVerdict(bed.store, 'd2')).toBe(null)
})
