import { judgeRollout, type RolloutAnswer, rankRollouts } from '../../../services/detector/judge/index.ts'
import type { RolloutSignal } from '../../../services/detector/judge/rollout.ts'
import { readJson, writeTo } from '../lines.ts'
import type { EvalOptions } from '../main.ts'

type Case = { id: string; case: string; service: string; t0: number; signals: (RolloutSignal & { unit?: string })[] }

/** Each rollout is judged on its own, then those of one case are ranked against each other. */
export default async function run({ input, out, progress }: EvalOptions): Promise<void> {
  const cases = new Map<string, RolloutAnswer[]>()
  let done = 0
  for await (const c of readJson<Case>(input)) {
    const together = cases.get(c.case) ?? []
    cases.set(c.case, together)
    together.push(judgeRollout(c))
    if (++done % 50 === 0) progress(`${done} rollouts`)
  }
  const answers = writeTo(out)
  for (const together of cases.values())
    for (const a of rankRollouts(together))
      answers.line({ id: a.id, verdict: a.verdict, score: a.score, alert_at: a.alertAt, reason: a.reason })
  await answers.end()
}
