import fc from 'fast-check'
import { recompute } from '../../services/detector/rollups/recompute.ts'
import { noneTouched } from '../../services/detector/rollups/touched.ts'
import { Batches } from '../../services/ingest/decode/index.ts'
import type { Store } from '../../shared/store/store.ts'
import { encodeRequest } from './otlp.ts'

/** One export interval of a counter: what was counted in it, and what became of its point on the way. */
export type Step = {
  increase: number
  /** The process began anew before this interval. */
  restart: boolean
  fate: 'arrives' | 'is lost' | 'comes twice'
  /** Points are sent in the order of these. */
  order: number
}

/** `start`: whether points say when their process began. Without it at most one restart, or small counters look like two writers. */
export type CounterWorld = { steps: Step[]; intervalS: number; knowsStart: boolean; rounds: number }

/** Times that the detector computes while points still come. */
const MAX_ROUNDS = 4

const step = fc.record({
  increase: fc.integer({ min: 0, max: 1000 }),
  restart: fc.boolean(),
  fate: fc.constantFrom<Step['fate'][]>('arrives', 'arrives', 'arrives', 'is lost', 'comes twice'),
  order: fc.integer({ min: 0, max: 1_000_000 }),
})

export const counterWorld: fc.Arbitrary<CounterWorld> = fc
  .record({
    steps: fc.array(step, { minLength: 2, maxLength: 24 }),
    rare: fc.integer({ min: 1, max: 8 }),
    intervalS: fc.constantFrom(15, 30, 60, 120),
    knowsStart: fc.boolean(),
    rounds: fc.integer({ min: 1, max: MAX_ROUNDS }),
  })
  .map(({ steps, rare, intervalS, knowsStart, rounds }) => {
    let restarts = 0
    const kept = steps.map((s, i) => {
      const restart = s.restart && i > 0 && i % rare === 0 && (knowsStart || restarts === 0)
      if (restart) restarts++
      return { ...s, restart }
    })
    return { steps: kept, intervalS, knowsStart, rounds }
  })

type Point = { startMs: number; timeMs: number; total: number; increase: number; sequence: number; step: Step }

/** The points as the process makes them; a restart takes a second of which nothing is counted. */
function pointsOf(w: CounterWorld, fromMs: number): Point[] {
  const points: Point[] = []
  let [startMs, total, sequence] = [fromMs, 0, 0]
  for (const [i, step] of w.steps.entries()) {
    const timeMs = fromMs + (i + 1) * w.intervalS * 1000
    if (step.restart) [startMs, total, sequence] = [timeMs - w.intervalS * 1000 + 1000, 0, sequence + 1]
    total += step.increase
    points.push({ startMs, timeMs, total, increase: step.increase, sequence, step })
  }
  return points
}

const LOOKBACK_MS = 5 * 60_000
/** The oldest time from which the increase of a point may count: docs/otlp.md, O72 to O75. */
const oldest = (timeMs: number) => Math.floor(timeMs / 60_000) * 60_000 - LOOKBACK_MS

/** What no receiver can tell of a cumulative counter: the increase before the first and after the last point of a process, and in long gaps. */
function unobservable(w: CounterWorld, points: readonly Point[]): number {
  let lost = 0
  let pending = 0
  let sequence = 0
  // When the increase that is pending began to count, as far as the next point can tell.
  let sinceMs = w.knowsStart ? (points[0]?.startMs ?? 0) : 0
  for (const p of points) {
    if (p.sequence !== sequence) {
      lost += pending
      pending = 0
      sequence = p.sequence
      sinceMs = w.knowsStart ? p.startMs : 0
    }
    pending += p.increase
    if (p.step.fate === 'is lost') continue
    if (sinceMs < oldest(p.timeMs)) lost += pending
    pending = 0
    sinceMs = p.timeMs
  }
  return lost + pending
}

const nanos = (ms: number) => `${ms}000000`

/** The world's points as requests, one each, in the order in which they are sent. */
function requestsOf(w: CounterWorld, name: string, points: readonly Point[]): { timeMs: number; body: Uint8Array }[] {
  const sent = points
    .flatMap((p) => (p.step.fate === 'is lost' ? [] : p.step.fate === 'comes twice' ? [p, p] : [p]))
    .sort((a, b) => a.step.order - b.step.order)
  const request = (p: Point) => {
    const at = { timeUnixNano: nanos(p.timeMs), attributes: [{ key: 'route', value: { stringValue: '/' } }] }
    const start = (ms: number) => (w.knowsStart ? { startTimeUnixNano: nanos(ms) } : {})
    const sum = (value: number, temporality: number, startMs: number) => ({
      aggregationTemporality: temporality,
      isMonotonic: true,
      dataPoints: [{ ...at, ...start(startMs), asInt: String(value) }],
    })
    const deltaStart = p.step.restart ? p.startMs : p.timeMs - w.intervalS * 1000
    return {
      resourceMetrics: [
        {
          resource: { attributes: [{ key: 'service.name', value: { stringValue: name } }] },
          scopeMetrics: [
            {
              metrics: [
                { name: 'cumulative', sum: sum(p.total, 2, p.startMs) },
                { name: 'delta', sum: sum(p.increase, 1, deltaStart) },
              ],
            },
          ],
        },
      ],
    }
  }
  return sent.map((p) => ({ timeMs: p.timeMs, body: encodeRequest('metrics', request(p)) }))
}

