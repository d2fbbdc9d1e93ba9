import { prepareSeries, type SeriesJudge } from '../../../services/detector/judge/index.ts'
import type { Kind } from '../../../services/detector/judge/types.ts'
import { readJson, writeTo } from '../lines.ts'
import type { EvalOptions } from '../main.ts'

type Case = {
  case: string
  inject: string
  kind: Kind
  step_s: number
  group: string
  baseline: (number | null)[]
  candidate: (number | null)[]
}

/** Each case is looked at after every point, as the detector does; the first judgement in the direction that hurts is the alert. */
export default async function run({ input, out, progress }: EvalOptions): Promise<void> {
  const siblings = await streamsPerDeploy(input)
  const answers = writeTo(out)
  let ready: { case: string; judge: SeriesJudge } | undefined
  let done = 0
  for await (const c of readJson<Case>(input)) {
    if (ready?.case !== c.case) {
      const judge = prepareSeries({
        kind: c.kind,
        stepS: c.step_s,
        baseline: c.baseline,
        siblings: siblings.get(c.group) ?? 1,
      })
      ready = { case: c.case, judge }
    }
    answers.line({ case: c.case, inject: c.inject, alert_after: firstAlert(ready.judge, c.candidate) })
    if (++done % 4000 === 0) progress(`${done} cases`)
  }
  await answers.end()
}

/** How many streams are judged in each deploy: the product knows it, for it judges them together. */
async function streamsPerDeploy(input: string): Promise<Map<string, number>> {
  const streams = new Map<string, Set<string>>()
  for await (const c of readJson<Case>(input)) {
    const seen = streams.get(c.group) ?? new Set<string>()
    streams.set(c.group, seen.add(c.case))
  }
  return new Map([...streams].map(([group, cases]) => [group, cases.size]))
}

function firstAlert(judge: SeriesJudge, candidate: (number | null)[]): number | null {
  for (let seen = 1; seen <= candidate.length; seen++) {
    if (judge(candidate.slice(0, seen)).worse) return seen
  }
  return null
}
