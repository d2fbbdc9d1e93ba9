import { ALPHA, PRIORS } from './kinds.ts'
import { EXACT_SHARE } from './shares.ts'
import type { Combined, Finding, Judgement, Sensitivity, SignalJudgement, Verdict } from './types.ts'

export type CombineOptions = {
  sensitivity?: Sensitivity | undefined
  /** The current instances are new (a canary, a rolling deploy): their CPU and memory differ because they are young, and prove nothing alone. */
  fresh?: boolean | undefined
}

/** A firing signal clears only when its effect has fallen below this share of what would be found anew. */
const CLEAR_SHARE = 0.5

/**
 * One verdict from the judgements of one deploy. Judge every signal with `siblings: 1`; the correction over them
 * (false discovery rate, Benjamini & Hochberg 1995) is made here.
 */
export function combine(signals: readonly SignalJudgement[], options: CombineOptions = {}): Combined {
  const alpha = ALPHA[options.sensitivity ?? 'normal']
  const judged = signals.filter((s) => s.judgement.judgement !== 'nodata')
  const q = correctedFor(judged, options.fresh ?? false)
  const findings: Finding[] = []
  const dismissed: Combined['dismissed'] = []
  judged.forEach((s, i) => {
    const direction = directionOf(s)
    if (direction === null) return
    const reason = whyNot(s, direction, q[i]!, alpha, judged.length)
    if (reason) dismissed.push({ signal: s.signal, reason })
    else
      findings.push({
        signal: s.signal,
        kind: s.kind,
        direction,
        worse: direction === PRIORS[s.kind].worse,
        qValue: q[i]!,
        judgement: s.judgement,
      })
  })
  findings.sort(
    (a, b) => Number(b.worse) - Number(a.worse) || a.qValue - b.qValue || b.judgement.score - a.judgement.score,
  )
  const proof = options.fresh ? setAsideYoung(findings, dismissed) : findings
  return {
    ...conclude(proof, judged, signals),
    findings: proof,
    dismissed,
    checked: judged.length,
    tooThin: signals.length - judged.length,
  }
}

/** Corrected p of each signal. What proves nothing, resources of young instances, must not lend its certainty to the others: they are corrected apart. */
function correctedFor(judged: readonly SignalJudgement[], fresh: boolean): number[] {
  const q = new Array<number>(judged.length).fill(1)
  for (const young of [false, true]) {
    const part = judged.flatMap((s, i) => ((fresh && s.kind === 'resource') === young ? [i] : []))
    const rates = falseDiscoveryRates(part.map((i) => onOneLevel(judged[i]!.judgement)))
    part.forEach((i, k) => {
      q[i] = rates[k]!
    })
  }
  return q
}

/** Exact tests take a fifth of the level; on the deploy's level their p counts five times. */
function onOneLevel(j: Judgement): number {
  const exact = j.method === 'count-exact' || j.method === 'count-overdispersed' || j.method === 'distribution'
  return Math.min(1, exact ? j.pValue / EXACT_SHARE : j.pValue)
}

/** The side that is found, or still held by hysteresis; null where the signal is quiet. */
function directionOf({ judgement: j, firing }: SignalJudgement): 'high' | 'low' | null {
  if (j.judgement === 'high' || j.judgement === 'low') return j.judgement
  const line = j.power.smallestEffect
  if (!firing || line === null || Math.abs(j.effect) < CLEAR_SHARE * line) return null
  return j.effect > 0 ? 'high' : 'low'
}

function whyNot(s: SignalJudgement, direction: 'high' | 'low', q: number, alpha: number, n: number): string | null {
  const controls = (s.controls ?? []).filter((c) => c.judgement !== 'nodata')
  const moved = controls.filter((c) => c.judgement === direction).length
  if (moved > 0 && moved * 2 >= controls.length)
    return `${moved} of ${controls.length} controls that the deploy cannot touch moved the same way`
  if (q > alpha && !s.firing) return `one of ${n} signals: corrected p ${q.toPrecision(2)} is above ${alpha}`
  return null
}

function setAsideYoung(findings: readonly Finding[], dismissed: Combined['dismissed']): Finding[] {
  const young = findings.filter((f) => f.kind === 'resource')
  const grown = findings.filter((f) => f.kind !== 'resource')
  if (grown[0]?.worse) return [...grown, ...young]
  for (const f of young)
    dismissed.push({ signal: f.signal, reason: 'resources of young instances differ while they warm up' })
  return grown
}

function conclude(
  findings: readonly Finding[],
  judged: readonly SignalJudgement[],
  all: readonly SignalJudgement[],
): Pick<Combined, 'verdict' | 'reason' | 'power' | 'score'> {
  const [first] = findings
  const verdict: Verdict = first
    ? first.worse
      ? 'regressed'
      : 'improved'
    : judged.length === 0
      ? 'insufficient_data'
      : 'no_difference'
  const least = judged.flatMap((s) =>
    s.judgement.power.smallestEffect === null ? [] : [s.judgement.power.smallestEffect],
  )
  const needs = all.find((s) => s.judgement.power.needs !== null)?.judgement.power.needs ?? null
  const worst = Math.max(0, ...judged.map((s) => s.judgement.score))
  const reason = first
    ? `${first.signal}: ${first.judgement.reason}${findings.length > 1 ? `; and ${findings.length - 1} more` : ''}`
    : judged.length === 0
      ? `none of ${all.length} signals has enough data${all[0] ? `: ${all[0].judgement.reason}` : ''}`
      : `${judged.length} signals look as before${all.length > judged.length ? `, ${all.length - judged.length} are too thin` : ''}`
  return {
    verdict,
    reason,
    power: { smallestEffect: least.length > 0 ? Math.max(...least) : null, needs },
    score: verdict === 'regressed' ? Math.max(0.5, first!.judgement.score) : Math.min(0.499, worst),
  }
}

/** Benjamini-Hochberg adjusted p-values, in the order given. */
export function falseDiscoveryRates(p: readonly number[]): number[] {
  const order = p.map((_, i) => i).sort((a, b) => p[b]! - p[a]!)
  const q = new Array<number>(p.length).fill(1)
  let least = 1
  order.forEach((i, rank) => {
    least = Math.min(least, (p[i]! * p.length) / (p.length - rank))
    q[i] = least
  })
  return q
}