export type Outcome = {
  /** Increase of the counter in all. */
  truth: number
  /** What of it can be known, at least and at most, by each way of sending. */
  knowable: { cumulative: [number, number]; delta: [number, number] }
  counted: { cumulative: number; delta: number }
  /** Minutes whose increase is below zero. */
  negative: number
}

let batch = 0n

/** Brings bodies of metrics through the decoder into the engine. */
export async function sendMetrics(store: Store, bodies: readonly Uint8Array[], nowMs: number): Promise<void> {
  const batches = new Batches()
  for (const body of bodies) batches.append('metrics', 'protobuf', body, nowMs)
  for (const { key } of batches.open()) {
    const { table, columns, rows, native } = batches.seal(key, ++batch)
    await store.insertNative({ table, columns, rows, bytes: native })
  }
}

/**
 * Sends worlds through the decoder and the engine, each in its rounds, recomputes the minutes touched after each round as the
 * detector does, and reads the rollups.
 */
export async function runCounters(store: Store, worlds: readonly CounterWorld[], nowMs: number): Promise<Outcome[]> {
  const fromMs = Math.floor(nowMs / 60_000) * 60_000 - 3 * 3_600_000
  const all = worlds.map((w, i) => ({ w, name: `counter-${i}`, points: pointsOf(w, fromMs) }))
  const sent = all.map(({ w, name, points }) => requestsOf(w, name, points))
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const now = sent.flatMap((requests, i) => {
      const size = Math.ceil(requests.length / worlds[i]!.rounds)
      return requests.slice(round * size, (round + 1) * size)
    })
    const touched = noneTouched()
    for (const { timeMs } of now) touched.metrics.add(Math.floor(timeMs / 60_000))
    await sendMetrics(
      store,
      now.map((r) => r.body),
      nowMs,
    )
    await recompute(store, touched, nowMs + round)
  }
  const rows = await store.rows<{ service: string; metric: string; v: number; negative: string }>(
    `SELECT service, metric, sum(value_sum) AS v, countIf(value_sum < 0) AS negative FROM rollup_metrics FINAL
     WHERE points > 0 AND startsWith(service, 'counter-') GROUP BY service, metric LIMIT 100000`,
  )
  const found = new Map(rows.map((r) => [`${r.service} ${r.metric}`, r]))
  return all.map(({ w, name, points }) => {
    const of = (metric: string) => found.get(`${name} ${metric}`)
    return {
      truth: points.reduce((sum, p) => sum + p.increase, 0),
      knowable: knowable(w, points),
      counted: { cumulative: of('cumulative')?.v ?? 0, delta: of('delta')?.v ?? 0 },
      negative: Number(of('cumulative')?.negative ?? 0) + Number(of('delta')?.negative ?? 0),
    }
  })
}

function knowable(w: CounterWorld, points: readonly Point[]): Outcome['knowable'] {
  const truth = points.reduce((sum, p) => sum + p.increase, 0)
  const arrived = points.filter((p) => p.step.fate !== 'is lost')
  const delta = arrived.reduce((sum, p) => sum + p.increase, 0)
  const told = truth - unobservable(w, points)
  // A restart that nobody told hides what the counter had reached, unless it was seen to fall.
  const hidden = w.knowsStart ? 0 : Math.max(0, ...points.map((p) => p.total))
  const most = w.knowsStart ? told : truth - (arrived[0]?.total ?? truth)
  return { cumulative: [told - hidden, most], delta: [delta, delta] }
}

/** What is wrong with an outcome, or null. */
export function wrongWith(o: Outcome): string | null {
  if (o.negative > 0) return 'a negative rate'
  for (const way of ['cumulative', 'delta'] as const) {
    const [least, most] = o.knowable[way]
    const counted = o.counted[way]
    if (counted < least || counted > most)
      return `${way}: ${counted} counted, ${least} to ${most} of ${o.truth} can be known`
  }
  return null
}
