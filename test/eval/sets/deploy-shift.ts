import { prepareSeries, type SeriesJudge } from '../../../services/detector/judge/index.ts'
import { PRIORS } from '../../../services/detector/judge/kinds.ts'
import type { Kind } from '../../../services/detector/judge/types.ts'
import { numberOf, oneOf, type Values, valuesOf } from '../lib/cases.ts'
import { readCases, writeTo } from '../lines.ts'
import type { EvalOptions } from '../main.ts'

type Case = { kind: Kind; stepS: number; baseline: Values; candidate: Values }

const caseOf = (c: Record<string, unknown>): Case => ({
  kind: oneOf(PRIORS, c.kind, 'metric'),
  stepS: Math.max(0, numberOf(c.step_s) ?? 0),
  baseline: valuesOf(c.baseline),
  candidate: valuesOf(c.candidate),
})

/** Each case is looked at after every point, as the detector does; the first judgement in the direction that hurts is the alert. */
export default async function run({ input, out, progress }: EvalOptions): Promise<void> {
  const siblings = await streamsPerDeploy(input)
  const answers = writeTo(out)
  let ready: { case: unknown; judge: SeriesJudge } | undefined
  let done = 0
  for await (const c of readCases(input)) {
    const { candidate, ...before } = caseOf(c)
    if (!ready || c.case === undefined || ready.case !== c.case) {
      const judge = prepareSeries({ ...before, siblings: siblings.get(c.group) ?? 1 })
      ready = { case: c.case, judge }
    }
    answers.line({ case: c.case, inject: c.inject, alert_after: firstAlert(ready.judge, candidate) })
    if (++done % 4000 === 0) progress(`${done} cases`)
  }
  await answers.end()
}

/** How many streams are judged in each deploy: the product knows it, for it judges them together. */
async function streamsPerDeploy(input: string): Promise<Map<unknown, number>> {
  const streams = new Map<unknown, Set<unknown>>()
  for await (const c of readCases(input)) {
    if (c.group === undefined) continue
    const seen = streams.get(c.group) ?? new Set<unknown>()
    streams.set(c.group, seen.add(c.case))
  }
  return new Map([...streams].map(([group, cases]) => [group, cases.size]))
}

function firstAlert(judge: SeriesJudge, candidate: Values): number | null {
  for (let seen = 1; seen <= candidate.length; seen++) {
    if (judge(candidate.slice(0, seen)).worse) return seen
  }
  return null
}
