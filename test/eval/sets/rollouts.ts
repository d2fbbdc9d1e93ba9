import { judgeRollout, type RolloutAnswer, rankRollouts } from '../../../services/detector/judge/index.ts'
import { PRIORS } from '../../../services/detector/judge/kinds.ts'
import type { Rollout, RolloutSignal } from '../../../services/detector/judge/rollout.ts'
import { fieldsOf, numberOf, oneOf, samplesOf } from '../lib/cases.ts'
import { readCases, writeTo } from '../lines.ts'
import type { EvalOptions } from '../main.ts'

/** Each rollout is judged on its own, then those of one case are ranked against each other. One without a case is alone. */
export default async function run({ input, out, progress }: EvalOptions): Promise<void> {
  const cases = new Map<unknown, RolloutAnswer[]>()
  let done = 0
  for await (const c of readCases(input)) {
    const of = c.case ?? Symbol()
    const together = cases.get(of) ?? []
    cases.set(of, together)
    together.push(judgeRollout(rolloutOf(c)))
    if (++done % 50 === 0) progress(`${done} rollouts`)
  }
  const answers = writeTo(out)
  for (const together of cases.values())
    for (const a of rankRollouts(together))
      answers.line({ id: a.id, verdict: a.verdict, score: a.score, alert_at: a.alertAt, reason: a.reason })
  await answers.end()
}

function rolloutOf(c: Record<string, unknown>): Rollout {
  const signals = (Array.isArray(c.signals) ? c.signals : []).map((s, i) => signalOf(fieldsOf(s), i))
  const first = signals.map((s) => s.current[0]?.[0] ?? Number.POSITIVE_INFINITY)
  const t0 = numberOf(c.t0) ?? Math.min(...first)
  return { id: c.id as string, t0: Number.isFinite(t0) ? t0 : 0, signals }
}

const signalOf = (s: Record<string, unknown>, at: number): RolloutSignal => ({
  name: typeof s.name === 'string' ? s.name : `signal ${at}`,
  kind: oneOf(PRIORS, s.kind, 'metric'),
  unit: typeof s.unit === 'string' ? s.unit : undefined,
  before: samplesOf(s.before),
  control: samplesOf(s.control),
  current: samplesOf(s.current),
})
