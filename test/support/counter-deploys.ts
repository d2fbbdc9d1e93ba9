import { sendMetrics } from './counter-world.ts'
import { handDriven } from './detector.ts'
import type { Bed } from './embedded.ts'
import { encodeRequest } from './otlp.ts'
import { note } from './telemetry.ts'

const HISTORY = 120
const AFTER = 40
const nanos = (ms: number) => `${ms}000000`

/** A counter of a service that is deployed after two hours: requests it counts in a minute, before and after, and what else the deploy does. */
export type CounterDeploy = {
  service: string
  perMinute: [number, number]
  /** Points carry the start of their process. */
  knowsStart: boolean
  /** The deploy restarts the process again after so many minutes. */
  again: number[]
}

function* bodiesOf(d: CounterDeploy, fromMs: number, noise: (minute: number) => number) {
  let [startMs, total] = [fromMs, 0]
  for (let m = 0; m < HISTORY + AFTER; m++) {
    const isNew = m >= HISTORY
    const timeMs = fromMs + m * 60_000 + 30_000
    if (m === HISTORY || d.again.includes(m - HISTORY)) [startMs, total] = [timeMs - 29_000, 0]
    total += Math.round(d.perMinute[isNew ? 1 : 0] * noise(m))
    const version = { key: 'service.version', value: { stringValue: isNew ? 'v2' : 'v1' } }
    const name = { key: 'service.name', value: { stringValue: d.service } }
    const start = d.knowsStart ? { startTimeUnixNano: nanos(startMs) } : {}
    const dataPoints = [{ timeUnixNano: nanos(timeMs), ...start, asInt: String(total) }]
    const metrics = [{ name: 'jobs.failed', sum: { aggregationTemporality: 2, isMonotonic: true, dataPoints } }]
    yield encodeRequest('metrics', {
      resourceMetrics: [{ resource: { attributes: [name, version] }, scopeMetrics: [{ metrics }] }],
    })
  }
}

/** Sends the deploys' counters, lets the detector come to rest, and @returns how many anomalies each service has. */
export async function anomaliesOfCounters(
  bed: Bed,
  deploys: readonly CounterDeploy[],
  random: () => number,
): Promise<number[]> {
  const d = handDriven(bed)
  const fromMs = Math.floor(d.nowMs() / 60_000) * 60_000 - (HISTORY + AFTER + 2) * 60_000
  const noise = () => 0.9 + 0.2 * random()
  await sendMetrics(
    bed.store,
    deploys.flatMap((one) => [...bodiesOf(one, fromMs, noise)]),
    d.nowMs(),
  )
  const minutes = Array.from({ length: HISTORY + AFTER }, (_, m) => fromMs / 60_000 + m)
  await note(bed.store, 'metrics', minutes, d.nowMs())
  await d.settle()
  const found: number[] = []
  for (const { service } of deploys) found.push((await d.anomalies(service)).length)
  return found
}
