import { detect, type PassResult } from '../../services/detector/detect.ts'
import { type Deps, newMemory } from '../../services/detector/memory.ts'
import type { Anomaly } from '../../shared/model/anomaly.ts'
import type { Verdict } from '../../shared/model/verdict.ts'
import { systemClock } from '../../shared/runtime/clock.ts'
import { silentLog } from '../../shared/runtime/log.ts'
import { findDeploy } from '../../shared/state/deploys.ts'
import { listAnomalies } from '../../shared/store/anomalies.ts'
import { getVerdict } from '../../shared/store/verdicts.ts'
import { type Bed, openBed } from './embedded.ts'
import { insertSpans, spansOf, type Traffic } from './telemetry.ts'

/** A detector over a bed, driven by hand: its clock moves when told to. */
export function handDriven(bed: Bed, config: Partial<Deps['config']> = {}) {
  let now = systemClock.nowMs()
  const clock = { nowMs: () => now, sleep: async () => {} }
  const deps: Deps = {
    store: bed.store,
    state: bed.state,
    log: silentLog(),
    config: { settleMinutes: 1, watchMinutes: 60, sensitivity: 'normal', ...config },
  }
  let memory = newMemory(deps)
  const pass = (): Promise<PassResult> => detect(deps, memory, clock)
  return {
    nowMs: () => now,
    deps,
    clock,
    pass,
    advance: (ms: number) => {
      now += ms
    },
    /** Forgets everything, as after a restart. */
    restart: () => {
      memory = newMemory(deps)
    },
    /** Passes until what was ingested has come to rest. */
    settle: async () => {
      for (let i = 0; i < 3; i++) {
        await pass()
        now += 10_000
      }
      await pass()
    },
    send: (...traffic: Traffic[]) =>
      insertSpans(
        bed.store,
        traffic.flatMap((t) => [...spansOf(t)]),
        now,
      ),
    verdict: async (service: string, version: string): Promise<Verdict | null> => {
      const deploy = await findDeploy(bed.state, { service, version })
      return deploy ? getVerdict(bed.store, deploy.id) : null
    },
    anomalies: async (service: string): Promise<Anomaly[]> =>
      (await listAnomalies(bed.store, { service }, { limit: 100 })).items,
  }
}

/** A detector over a bed of its own. `T0` is the minute, in ms since the Unix epoch, that began so many before the present one. */
export async function openDriven(minutesBefore: number) {
  const bed = await openBed()
  const d = handDriven(bed)
  return { bed, d, T0: (Math.floor(d.nowMs() / 60_000) - minutesBefore) * 60_000 }
}
