import type { RolloutAnswer } from '../../../services/detector/judge/index.ts'
import { readCases } from '../lines.ts'

/**
 * Answers of `npm run eval -- rollouts` or `-- builds` against the truth that the generators wrote: a line on standard output for all of it, and one for
 * each family where the truth has families.
 */
type Truth = { id: string; case: string; guilty: boolean; family?: string }
type BuildsTruth = { id: string; builds?: number; changes: number[]; family?: string }

/** Share of harmless rollouts that may lie above the score from which one counts as found. */
const FALSE_SHARE = 0.05
/** Builds that the first build of a new level may be away from where it truly is; builds of a series that does not say how many. */
const NEAR = 5
const BUILDS = 400

async function main(answersPath: string, truthPath: string): Promise<void> {
  const answers = new Map<string, Record<string, unknown>>()
  for await (const a of readCases(answersPath)) answers.set(a.id as string, a)
  const families = new Map<string, Record<string, unknown>[]>()
  for await (const t of readCases(truthPath)) {
    if (!answers.has(t.id as string)) throw new Error(`${answersPath} has no answer to ${t.id} of ${truthPath}`)
    const name = typeof t.family === 'string' ? t.family : ''
    families.set(name, [...(families.get(name) ?? []), t])
  }
  const all = [...families.values()].flat()
  const score = (of: Record<string, unknown>[]): string =>
    'changes' in of[0]!
      ? scoreBuilds(of as BuildsTruth[], (id) => answers.get(id)!.changes as number[])
      : scoreRollouts(of as Truth[], (id) => answers.get(id) as unknown as RolloutAnswer)
  if (families.size > 1) for (const [name, of] of families) process.stdout.write(`${name}: ${score(of)}\n`)
  process.stdout.write(`${score(all)}\n`)
}

function scoreBuilds(truths: readonly BuildsTruth[], changesOf: (id: string) => number[]): string {
  let [changes, found, wrong, builds] = [0, 0, 0, 0]
  for (const t of truths) {
    const near = (a: number, b: number) => Math.abs(a - b) <= NEAR
    const answer = changesOf(t.id)
    changes += t.changes.length
    found += t.changes.filter((at) => answer.some((a) => near(a, at))).length
    wrong += answer.filter((a) => !t.changes.some((at) => near(a, at))).length
    builds += t.builds ?? BUILDS
  }
  return `found ${found} of ${changes}, false ${wrong}: ${((100 * wrong) / builds).toFixed(3)} per 100 builds`
}

function scoreRollouts(truths: readonly Truth[], answerOf: (id: string) => RolloutAnswer): string {
  const guilty = truths.filter((t) => t.guilty).map((t) => ({ ...answerOf(t.id), of: t.case }))
  const harmless = truths.filter((t) => !t.guilty).map((t) => answerOf(t.id))
  const best = new Map<string, number>()
  for (const t of truths) best.set(t.case, Math.max(best.get(t.case) ?? 0, answerOf(t.id).score))
  const line = harmless.map((a) => a.score).sort((a, b) => b - a)[Math.floor(FALSE_SHARE * harmless.length)] ?? 0
  const count = <T>(of: readonly T[], is: (a: T) => boolean) => `${of.filter(is).length} of ${of.length}`
  const regressed = (a: RolloutAnswer) => a.verdict === 'regressed'
  return [
    `found ${count(guilty, regressed)}`,
    `falsely flagged ${count(harmless, regressed)}`,
    `guilty first ${count(guilty, (a) => a.score >= best.get(a.of)!)}`,
    `found at ${100 * FALSE_SHARE} % false alarms ${count(guilty, (a) => a.score > line)}`,
  ].join(', ')
}

const [answers, truth] = process.argv.slice(2)
if (!answers || !truth) {
  process.stderr.write('usage: npx tsx test/eval/generate/score.ts ANSWERS TRUTH\n')
  process.exit(3)
}
await main(answers, truth)
