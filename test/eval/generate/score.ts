import type { RolloutAnswer } from '../../../services/detector/judge/index.ts'
import { readCases } from '../lines.ts'

/** Answers of `npm run eval -- rollouts` against the truth that `rollouts.ts` or `kpis.ts` wrote: one line on standard output. */
type Truth = { id: string; case: string; guilty: boolean }

/** Share of harmless rollouts that may lie above the score from which one counts as found. */
const FALSE_SHARE = 0.05

async function main(answersPath: string, truthPath: string): Promise<void> {
  const answers = new Map<string, RolloutAnswer>()
  for await (const a of readCases(answersPath)) answers.set(a.id as string, a as RolloutAnswer)
  const guilty: RolloutAnswer[] = []
  const harmless: RolloutAnswer[] = []
  const best = new Map<string, number>()
  const caseOf = new Map<string, string>()
  for await (const line of readCases(truthPath)) {
    const t = line as Truth
    const a = answers.get(t.id)
    if (!a) throw new Error(`${answersPath} has no answer to ${t.id} of ${truthPath}`)
    ;(t.guilty ? guilty : harmless).push(a)
    caseOf.set(t.id, t.case)
    best.set(t.case, Math.max(best.get(t.case) ?? 0, a.score))
  }
  const line = harmless.map((a) => a.score).sort((a, b) => b - a)[Math.floor(FALSE_SHARE * harmless.length)] ?? 0
  const count = (of: readonly RolloutAnswer[], is: (a: RolloutAnswer) => boolean) =>
    `${of.filter(is).length} of ${of.length}`
  const regressed = (a: RolloutAnswer) => a.verdict === 'regressed'
  process.stdout.write(
    [
      `found ${count(guilty, regressed)}`,
      `falsely flagged ${count(harmless, regressed)}`,
      `guilty first ${count(guilty, (a) => a.score >= best.get(caseOf.get(a.id)!)!)}`,
      `found at ${100 * FALSE_SHARE} % false alarms ${count(guilty, (a) => a.score > line)}\n`,
    ].join(', '),
  )
}

const [answers, truth] = process.argv.slice(2)
if (!answers || !truth) {
  process.stderr.write('usage: npx tsx test/eval/generate/score.ts ANSWERS TRUTH\n')
  process.exit(3)
}
await main(answers, truth)
