import { writeTo } from '../lines.ts'
import { type Random, randomFrom } from './random.ts'

/**
 * Series of one number per build whose noise is not even: each family bends one property of real benchmarks. The truth of a series, the builds at which
 * a lasting level begins, goes into a second file, with its family.
 */
type Family = {
  name: string
  builds: number
  /** Chance that a build begins a new level, at least 40 builds after the last one. */
  often: number
  /** Typical distance of a build from its level, as a share of it: least and most. */
  noise: readonly [number, number]
  /** The last value's part in the next one's noise. */
  memory: number
  /** Logarithm added to build `b` of a series, and which of its builds begin another level by it; drawn once a series. */
  shape: (r: Random) => (b: number) => number
  /** Factors of a change. */
  factors: readonly number[]
  /** How a value is written. */
  write: (value: number, level: number) => number
}

const flat = () => () => 0
const STEPS = [0.8, 0.9, 0.95, 1.05, 1.1, 1.3]
const EVEN: Omit<Family, 'name'> = {
  builds: 300,
  often: 0.006,
  noise: [0.005, 0.05],
  memory: 0,
  shape: flat,
  factors: STEPS,
  write: (v) => v,
}

const FAMILIES: readonly Family[] = [
  { ...EVEN, name: 'even' },
  {
    ...EVEN,
    name: 'outliers both ways',
    shape: (r) => () => (r.uniform() < 0.05 ? r.pick([-1, 1]) * 0.7 * r.uniform() : 0),
  },
  { ...EVEN, name: 'outliers in runs', shape: (r) => runs(r, 0.008, 4, () => 0.3) },
  { ...EVEN, name: 'drift', shape: (r) => slope(r.pick([-1, 1]) * 0.0007) },
  { ...EVEN, name: 'wave', shape: (r) => wave(120 + 100 * r.uniform(), 0.04) },
  { ...EVEN, name: 'two modes', shape: (r) => () => (r.uniform() < 0.3 ? 0.1 : 0), factors: [0.7, 0.8, 1.2, 1.4] },
  { ...EVEN, name: 'two modes in runs', shape: (r) => runs(r, 0.1, 6, () => 0.1), factors: [0.7, 0.8, 1.25, 1.4] },
  { ...EVEN, name: 'memory', memory: 0.7 },
  { ...EVEN, name: 'walk', shape: (r) => walk(r, 0.004), factors: [0.7, 0.8, 1.25, 1.4] },
  { ...EVEN, name: 'whole numbers', write: (v, level) => Math.round((8 * v) / level), factors: [0.6, 0.75, 1.25, 1.5] },
  { ...EVEN, name: 'hardly ever moves', noise: [0, 0], shape: (r) => () => (r.uniform() < 0.03 ? 0.01 : 0) },
  { ...EVEN, name: 'loud', noise: [0.1, 0.2], factors: [0.5, 0.7, 1.4, 1.8] },
  { ...EVEN, name: 'louder and louder', shape: (r) => (b) => 0.0003 * b * r.normal() },
  { ...EVEN, name: 'skewed', shape: (r) => () => -0.05 * Math.log(1 - r.uniform()) },
  { ...EVEN, name: 'short', builds: 60, often: 0.02 },
  { ...EVEN, name: 'close together', often: 0.03 },
  { ...EVEN, name: 'from nothing', write: (v, level) => (v > 1.04 * level ? 0 : v) },
]

const slope = (per: number) => (b: number) => per * b
const wave = (period: number, size: number) => (b: number) => size * Math.sin((2 * Math.PI * b) / period)

/** Runs of up to `longest` builds that lie apart: flaky machines, and changes that are taken back at once. */
function runs(r: Random, chance: number, longest: number, size: () => number): (b: number) => number {
  let left = 0
  let by = 0
  return () => {
    if (left > 0) left--
    else if (r.uniform() < chance) [left, by] = [Math.floor(longest * r.uniform()), size()]
    else by = 0
    return by
  }
}

function walk(r: Random, step: number): (b: number) => number {
  let at = 0
  return () => {
    at = 0.98 * at + step * r.normal()
    return at
  }
}

function seriesOf(r: Random, f: Family): { values: number[]; changes: number[] } {
  const noise = f.noise[0] + (f.noise[1] - f.noise[0]) * r.uniform() ** 2
  const first = 100 * 10 ** r.uniform()
  const shape = f.shape(r)
  const [values, changes]: [number[], number[]] = [[], []]
  let level = first
  let wander = 0
  for (let b = 0; b < f.builds; b++) {
    const since = b - (changes.at(-1) ?? 0)
    if (since > 40 && b < f.builds - 15 && r.uniform() < f.often) {
      // A tenth of the noise is no change that people would mark.
      level *= r.pick(f.factors.filter((x) => Math.abs(Math.log(x)) > 2 * noise))
      changes.push(b)
    }
    wander = f.memory * wander + Math.sqrt(1 - f.memory ** 2) * noise * r.normal()
    values.push(Number(f.write(level * Math.exp(wander + shape(b)), first).toPrecision(6)))
  }
  return { values, changes }
}

async function main(out: string, truthOut: string, series: number, seed: number): Promise<void> {
  const r = randomFrom(seed)
  const file = writeTo(out)
  const truth = writeTo(truthOut)
  for (const f of FAMILIES)
    for (let i = 0; i < series; i++) {
      const { values, changes } = seriesOf(r, f)
      file.line({ id: `${f.name}-${i}`, values })
      truth.line({ id: `${f.name}-${i}`, family: f.name, builds: values.length, changes })
    }
  await file.end()
  await truth.end()
}

const [out = 'out/odd-builds.jsonl', truth = 'out/odd-builds.truth.jsonl', series = '40', seed = '1'] =
  process.argv.slice(2)
await main(out, truth, Number(series), Number(seed))
