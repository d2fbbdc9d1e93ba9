import { combine } from './combine.ts'
import { judgeCounts } from './counts.ts'
import { MAX_BUCKETS, onGrid, type Sample, stepOf } from './grid.ts'
import { ALPHA } from './kinds.ts'
import { beforeGrid, type CountSignal, countsOf, thinnerOf } from './rollout-requests.ts'
import { prepareSeries, type SeriesJudge } from './series.ts'
import type { Combined, Judgement, Kind, SignalJudgement } from './types.ts'
import { LENGTHS } from './windows.ts'

/** One signal of a rollout: the time before, the old version at the same time (empty where none is left), and the new version. */
export type RolloutSignal = {
  name: string
  kind: Kind
  /** Of throughput: `1/s`, `req/s`, `rps` and the like are rates; anything else counts requests a bucket. */
  unit?: string | undefined
  before: readonly Sample[]
  control: readonly Sample[]
  current: readonly Sample[]
}
export type Rollout = { id: string; t0: number; signals: readonly RolloutSignal[] }
export type RolloutAnswer = {
  id: string
  verdict: Combined['verdict']
  score: number
  alertAt: number | null
  reason: string
}

/** Silence is a symptom only after this long: instances start, and balancers warm up, within five minutes. */
const SILENCE_S = 300
/** Until then young processes may answer slowly; as many looks at what came later tell whether it was only that. */
const WARM_UP_S = 300
const WARM_LOOKS = 5
/** Requests are expected where the old version had some in this share of the buckets. */
const BUSY_SHARE = 0.6
/** Of a version that did serve, silence is no chance where it had requests in this share of its buckets, and none in this many since. */
const STEADY_SHARE = 0.9
const MIN_SILENT = 5
/** What silence weighs as evidence, in -ln p: as much as the clearest of errors, for the old version beside it rules a shared cause out. */
const SILENCE_EVIDENCE = 30
/** Evidence (sum of -ln p) at which the score of an unremarkable rollout would pass 0.5. */
const HALF_EVIDENCE = -Math.log(ALPHA.normal)
/** A move to the better side is a change too (to fail is often fast), and weighs a little less. */
const BETTER_WEIGHT = 0.8
/** Resources of young instances weigh a tenth: judged at full weight, CPU and memory of fresh canaries flagged 142 of 166 harmless rollouts. */
const YOUNG_WEIGHT = 0.1
/** A rollout with less than this share of the strongest evidence of its case is taken for a bystander. */
const BYSTANDER = 0.5

/** Kinds that are known of every request; where a rollout has them, its young resources and its share of traffic prove nothing. */
const isOfRequests = (kind: Kind): boolean => kind === 'success' || kind === 'latency' || kind === 'error'

/** Kinds of which a value says that there were requests. */
const TELLS_REQUESTS: ReadonlySet<Kind> = new Set(['success', 'latency', 'throughput'])

type Prepared = { signal: RolloutSignal; judge: SeriesJudge; current: (number | null)[]; control: (number | null)[] }
/** `beside`: the old version runs beside the new one. `young`: it is known to be of processes that were started anew; a lone series may be of a service that has others. */
type Plan = {
  stepS: number
  buckets: number
  beside: boolean
  young: boolean
  prepared: Prepared[]
  counts: CountSignal | null
}

/** A latency of 0 is how some monitoring writes that there was no request. */
function measured(signal: RolloutSignal): RolloutSignal {
  if (signal.kind !== 'latency') return signal
  const known = (of: readonly Sample[]): Sample[] => of.map(([ts, v]) => [ts, v === 0 ? null : v])
  return { ...signal, before: known(signal.before), control: known(signal.control), current: known(signal.current) }
}

/** The answer after `k` buckets; `slow`: no more than latencies are worse; `warm`: of latencies, only those since the warm-up were looked at. */
type Look = { k: number; slow: boolean; warm: boolean; score: number; reason: string; verdict: Combined['verdict'] }

/** Judges one rollout as it goes on; the alert is the first look that finds a regression, the score the highest of all looks. */
export function judgeRollout(rollout: Rollout): RolloutAnswer {
  const plan = planOf(rollout)
  const looks = lasting(
    looksOf(plan.buckets).map((k) => lookAt(plan, k)),
    () => lookAt(plan, plan.buckets, true),
  )
  let best: Pick<Look, 'verdict' | 'score' | 'reason'> = {
    score: 0,
    reason: 'nothing to judge',
    verdict: 'insufficient_data',
  }
  for (const look of looks) {
    const stronger =
      look.score > best.score || (best.verdict === 'insufficient_data' && look.verdict !== 'insufficient_data')
    if (stronger) best = look
  }
  const alert = looks.find((look) => look.verdict === 'regressed')
  const alertAt = alert ? rollout.t0 + alert.k * plan.stepS : null
  return { id: rollout.id, verdict: best.verdict, score: best.score, alertAt, reason: best.reason }
}

