import { writeTo } from '../lines.ts'
import { type Random, randomFrom } from './random.ts'

/**
 * Software changes seen in one KPI each, with days of history and no old version beside it: daily rhythm, days that differ, noise that wanders,
 * bursts, jobs at fixed hours. A fault is a level, a ramp, a fall to nothing, or more spread.
 */
const KINDS = ['success', 'latency', 'throughput', 'error', 'resource'] as const
type Kind = (typeof KINDS)[number]
const FAULTS = ['level', 'ramp', 'outage', 'spread'] as const
type Fault = (typeof FAULTS)[number] | 'none'
/** `whole`: every minute before; `same hours`: two hours before and the same hours of earlier days; `short`: six hours. */
const HISTORIES = ['whole', 'whole', 'same hours', 'short'] as const
type History = (typeof HISTORIES)[number]

const DAY_MIN = 1440
const AFTER_MIN = 120
const START_S = 1_700_000_000 - (1_700_000_000 % 86_400)

type Shape = {
  rhythm: number
  second: number
  phase: number
  perDay: number
  wander: number
  noise: number
  burst: number
  job: number
  jobAt: number
}

function shapeOf(r: Random): Shape {
  return {
    rhythm: r.pick([0, 0.2, 0.5, 0.8]) * r.uniform(),
    second: 0.3 * r.uniform(),
    phase: DAY_MIN * r.uniform(),
    perDay: 0.08 * r.uniform(),
    wander: 0.06 * r.uniform(),
    noise: r.pick([0.02, 0.05, 0.1, 0.25]),
    burst: r.pick([0, 0, 0.001, 0.004]),
    job: r.pick([0, 0, 0.5, 1]) * r.uniform(),
    jobAt: Math.floor(DAY_MIN * r.uniform()),
  }
}

/** Logarithm of the level of each minute, 0 on average. */
function logLevels(r: Random, s: Shape, minutes: number, firstMin: number): number[] {
  const days = Array.from({ length: Math.ceil(minutes / DAY_MIN) + 2 }, () => s.perDay * r.normal())
  let wander = 0
  let burst = 0
  return Array.from({ length: minutes }, (_, i) => {
    const m = firstMin + i
    const at = (2 * Math.PI * (m + s.phase)) / DAY_MIN
    const day = (m - firstMin) / DAY_MIN
    const d = Math.floor(day)
    const ofDay = days[d]! + (days[d + 1]! - days[d]!) * (day - d)
    wander = 0.98 * wander + 0.2 * s.wander * r.normal()
    burst = r.uniform() < s.burst ? 1 + r.uniform() : 0.6 * burst
    const sinceJob = (((m - s.jobAt) % DAY_MIN) + DAY_MIN) % DAY_MIN
    const job = sinceJob < 40 ? s.job : 0
    return (
      s.rhythm * Math.sin(at) +
      s.rhythm * s.second * Math.sin(2 * at) +
      ofDay +
      wander +
      burst +
      job +
      s.noise * r.normal()
    )
  })
}

/** What the fault adds to the logarithm, `j` minutes after the change; in the size that engineers call a fault: several times the noise, at least a tenth. */
function faultAt(r: Random, fault: Fault, size: number, j: number, noise: number): number {
  if (fault === 'level') return size
  if (fault === 'ramp') return size * Math.min(1, j / 60) * 1.5
  if (fault === 'spread') return 4 * noise * r.normal()
  return 0
}

/** The sample of one minute. A fault of success is in points: a tenth in the logarithm is one. */
function sampleOf(r: Random, kind: Kind, scale: number, log: number, hit: number, out: boolean): number {
  const level = Math.exp(log + hit)
  if (kind === 'throughput') return r.poisson(scale * level * (out ? 0.02 : 1))
  if (kind === 'latency') return out ? 3000 : 40 * level
  if (kind === 'resource') return out ? 0 : Math.min(100, 25 * level)
  const failing = 0.004 * Math.exp(2 * log) + 0.1 * Math.abs(hit) + (out ? 0.7 : 0)
  const failed = Math.min(scale, r.poisson(scale * failing))
  return kind === 'error' ? failed : 100 * (1 - failed / scale)
}

async function main(out: string, truthOut: string, cases: number, seed: number): Promise<void> {
  const r = randomFrom(seed)
  const file = writeTo(out)
  const truth = writeTo(truthOut)
  for (let c = 0; c < cases; c++) {
    const kind = r.pick(KINDS)
    const history: History = r.pick(HISTORIES)
    const s = shapeOf(r)
    const fault: Fault = r.uniform() < 0.3 ? r.pick(FAULTS) : 'none'
    const days = history === 'short' ? 0.25 : 3 + Math.floor(5 * r.uniform())
    const before = Math.round(days * DAY_MIN)
    const t0Min = before + Math.floor(DAY_MIN * r.uniform())
    const scale = 50 * 10 ** (1.5 * r.uniform())
    const log = logLevels(r, s, before + AFTER_MIN, t0Min - before)
    const up = r.uniform() < 0.7 ? 1 : -1
    const size = up * Math.max(0.1, (2 + 4 * r.uniform()) * (s.noise + s.wander))
    const t0 = START_S + 60 * t0Min
    const samples = log.map((v, i): [number, number | null] => {
      const j = i - before
      const hit = j >= 0 ? faultAt(r, fault, size, j, s.noise) : 0
      const value = sampleOf(r, kind, scale, v, hit, j >= 0 && fault === 'outage')
      return [t0 + 60 * j, r.uniform() < 0.002 ? null : Number(value.toPrecision(6))]
    })
    const kept = samples.slice(0, before).filter(([ts]) => {
      if (history !== 'same hours') return true
      const ago = t0 - ts
      return ago <= 7200 || ago % 86_400 > 86_400 - 60 * AFTER_MIN - 7200 || ago % 86_400 < 7200
    })
    const id = `k${c}`
    const signal = { name: 'kpi', kind, unit: '1', before: kept, control: [], current: samples.slice(before) }
    file.line({ id, case: id, service: id, t0, signals: [signal] })
    truth.line({ id, case: id, fault, guilty: fault !== 'none', kind, history })
  }
  await file.end()
  await truth.end()
}

const [out = 'out/kpis.jsonl', truth = 'out/kpis.truth.jsonl', cases = '400', seed = '1'] = process.argv.slice(2)
await main(out, truth, Number(cases), Number(seed))
