import { expect, it } from 'vitest'
import { pairOf } from '../../../services/detector/clocks.ts'
import { newMemory } from '../../../services/detector/memory.ts'
import { forgetSilent } from '../../../services/detector/silent.ts'
import type { Anomaly } from '../../../shared/model/anomaly.ts'
import type { State } from '../../../shared/state/state.ts'
import type { Store } from '../../../shared/store/store.ts'

const HOUR = 3_600_000
const NOW = Date.parse('2026-03-05T10:00:00Z')

it('forgets services that sent nothing for a day, and keeps those that still send or of which an anomaly is open', () => {
  const memory = newMemory({ store: {} as Store, state: {} as State })
  const services = { sending: 1, nightly: 20, preview: 30, silenced: 30 }
  for (const [service, hoursAgo] of Object.entries(services)) {
    const arrivedMs = NOW - hoursAgo * HOUR
    const minute = Math.floor(arrivedMs / 60_000)
    const pair = pairOf(service, 'production')
    memory.clocks.arrived(service, 'production', [minute], { arrivedMs, nowMs: arrivedMs })
    memory.lines.add([{ service, environment: 'production', minute, requests: 10, errors: 0, p95Ms: 20 }])
    memory.triggers.feed(pair, memory.lines.lines.get(pair)!, minute)
    memory.rolledPairs.add(pair)
    for (const minutes of [memory.rolledTo, memory.linesRolledTo, memory.climbedTo, memory.trafficLooked])
      minutes.set(pair, minute)
  }
  memory.open.set('a', { service: 'silenced', environment: 'production' } as Anomaly)
  forgetSilent(memory, NOW)
  const left = ['sending', 'nightly', 'silenced'].map((service) => pairOf(service, 'production'))
  for (const map of [memory.lines.lines, memory.rolledTo, memory.linesRolledTo, memory.climbedTo, memory.trafficLooked])
    expect([...map.keys()]).toEqual(left)
  expect([...memory.rolledPairs]).toEqual(left)
  expect(memory.clocks.arrivedBefore(NOW)).toEqual(left)
})
