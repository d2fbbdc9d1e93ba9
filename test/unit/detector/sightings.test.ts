import { expect, it } from 'vitest'
import type { Presence } from '../../../services/detector/deploys/presence.ts'
import { findSightings } from '../../../services/detector/deploys/sightings.ts'
import type { Deploy } from '../../../shared/model/deploy.ts'

const M0 = Date.parse('2026-03-01T10:00:00Z') / 60_000
/** Rows from a drawing: one line a version, one character a minute, a digit for tens of requests. */
function presence(drawing: Record<string, string>) {
  const rows: Presence[] = Object.entries(drawing).flatMap(([version, line]) =>
    [...line].flatMap((c, i) =>
      c === ' ' ? [] : [{ minute: M0 + i, version, commit: '', requests: Number(c) * 10 + 1, other: 0 }],
    ),
  )
  return { service: 's', environment: 'e', rows: rows.sort((a, b) => a.minute - b.minute) }
}
const deploy = (id: string, version: string, minute: number, more = {}): Deploy =>
  ({
    id,
    version,
    commit: '',
    kind: 'deploy',
    sources: ['telemetry'],
    started_at: new Date((M0 + minute) * 60_000).toISOString(),
    first_seen_at: new Date((M0 + minute) * 60_000).toISOString(),
    last_seen_at: null,
    ...more,
  }) as unknown as Deploy
const found = (drawing: Record<string, string>, known: Deploy[] = []) =>
  findSightings(presence(drawing), known).fresh.map((s) => `${s.kind} ${s.version} +${s.firstSeenMs / 60_000 - M0}`)

it('sees each version for the first time once', () => {
  expect(found({ v1: '44444', v2: '    444' })).toEqual(['deploy v1 +0', 'deploy v2 +4'])
})

it('sees nothing new in versions that are known', () => {
  expect(found({ v1: '44444', v2: '    444' }, [deploy('a', 'v1', -50), deploy('b', 'v2', 4)])).toEqual([])
})

it('takes a version that comes back after another took over as a rollback, once', () => {
  const drawing = { v1: '4444    4444', v2: '    4444    ' }
  const known = [deploy('a', 'v1', -50), deploy('b', 'v2', 4)]
  expect(found(drawing, known)).toEqual(['rollback v1 +8'])
  expect(found(drawing, [...known, deploy('c', 'v1', 8, { kind: 'rollback' })])).toEqual([])
})

it('takes the old version draining, a canary that is withdrawn and half-and-half traffic as no rollback', () => {
  const known = [deploy('a', 'v1', -50), deploy('b', 'v2', 3)]
  expect(found({ v1: '4443211110      ', v2: '   1234444444444' }, known)).toEqual([])
  expect(found({ v1: '44444444444444', v2: '   000000     ' }, known)).toEqual([])
  expect(found({ v1: '44423232323232', v2: '   23232323232' }, known)).toEqual([])
})

it('takes restarts of the same version and an idle service as no deploy', () => {
  expect(found({ v1: '44    44' }, [deploy('a', 'v1', -50)])).toEqual([])
})

it('notes until when a version was seen', () => {
  const { seen } = findSightings(presence({ v1: '44444' }), [deploy('a', 'v1', -50)])
  expect(seen).toEqual([{ deployId: 'a', firstSeenMs: M0 * 60_000, lastSeenMs: (M0 + 4) * 60_000 }])
})