/**
 * The looks that stand once the rollout is over. Young processes answer slowly until they are warm: what was found by latency alone, is found anew by no
 * look at what came after the warm-up, and is not even `held` by the last of them, was that.
 */
function lasting(looks: readonly Look[], held: () => Look): readonly Look[] {
  const settled = looks.filter((look) => look.warm)
  const isOver =
    settled.length >= WARM_LOOKS &&
    settled.length < looks.length &&
    settled.every((look) => look.verdict !== 'regressed') &&
    looks.some((look) => look.verdict === 'regressed') &&
    held().verdict !== 'regressed'
  return isOver ? looks.filter((look) => look.warm || !look.slow) : looks
}

function planOf({ t0, signals: given }: Rollout): Plan {
  const signals = given.map(measured)
  const stepS = stepOf(signals.flatMap((s) => [s.before, s.control, s.current]))
  const times = signals.flatMap((s) => [...s.current, ...s.control].map((p) => p[0]))
  const last = Math.max(t0 + (times.length > 0 ? 0 : SILENCE_S - stepS), ...times)
  const buckets = signals.length > 0 ? Math.min(MAX_BUCKETS, Math.max(0, Math.floor((last - t0) / stepS) + 1)) : 0
  const young = signals.length > 1 && signals.some((s) => isOfRequests(s.kind))
  const beside = signals.some((s) => isOfRequests(s.kind)) && signals.some((s) => s.control.length > 0)
  const prepared = signals.map((signal) => prepareSignal(signal, signals, t0, stepS, buckets))
  return { stepS, buckets, beside, young, prepared, counts: countsOf(signals, t0, stepS, buckets) }
}

function prepareSignal(
  signal: RolloutSignal,
  signals: readonly RolloutSignal[],
  t0: number,
  stepS: number,
  buckets: number,
): Prepared {
  const judge = prepareSeries({
    kind: signal.kind,
    stepS,
    baseline: beforeGrid(signal, t0, stepS),
    thinner: isOfRequests(signal.kind) ? thinnerOf(signal, signals) : 1,
  })
  return {
    signal,
    judge,
    current: onGrid(signal.current, t0, stepS, buckets),
    control: onGrid(signal.control, t0, stepS, buckets),
  }
}

/** Every bucket of the first 24, then at each window length, then the last. */
function looksOf(buckets: number): number[] {
  const looks = new Set<number>()
  for (let k = 1; k <= Math.min(24, buckets); k++) looks.add(k)
  for (const w of LENGTHS) if (w <= buckets) looks.add(w)
  for (let k = 120; k < buckets; k *= 2) looks.add(k)
  if (buckets > 0) looks.add(buckets)
  return [...looks].sort((a, b) => a - b)
}

/** `firing`: latency was found before, and is so until half of what would be found anew is gone. */
function lookAt(plan: Plan, k: number, firing = false): Look {
  const cold = plan.young ? Math.ceil(WARM_UP_S / plan.stepS) : 0
  const warm = cold > 0 && k >= cold + LENGTHS[0]!
  const judged: SignalJudgement[] = []
  const counts = plan.counts?.baseline.some((c) => c.total > 0) ? plan.counts : null
  for (const p of plan.prepared) {
    if (plan.beside && p.signal.kind === 'throughput') continue // a canary gets its own share of traffic
    if (counts?.of === p.signal) continue // the same requests, counted
    const control = soFar(p.control, k, (v) => v !== null)
    const from = warm && p.signal.kind === 'latency' ? cold : 0
    if (control === 'awaited') continue
    judged.push({
      signal: p.signal.name,
      kind: p.signal.kind,
      firing: firing && p.signal.kind === 'latency',
      judgement: p.judge(p.current.slice(from, k), Array.isArray(control) ? control.slice(from) : control),
    })
  }
  if (counts && soFar(counts.control, k, (c) => c.total > 0) !== 'awaited')
    judged.push({ signal: 'failed requests', kind: 'error', judgement: judgeCountsAt(counts, k) })
  const combined = combine(judged, { fresh: plan.young })
  const silent = silence(plan, k)
  const evidence =
    judged.reduce((sum, s) => Math.max(sum, evidenceOf(s, plan.young)), 0) +
    0.25 * judged.reduce((sum, s) => sum + evidenceOf(s, plan.young), 0) +
    (silent ? SILENCE_EVIDENCE : 0)
  const raw = evidence / (evidence + HALF_EVIDENCE)
  const slow = !silent && combined.findings.every((f) => !f.worse || f.kind === 'latency' || f.kind === 'resource')
  const look = { k, warm, slow, reason: combined.reason, verdict: combined.verdict }
  if (silent && combined.verdict !== 'regressed')
    return { ...look, score: Math.max(0.5, raw), reason: silent, verdict: 'regressed' }
  if (combined.verdict === 'improved') return { ...look, score: raw }
  return { ...look, score: combined.verdict === 'regressed' ? Math.max(0.5, raw) : Math.min(0.499, raw / 2) }
}

