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
/** Requests are expected where the old version had some in this share of the buckets. */
const BUSY_SHARE = 0.6
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

type Prepared = { signal: RolloutSignal; judge: SeriesJudge; current: (number | null)[]; control: (number | null)[] }
type Plan = { stepS: number; buckets: number; fresh: boolean; prepared: Prepared[]; counts: CountSignal | null }

/** Judges one rollout as it goes on; the alert is the first look that finds a regression, the score the highest of all looks. */
export function judgeRollout(rollout: Rollout): RolloutAnswer {
  const plan = planOf(rollout)
  let alertAt: number | null = null
  let best = { score: 0, reason: 'nothing to judge', verdict: 'insufficient_data' as Combined['verdict'] }
  for (const k of looksOf(plan.buckets)) {
    const look = lookAt(plan, k)
    if (look.verdict === 'regressed' && alertAt === null) alertAt = rollout.t0 + k * plan.stepS
    const stronger =
      look.score > best.score || (best.verdict === 'insufficient_data' && look.verdict !== 'insufficient_data')
    if (stronger) best = look
  }
  return { id: rollout.id, verdict: best.verdict, score: best.score, alertAt, reason: best.reason }
}

function planOf({ t0, signals }: Rollout): Plan {
  const stepS = stepOf(signals.flatMap((s) => [s.before, s.control, s.current]))
  const times = signals.flatMap((s) => [...s.current, ...s.control].map((p) => p[0]))
  const last = Math.max(t0 + (times.length > 0 ? 0 : SILENCE_S - stepS), ...times)
  const buckets = signals.length > 0 ? Math.min(MAX_BUCKETS, Math.max(0, Math.floor((last - t0) / stepS) + 1)) : 0
  const fresh = signals.some((s) => s.control.length > 0) && signals.some((s) => isOfRequests(s.kind))
  const prepared = signals.map((signal) => prepareSignal(signal, signals, t0, stepS, buckets))
  return { stepS, buckets, fresh, prepared, counts: countsOf(signals, t0, stepS, buckets) }
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

function lookAt(plan: Plan, k: number): { score: number; reason: string; verdict: Combined['verdict'] } {
  const judged: SignalJudgement[] = []
  const counts = plan.counts?.baseline.some((c) => c.total > 0) ? plan.counts : null
  for (const p of plan.prepared) {
    if (plan.fresh && p.signal.kind === 'throughput') continue // a canary gets its own share of traffic
    if (counts && p.signal.kind === 'success') continue // the same requests, counted
    const control = soFar(p.control, k, (v) => v !== null)
    if (control === 'awaited') continue
    judged.push({
      signal: p.signal.name,
      kind: p.signal.kind,
      judgement: p.judge(p.current.slice(0, k), control),
    })
  }
  if (counts && soFar(counts.control, k, (c) => c.total > 0) !== 'awaited')
    judged.push({ signal: 'failed requests', kind: 'error', judgement: judgeCountsAt(counts, k) })
  const combined = combine(judged, { fresh: plan.fresh })
  const silent = silence(plan, k)
  const evidence =
    judged.reduce((sum, s) => Math.max(sum, evidenceOf(s, plan.fresh)), 0) +
    0.25 * judged.reduce((sum, s) => sum + evidenceOf(s, plan.fresh), 0) +
    (silent ? SILENCE_EVIDENCE : 0)
  const raw = evidence / (evidence + HALF_EVIDENCE)
  if (silent && combined.verdict !== 'regressed')
    return { score: Math.max(0.5, raw), reason: silent, verdict: 'regressed' }
  if (combined.verdict === 'improved') return { score: raw, reason: combined.reason, verdict: combined.verdict }
  const score = combined.verdict === 'regressed' ? Math.max(0.5, raw) : Math.min(0.499, raw / 2)
  return { score, reason: combined.reason, verdict: combined.verdict }
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

function evidenceOf(s: SignalJudgement, fresh: boolean): number {
  if (s.judgement.judgement === 'nodata') return 0
  const weight = (fresh && s.kind === 'resource' ? YOUNG_WEIGHT : 1) * (s.judgement.worse ? 1 : BETTER_WEIGHT)
  return weight * Math.min(60, -Math.log(Math.max(s.judgement.pValue, 1e-300)))
}

/** The new version has had time, the old one serves requests in these very minutes (or did before, where none is left), and the new one serves none. */
function silence(plan: Plan, k: number): string | null {
  if (k * plan.stepS < SILENCE_S) return null
  const asked = plan.prepared.filter(
    (p) => p.signal.kind === 'success' || p.signal.kind === 'latency' || p.signal.kind === 'throughput',
  )
  const busy = asked.filter((p) =>
    isBusy(plan.fresh ? p.control.slice(0, k) : p.signal.before.slice(-2 * k).map((s) => s[1]), p.signal.kind),
  )
  if (busy.length === 0) return null
  const requests = busy.filter((p) => p.signal.kind === 'throughput')
  const witnesses = requests.length > 0 ? requests : busy
  const served = witnesses.some((p) =>
    p.current.slice(0, k).some((v) => v !== null && (p.signal.kind === 'success' || v > 0)),
  )
  return served
    ? null
    : `the new version has served no request in ${k} buckets, while the old one ${plan.fresh ? 'does' : 'did'}`
}

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
