import { ALPHA } from './kinds.ts'
import type { Combined, Finding, Sensitivity, SignalJudgement, Verdict } from './types.ts'

export type CombineOptions = { sensitivity?: Sensitivity | undefined }

/**
 * One verdict from the judgements of one deploy. Judge every signal with `siblings: 1`; the correction over them
 * (Benjamini & Hochberg 1995, false discovery rate) is made here.
 */
export function combine(signals: readonly SignalJudgement[], options: CombineOptions = {}): Combined {
  const alpha = ALPHA[options.sensitivity ?? 'normal']
  const judged = signals.filter((s) => s.judgement.judgement !== 'nodata')
  const q = falseDiscoveryRates(judged.map((s) => s.judgement.pValue))
  const findings: Finding[] = []
  const dismissed: { signal: string; reason: string }[] = []
  judged.forEach((s, i) => {
    const { judgement } = s.judgement
    if (judgement !== 'high' && judgement !== 'low') return
    if (q[i]! > alpha)
      dismissed.push({
        signal: s.signal,
        reason: `one of ${judged.length} signals: corrected p = ${q[i]!.toPrecision(2)}`,
      })
    else
      findings.push({
        signal: s.signal,
        kind: s.kind,
        direction: judgement,
        worse: s.judgement.worse,
        qValue: q[i]!,
        judgement: s.judgement,
      })
  })
  findings.sort((a, b) => Number(b.worse) - Number(a.worse) || b.judgement.score - a.judgement.score)
  const verdict: Verdict = findings[0]
    ? findings[0].worse
      ? 'regressed'
      : 'improved'
    : judged.length === 0
      ? 'insufficient_data'
      : 'no_difference'
  const score = Math.max(
    0,
    ...signals.map((s) => (s.judgement.worse ? s.judgement.score : Math.min(0.49, s.judgement.score))),
  )
  return {
    verdict,
    reason: findings[0]?.judgement.reason ?? `${judged.length} signals checked`,
    findings,
    dismissed,
    checked: judged.length,
    tooThin: signals.length - judged.length,
    power: { smallestEffect: null, needs: null },
    score,
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
