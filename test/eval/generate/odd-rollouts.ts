import { writeTo } from '../lines.ts'
import { FAMILIES, type Family, type Minute, type Version, worldOf } from './odd-families.ts'
import { type Random, randomFrom } from './random.ts'

/**
 * Rollouts as they differ from the even ones of `rollouts.ts`: each family bends one property of real canaries (`odd-families.ts`). Faults are those
 * of `rollouts.ts`; of a case at most one rollout is guilty. The truth goes into a second file, a line a rollout, with its family.
 */
const FAULTS = ['errors', 'latency', 'tail', 'crash', 'none', 'none', 'none', 'shared'] as const
type Fault = (typeof FAULTS)[number]
type Samples = [number, number | null][]

const START_S = 1_700_000_000

type Service = { perBucket: number; latencyMs: number; errorShare: number; share: number }

function serviceOf(r: Random, f: Family): Service {
  return {
    perBucket: f.perBucket * 10 ** r.uniform(),
    latencyMs: 20 * 10 ** r.uniform(),
    errorShare: f.clean ? 0 : 0.01 * r.uniform(),
    share: r.pick(f.shares),
  }
}

/** One bucket of one version: what it serves of the traffic, and by how much it suffers. */
function bucket(r: Random, s: Service, v: Version): Minute {
  const m: Minute = { requests: 0, failed: 0, sumMs: 0, cpu: 0, share: v.share }
  m.requests = v.fault === 'crash' ? 0 : r.poisson(s.perBucket * v.share * v.load)
  const failing = s.errorShare + (v.fault === 'errors' ? 0.05 : 0) + (v.fault === 'shared' ? 0.2 * v.weight : 0)
  for (let i = 0; i < m.requests; i++) {
    let ms = s.latencyMs * v.slow * (v.constant ? 1 : Math.exp(0.5 * r.normal()))
    if (v.fault === 'latency') ms *= 1.4
    if (v.fault === 'tail' && r.uniform() < 0.05) ms *= 8
    m.sumMs += ms
    if (r.uniform() < failing) m.failed++
  }
  const each = (0.2 + (0.001 * m.requests) / v.share) * (v.constant ? 1 : Math.exp(0.1 * r.normal()))
  m.cpu = each * (v.young ? 1.6 : 1)
  return m
}

type Sides = { before: Minute[]; control: Minute[]; current: Minute[] }

/** The three parts of one rollout. `fault` is what the new version does, `shared` what both suffer, from `onset` buckets after t0 on. */
function sidesOf(r: Random, f: Family, s: Service, fault: Fault, suffers: number): Sides {
  const alone = f.control === 'none'
  const world = worldOf(r, f)
  const at = (i: number, part: 'before' | 'control' | 'current'): Version => {
    const hurt = i >= f.onset ? fault : 'none'
    const own = part === 'current' ? hurt : hurt === 'shared' && part === 'control' ? hurt : 'none'
    return {
      share: part === 'before' || (alone && part === 'current') ? 1 : part === 'current' ? s.share : 1 - s.share,
      load: world.load(i),
      slow: world.slow(i) * (part === 'current' && i < f.coldStart ? 1.6 : 1),
      fault: own === 'none' && suffers > 0 && part !== 'before' && i >= f.onset ? 'shared' : own,
      weight: suffers || 1,
      young: part === 'current',
      constant: f.constant,
    }
  }
  const n = f.before[0] + Math.floor(r.uniform() * (f.before[1] - f.before[0] + 1))
  const part = (from: number, to: number, which: 'before' | 'control' | 'current') =>
    Array.from({ length: to - from }, (_, i) => bucket(r, s, at(from + i, which)))
  const lasts = f.control === 'none' ? 0 : f.control === 'drained' ? Math.floor(f.after / 3) : f.after
  return { before: part(-n, 0, 'before'), control: part(0, lasts, 'control'), current: part(0, f.after, 'current') }
}

function signals(r: Random, f: Family, { before, control, current }: Sides) {
  const series = (minutes: Minute[], t0: number, value: (m: Minute, i: number) => number | null): Samples =>
    minutes.flatMap((m, i) => {
      const v = value(m, i)
      return v === null ? [] : [[t0 + f.stepS * i, Number(v.toPrecision(6))] as [number, number]]
    })
  const names = [...f.signals]
  return names.map((name) => {
    const { kind, unit, value } = f.read(name)
    return {
      name,
      kind,
      unit,
      before: series(before, START_S - f.stepS * before.length, (m, i) => value(m, i + 100_000, r)),
      control: series(control, START_S, (m, i) => value(m, i + 100_000 + before.length, r)),
      current: series(current, START_S, (m, i) => value(m, i, r)),
    }
  })
}

async function main(out: string, truthOut: string, cases: number, seed: number): Promise<void> {
  const r = randomFrom(seed)
  const file = writeTo(out)
  const truth = writeTo(truthOut)
  for (const f of FAMILIES)
    for (let c = 0; c < cases; c++) {
      const fault = r.pick(FAULTS)
      const together = f.together[0] + Math.floor(r.uniform() * (f.together[1] - f.together[0] + 1))
      const guilty = Math.floor(r.uniform() * together)
      for (let k = 0; k < together; k++) {
        const bad = fault !== 'none' && fault !== 'shared' && k === guilty
        const mine: Fault = fault === 'shared' ? 'shared' : bad ? fault : 'none'
        const suffers = f.sufferers && fault === 'errors' && !bad && r.uniform() < 0.5 ? 0.1 : 0
        const sides = sidesOf(r, f, serviceOf(r, f), mine, suffers)
        const [id, of] = [`${f.name}-${c}-s${k}`, `${f.name}-${c}`]
        file.line({ id, case: of, service: `s${k}`, t0: START_S, signals: signals(r, f, sides) })
        truth.line({ id, case: of, family: f.name, fault: mine, guilty: bad })
      }
    }
  await file.end()
  await truth.end()
}

const [out = 'out/odd.jsonl', truth = 'out/odd.truth.jsonl', cases = '40', seed = '1'] = process.argv.slice(2)
await main(out, truth, Number(cases), Number(seed))
