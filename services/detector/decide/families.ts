import { type Combined, combine, type Sensitivity, type SignalJudgement } from '../judge/index.ts'
import { type Signal, signalId } from './signal.ts'

/**
 * Signals that say the same thing in different words are corrected for together: what fails, what is slow, and the rest.
 * A service with a hundred metrics is then no worse at seeing failures than one with none.
 */
function familyOf(s: Signal): 'failing' | 'slow' | 'logs' | 'calls' | 'other' {
  if (s.kind === 'error') return 'failing'
  // Many, and most of them certain after any release that changed a message: they neither lend to others nor take from them.
  if (s.kind === 'log') return 'logs'
  if (s.name === 'calls_per_request') return 'calls'
  return s.kind === 'latency' ? 'slow' : 'other'
}

/** Failures are counted exactly, and a large rise of them is the worst there is: they are tested one level finer … */
export const moreSensitive = (s: Sensitivity): Sensitivity => (s === 'low' ? 'normal' : 'high')
/** … and what is not certain must be large: five failures, four points and three times what was expected, or half as slow again. */
export const CERTAIN_P = 5e-4
const LARGE_POINTS = 0.04
const LARGE_FACTOR = 3
const LARGE_COUNT = 5
export const LARGE_LATENCY = 0.5
/** Young processes are slow (cold caches, compiling): for as long as their resources are (decide/series.ts), what is less than a fifth slower waits. */
const WARM_UP_MINUTES = 10
const WARM_UP_LATENCY = 0.2
/** After this long there are requests enough to be certain, and looks enough to be fooled. */
const FINER_MINUTES = 15

function stands(f: Combined['findings'][number], s: Signal, minutes: number): boolean {
  const { observed, expected, pValue, effect } = f.judgement
  if (s.kind === 'latency') {
    if (f.worse && effect >= LARGE_LATENCY) return true
    return pValue <= CERTAIN_P && (!f.worse || minutes > WARM_UP_MINUTES || effect >= WARM_UP_LATENCY)
  }
  if (s.kind !== 'error') return true
  return (
    pValue <= CERTAIN_P ||
    (f.worse &&
      minutes <= FINER_MINUTES &&
      observed - expected >= LARGE_POINTS &&
      observed >= LARGE_FACTOR * expected &&
      observed * f.judgement.n.current >= LARGE_COUNT)
  )
}

/** One answer from the judgements of one deploy after `minutes` judged, corrected family by family. */
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
    return {
      ...answer,
      findings: answer.findings.filter((f) => firing.has(f.signal) || stands(f, byId.get(f.signal)!, minutes)),
    }
  })
  return {
    findings: answers.flatMap((a) => a.findings),
    dismissed: answers.flatMap((a) => a.dismissed),
    score: Math.max(0, ...answers.map((a) => a.score)),
  }
}