/**
 * The old version up to this look; undefined where none runs. While it runs, nothing is judged before it is known in half of the buckets: a shared cause
 * would look like the deploy's.
 */
function soFar<T>(control: readonly T[], k: number, isKnown: (v: T) => boolean): T[] | undefined | 'awaited' {
  if (!control.some(isKnown)) return undefined
  const seen = control.slice(0, k)
  const goesOn = control.slice(k).some(isKnown)
  return goesOn && seen.filter(isKnown).length < k / 2 ? 'awaited' : seen
}

function judgeCountsAt(counts: CountSignal, k: number): Judgement {
  const control = counts.control.slice(0, k)
  return judgeCounts({
    baseline: counts.baseline,
    current: counts.current.slice(0, k),
    concurrent: control.some((c) => c.total > 0) ? control : undefined,
  })
}

function evidenceOf(s: SignalJudgement, young: boolean): number {
  if (s.judgement.judgement === 'nodata') return 0
  const weight = (young && s.kind === 'resource' ? YOUNG_WEIGHT : 1) * (s.judgement.worse ? 1 : BETTER_WEIGHT)
  return weight * Math.min(60, -Math.log(Math.max(s.judgement.pValue, 1e-300)))
}

/** The new version has had time, the old one serves requests in these very minutes (or did before, where none is left), and the new one serves none. */
function silence(plan: Plan, k: number): string | null {
  if (k * plan.stepS < SILENCE_S) return null
  const least = Math.max(MIN_SILENT, Math.ceil(SILENCE_S / plan.stepS))
  const end = Math.max(0, ...plan.prepared.map((p) => lastServed(p, k) + 1))
  const since = [0, ...(k - end >= least ? [end] : [])].find((from) => isSilent(plan, from, k))
  if (since === undefined) return null
  const last = since > 0 ? 'the last ' : ''
  return `the new version has served no request in ${last}${k - since} buckets, while the old one ${plan.beside ? 'does' : 'did'}`
}

const hasServed = (kind: Kind, v: number | null): boolean => v !== null && (kind === 'success' || v > 0)

/** The last of the first `k` buckets with a request; -1 if none has, or the signal does not tell. */
const lastServed = ({ signal, current }: Prepared, k: number): number =>
  TELLS_REQUESTS.has(signal.kind) ? current.slice(0, k).findLastIndex((v) => hasServed(signal.kind, v)) : -1

function isSilent(plan: Plan, from: number, k: number): boolean {
  const before = from - 2 * k
  const busy = plan.prepared.filter(
    (p) =>
      TELLS_REQUESTS.has(p.signal.kind) &&
      isBusy(plan.beside ? p.control.slice(from, k) : p.signal.before.slice(before).map((s) => s[1]), p.signal.kind),
  )
  const requests = busy.filter((p) => p.signal.kind === 'throughput')
  const witnesses = requests.length > 0 ? requests : busy
  if (witnesses.length === 0) return false
  const served = (p: Prepared, at: number, to: number): number =>
    p.current.slice(at, to).filter((v) => hasServed(p.signal.kind, v)).length
  if (witnesses.some((p) => served(p, from, k) > 0)) return false
  return (
    from === 0 || (witnesses.every((p) => served(p, 0, from) >= STEADY_SHARE * from) && isStillThere(plan, from, k))
  )
}

/** Samples of a new version that is stopped end; one that hangs still shows a number of requests, if 0, or uses memory. */
const isStillThere = (plan: Plan, from: number, k: number): boolean =>
  plan.prepared.some((p) => p.current.slice(from, k).filter((v) => v !== null).length >= BUSY_SHARE * (k - from))

function isBusy(values: readonly (number | null)[], kind: Kind): boolean {
  const seen = values.filter((v) => v !== null && (kind !== 'throughput' || v > 0)).length
  return values.length > 0 && seen >= BUSY_SHARE * values.length
}

/** Rollouts of the same minutes, of which at most one is guilty: those with far less evidence than the strongest are bystanders of a shared incident. */
export function rankRollouts(answers: readonly RolloutAnswer[]): RolloutAnswer[] {
  const odds = (a: RolloutAnswer) => a.score / Math.max(1e-9, 1 - a.score)
  const strongest = answers.reduce<RolloutAnswer | undefined>((a, b) => (!a || odds(b) > odds(a) ? b : a), undefined)
  if (!strongest) return []
  return answers.map((a) => {
    if (a === strongest || a.verdict !== 'regressed' || odds(a) >= BYSTANDER * odds(strongest)) return a
    return {
      ...a,
      verdict: 'no_difference',
      score: a.score / 2,
      alertAt: null,
      reason: `${a.reason}; but ${strongest.id} shows more in the same minutes`,
    }
  })
}
