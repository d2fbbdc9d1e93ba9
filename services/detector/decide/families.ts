import { type Combined, combine, type Sensitivity, type SignalJudgement } from '../judge/index.ts'
import { ALPHA } from '../judge/kinds.ts'
import { type Signal, signalId } from './signal.ts'

/**
 * Signals that say the same thing in different words are corrected for together: what fails, what is slow, and the rest.
 * A service with a hundred metrics is then no worse at seeing failures than one with none.
 */
function familyOf(s: Signal): 'failing' | 'slow' | 'logs' | 'calls' | 'secrets' | 'attributes' | 'other' {
  if (s.name === 'secret_new') return 'secrets'
  if (s.name === 'attribute_new' || s.name === 'attribute_vanished') return 'attributes'
  if (s.kind === 'error') return 'failing'
  // Many, and most of them certain after any release that changed a message: they neither lend to others nor take from them.
  if (s.kind === 'log') return 'logs'
  if (s.name === 'calls_per_request') return 'calls'
  return s.kind === 'latency' ? 'slow' : 'other'
}

/** Failures are counted exactly, and a large rise of them is the worst there is: they are tested one level finer … */
export const moreSensitive = (s: Sensitivity): Sensitivity => (s === 'low' ? 'normal' : 'high')
/**
 * … and what is not certain must be large. Certain is p below a share of the level of a deploy: a service has dozens of routes and edges, each of
 * which may be wrong. Latencies drift for reasons of their own, more than two hours of history show: a tenth of that for them. Both are the
 * coarsest round shares that left fewer than 1 % of unchanged deploys of the generated world flagged. Log patterns are many: half that of failures.
 */
const CERTAIN_SHARE = { error: 1 / 35, latency: 1 / 350, log: 1 / 70 }
export const certainP = (kind: keyof typeof CERTAIN_SHARE, s: Sensitivity): number => CERTAIN_SHARE[kind] * ALPHA[s]
/** Slower by half again need only be as certain as failures: of few requests, the findings are those that chance made look large. */
export const LARGE_LATENCY = 0.5
/** Young processes are slow (cold caches, compiling): until the last of them is as old as for its resources (decide/series.ts), what is less than a fifth slower waits. */
const WARM_UP_MINUTES = 10
export const WARM_UP_LATENCY = 0.2
/** Why a finding is not held against the deploy yet; null where it stands. */
function doubt(f: Combined['findings'][number], s: Signal, minutes: number, sensitivity: Sensitivity): string | null {
  if (s.kind !== 'error' && s.kind !== 'latency') return null
  const { pValue, effect, reason } = f.judgement
  const slower = s.kind === 'latency' && f.worse
  const large = slower && effect >= LARGE_LATENCY
  const limit = certainP(large ? 'error' : s.kind, sensitivity)
  if (pValue > limit) return `${reason}, but not certain: a deploy has many signals, so p must be below ${limit}`
  if (slower && minutes <= WARM_UP_MINUTES && effect < WARM_UP_LATENCY)
    return `${reason}, but young processes are slow: it waits until the last has run for ${WARM_UP_MINUTES} minutes`
  return null
}

/** One answer from the judgements of one deploy, corrected family by family; `minutes`: judged since all its instances run. */
export function combineFamilies(
  signals: readonly Signal[],
  firing: ReadonlySet<string>,
  sensitivity: Sensitivity,
  minutes: number,
): Pick<Combined, 'findings' | 'dismissed' | 'score'> {
  const families = new Map<string, SignalJudgement[]>()
  for (const s of signals) {
    const one = { signal: signalId(s), kind: s.kind, judgement: s.judgement, firing: firing.has(signalId(s)) }
    families.set(familyOf(s), [...(families.get(familyOf(s)) ?? []), one])
  }
  const byId = new Map(signals.map((s) => [signalId(s), s]))
  const answers = [...families].map(([name, family]) => {
    const answer = combine(family, { sensitivity: name === 'failing' ? moreSensitive(sensitivity) : sensitivity })
    const doubts = answer.findings.flatMap(({ signal }, i) => {
      const reason = firing.has(signal) ? null : doubt(answer.findings[i]!, byId.get(signal)!, minutes, sensitivity)
      return reason === null ? [] : [{ signal, reason }]
    })
    const doubted = new Set(doubts.map((d) => d.signal))
    return {
      ...answer,
      findings: answer.findings.filter((f) => !doubted.has(f.signal)),
      dismissed: [...answer.dismissed, ...doubts],
    }
  })
  return {
    findings: answers.flatMap((a) => a.findings),
    dismissed: answers.flatMap((a) => a.dismissed),
    score: Math.max(0, ...answers.map((a) => a.score)),
  }
}
