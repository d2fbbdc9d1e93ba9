import { findChanges } from '../../../services/detector/judge/index.ts'
import { valuesOf } from '../lib/cases.ts'
import { readCases, writeTo } from '../lines.ts'
import type { EvalOptions } from '../main.ts'

/** Every build is a deploy; the shipped search for level changes reads the builds in order and never more than 12 past the one it judges. */
export default async function run({ input, out, progress }: EvalOptions): Promise<void> {
  const answers = writeTo(out)
  let done = 0
  for await (const c of readCases(input)) {
    answers.line({ id: c.id, changes: findChanges(valuesOf(c.values)).map((change) => change.at) })
    if (++done % 50 === 0) progress(`${done} series`)
  }
  await answers.end()
}
