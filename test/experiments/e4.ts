import fc from 'fast-check'
import { LogModel } from '../support/log-model.ts'
import { operations } from '../support/log-operations.ts'
import { numberArgs, verdict } from './kills.ts'
import type { Experiment } from './main.ts'

/** E4: random operations on the log against a model that forgets what was not synced. */
const run: Experiment = async (args) => {
  const { sequences, seed } = numberArgs(args, { sequences: 10_000, seed: Date.now() % 1e9 })
  const property = fc.asyncProperty(operations, fc.nat(), (ops, s) => new LogModel(s).run(ops))
  const { failed, numRuns, counterexample, errorInstance } = await fc.check(property, { numRuns: sequences, seed })
  const problem = failed ? { counterexample, error: String(errorInstance) } : {}
  verdict('E4', !failed, { sequences: numRuns, divergences: failed ? 1 : 0, seed, ...problem })
}

export default run
