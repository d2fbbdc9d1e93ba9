import type { Random } from './random.ts'

/** One bucket of one version; `share` is the part of the traffic that is meant for it. */
export type Minute = { requests: number; failed: number; sumMs: number; cpu: number; share: number }

/** What a version goes through in one bucket. `weight`: of a shared incident, how much of it is felt. */
export type Version = {
  share: number
  load: number
  slow: number
  fault: 'errors' | 'latency' | 'tail' | 'crash' | 'none' | 'shared'
  weight: number
  young: boolean
  constant: boolean
}

type Read = { kind: string; unit: string; value: (m: Minute, i: number, r: Random) => number | null }

export type Family = {
  name: string
  stepS: number
  /** Least and most buckets before t0. */
  before: readonly [number, number]
  after: number
  /** Whether the old version runs beside the new one: to the end, for a third of the time, or not at all. */
  control: 'kept' | 'drained' | 'none'
  /** Shares of the traffic that a new version gets beside an old one. */
  shares: readonly number[]
  /** Fewest requests a bucket of all versions; a service has up to ten times as many. */
  perBucket: number
  together: readonly [number, number]
  /** Buckets after t0 at which a fault begins. */
  onset: number
  /** Buckets in which a harmless new version answers slowly: caches and compilers that are cold. */
  coldStart: number
  /** Harmless rollouts of a guilty case fail too, old and new version alike: they call the guilty one. */
  sufferers: boolean
  /** No request fails before; latencies, CPU never vary. */
  clean: boolean
  constant: boolean
  /** Load by the time of day, bursts of slowness that last some buckets. */
  restless: boolean
  signals: readonly string[]
  read: (name: string) => Read
}

const served = (f: (m: Minute) => number) => (m: Minute) => (m.requests > 0 ? f(m) : null)

const READS: Readonly<Record<string, Read>> = {
  'success %': { kind: 'success', unit: '%', value: served((m) => 100 * (1 - m.failed / m.requests)) },
  'success ratio': { kind: 'success', unit: '1', value: served((m) => 1 - m.failed / m.requests) },
  'latency ms': { kind: 'latency', unit: 'ms', value: served((m) => m.sumMs / m.requests) },
  'latency s, 0 when idle': {
    kind: 'latency',
    unit: 's',
    value: (m) => (m.requests > 0 ? m.sumMs / m.requests / 1000 : 0),
  },
  requests: { kind: 'throughput', unit: '1/min', value: (m) => m.requests },
  'requests, null when none': { kind: 'throughput', unit: '1/min', value: served((m) => m.requests) },
  'error count': { kind: 'error', unit: '1', value: (m) => m.failed },
  'error ratio': { kind: 'error', unit: '1', value: served((m) => m.failed / m.requests) },
  'cpu a pod': { kind: 'resource', unit: 'cores', value: (m) => m.cpu },
  'cpu of all pods': { kind: 'resource', unit: 'cores', value: (m) => 20 * m.cpu * m.share },
  'memory a pod': {
    kind: 'resource',
    unit: 'MiB',
    value: (_, i, r) => 900 * (1 - 0.6 * Math.exp(-i / 20)) * Math.exp(0.01 * r.normal()),
  },
  'seconds of CPU since start': { kind: 'resource', unit: 's', value: (m, i) => 60 * (i + m.cpu) },
  restarts: { kind: 'resource', unit: '1', value: () => 0 },
}

const EVEN: Omit<Family, 'name'> = {
  stepS: 60,
  before: [180, 180],
  after: 30,
  control: 'kept',
  shares: [0.1, 0.3, 0.5],
  perBucket: 40,
  together: [1, 4],
  onset: 0,
  coldStart: 0,
  sufferers: false,
  clean: false,
  constant: false,
  restless: false,
  signals: ['success %', 'latency ms', 'requests', 'cpu a pod'],
  read: (name) => READS[name]!,
}

export const FAMILIES: readonly Family[] = [
  { ...EVEN, name: 'even' },
  { ...EVEN, name: '15 s samples', stepS: 15, before: [40, 240], after: 80, perBucket: 15 },
  { ...EVEN, name: 'few before', before: [10, 30], after: 15 },
  { ...EVEN, name: 'nothing before', before: [0, 0], after: 30 },
  { ...EVEN, name: 'no control', control: 'none' },
  { ...EVEN, name: 'no control, few before', control: 'none', before: [10, 30], after: 20 },
  { ...EVEN, name: 'drained control', control: 'drained' },
  { ...EVEN, name: 'thin canary', shares: [0.02, 0.05], perBucket: 60 },
  { ...EVEN, name: 'quiet service', perBucket: 2, shares: [0.3, 0.5] },
  { ...EVEN, name: 'error count', shares: [0.05, 0.1], signals: ['error count', 'latency ms', 'requests'] },
  { ...EVEN, name: 'error count, no control', control: 'none', signals: ['error count', 'latency ms', 'requests'] },
  { ...EVEN, name: 'error count alone', shares: [0.05, 0.5], signals: ['error count', 'latency ms'] },
  { ...EVEN, name: 'error ratio', signals: ['error ratio', 'latency ms', 'requests'] },
  {
    ...EVEN,
    name: 'ratio and seconds',
    signals: ['success ratio', 'latency s, 0 when idle', 'requests'],
    perBucket: 5,
  },
  { ...EVEN, name: 'no throughput', signals: ['success %', 'latency ms', 'cpu a pod'] },
  { ...EVEN, name: 'null requests', signals: ['success %', 'latency ms', 'requests, null when none'] },
  {
    ...EVEN,
    name: 'pooled resources',
    shares: [0.05, 0.1],
    signals: ['success %', 'latency ms', 'cpu of all pods', 'memory a pod', 'seconds of CPU since start', 'restarts'],
  },
  { ...EVEN, name: 'late guilt', onset: 12, after: 45 },
  { ...EVEN, name: 'sufferers', sufferers: true, together: [3, 6] },
  { ...EVEN, name: 'sufferers, no control', sufferers: true, together: [3, 6], control: 'none' },
  { ...EVEN, name: 'clean and constant', clean: true, constant: true },
  { ...EVEN, name: 'restless', restless: true },
  { ...EVEN, name: 'restless, no control', restless: true, control: 'none' },
  { ...EVEN, name: 'cold start', coldStart: 3 },
]

/** Load and slowness by bucket, counted from t0; the same for the old and the new version. */
export function worldOf(r: Random, f: Family): { load: (i: number) => number; slow: (i: number) => number } {
  if (!f.restless) return { load: () => 1, slow: () => 1 }
  const phase = 2 * Math.PI * r.uniform()
  const known = new Map<number, number>()
  let last = 0
  const wander = (i: number): number => {
    const kept = known.get(i)
    if (kept !== undefined) return kept
    last = 0.9 * last + 0.06 * r.normal() + (r.uniform() < 0.02 ? 0.5 : 0)
    known.set(i, last)
    return last
  }
  return {
    load: (i) => 1 + 0.7 * Math.sin((2 * Math.PI * i) / 1440 + phase),
    slow: (i) => Math.exp(wander(i)),
  }
}
