import { writeTo } from '../lines.ts'
import { type Random, randomFrom } from './random.ts'

/** Faults of a new version, and what is not one. `shared` hits old and new alike: nobody is guilty. */
const FAULTS = ['errors', 'latency', 'tail', 'crash', 'none', 'none', 'shared'] as const
type Fault = (typeof FAULTS)[number]
type Service = { perMinute: number; latencyMs: number; errorShare: number; canaryShare: number }
type Minute = { requests: number; failed: number; sumMs: number; cpu: number }
type Samples = [number, number | null][]

const BEFORE_MIN = 180
const AFTER_MIN = 30
const START_S = 1_700_000_000

/** One minute of one version, request by request. */
function minute(r: Random, s: Service, share: number, fault: Fault, young: boolean): Minute {
  const m: Minute = { requests: 0, failed: 0, sumMs: 0, cpu: 0 }
  m.requests = fault === 'crash' ? 0 : r.poisson(s.perMinute * share)
  const failing = s.errorShare + (fault === 'errors' ? 0.05 : fault === 'shared' ? 0.2 : 0)
  for (let i = 0; i < m.requests; i++) {
    let ms = s.latencyMs * Math.exp(0.5 * r.normal())
    if (fault === 'latency') ms *= 1.4
    if (fault === 'tail' && r.uniform() < 0.05) ms *= 8
    m.sumMs += ms
    if (r.uniform() < failing) m.failed++
  }
  m.cpu = (0.2 + (0.001 * m.requests) / share) * (young ? 1.6 : 1) * Math.exp(0.1 * r.normal())
  return m
}

function signals(before: Minute[], control: Minute[], current: Minute[]) {
  const series = (minutes: Minute[], t0: number, value: (m: Minute) => number | null): Samples =>
    minutes.flatMap((m, i) => {
      const v = value(m)
      return v === null ? [] : [[t0 + 60 * i, Number(v.toPrecision(6))] as [number, number]]
    })
  const one = (name: string, kind: string, unit: string, value: (m: Minute) => number | null) => ({
    name,
    kind,
    unit,
    before: series(before, START_S - 60 * BEFORE_MIN, value),
    control: series(control, START_S, value),
    current: series(current, START_S, value),
  })
  const served = (f: (m: Minute) => number) => (m: Minute) => (m.requests > 0 ? f(m) : null)
  return [
    one(
      'success',
      'success',
      '%',
      served((m) => 100 * (1 - m.failed / m.requests)),
    ),
    one(
      'latency',
      'latency',
      'ms',
      served((m) => m.sumMs / m.requests),
    ),
    one(
      'requests',
      'throughput',
      '1/min',
      served((m) => m.requests),
    ),
    one('cpu', 'resource', 'cores', (m) => m.cpu),
  ]
}

/** Cases of one to six rollouts in the same minutes, at most one of them guilty. The truth goes into a second file, a line a rollout. */
async function main(out: string, truthOut: string, cases: number, seed: number): Promise<void> {
  const r = randomFrom(seed)
  const file = writeTo(out)
  const truth = writeTo(truthOut)
  for (let c = 0; c < cases; c++) {
    const fault = r.pick(FAULTS)
    const together = 1 + Math.floor(r.uniform() * 6)
    const guilty = Math.floor(r.uniform() * together)
    for (let k = 0; k < together; k++) {
      const s: Service = {
        perMinute: 40 * 10 ** r.uniform(),
        latencyMs: 20 * 10 ** r.uniform(),
        errorShare: 0.01 * r.uniform(),
        canaryShare: r.pick([0.1, 0.3, 0.5]),
      }
      const bad = fault !== 'none' && fault !== 'shared' && k === guilty
      const mine: Fault = fault === 'shared' ? 'shared' : bad ? fault : 'none'
      const of = (n: number, share: number, f: Fault, young: boolean) =>
        Array.from({ length: n }, () => minute(r, s, share, f, young))
      const before = of(BEFORE_MIN, 1, 'none', false)
      const control = of(AFTER_MIN, 1 - s.canaryShare, fault === 'shared' ? 'shared' : 'none', false)
      const current = of(AFTER_MIN, s.canaryShare, mine, true)
      const id = `c${c}-s${k}`
      file.line({ id, case: `c${c}`, service: `s${k}`, t0: START_S, signals: signals(before, control, current) })
      truth.line({ id, case: `c${c}`, fault: mine, guilty: bad })
    }
  }
  await file.end()
  await truth.end()
}

const [out = 'out/rollouts.jsonl', truth = 'out/rollouts.truth.jsonl', cases = '100', seed = '1'] =
  process.argv.slice(2)
await main(out, truth, Number(cases), Number(seed))
