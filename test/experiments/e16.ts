import fc from 'fast-check'
import { anomaliesOfCounters, type CounterDeploy } from '../support/counter-deploys.ts'
import { counterWorld, runCounters, wrongWith } from '../support/counter-world.ts'
import { openBed } from '../support/embedded.ts'
import { seeded } from '../support/random.ts'
import { numberArgs, verdict } from './kills.ts'
import type { Experiment } from './main.ts'

const WORLDS_A_BED = 500

/**
 * E16: random counters with resets, losses, reorderings, repeats and restarts, sent as cumulative and as delta through the decoder
 * and the engine; then deploys that only restart a counter, beside ones that really change it, before the whole detector.
 */
const run: Experiment = async (args) => {
  const { worlds, deploys, seed } = numberArgs(args, { worlds: 3000, deploys: 40, seed: Date.now() % 1e9 })
  const report = { worlds: 0, wrong: 0, negative: 0, increase: 0, counted: 0 }
  let example: unknown
  for (let done = 0; done < worlds; done += WORLDS_A_BED) {
    const bed = await openBed()
    const some = fc.sample(counterWorld, { numRuns: Math.min(WORLDS_A_BED, worlds - done), seed: seed + done })
    for (const [i, outcome] of (await runCounters(bed.store, some, Date.now())).entries()) {
      const problem = wrongWith(outcome)
      report.worlds++
      report.increase += outcome.truth
      report.counted += outcome.counted.cumulative
      report.negative += outcome.negative
      if (problem === null) continue
      report.wrong++
      example ??= { problem, world: some[i] }
    }
    await bed.close()
  }
  const bed = await openBed()
  const deploy = (i: number): CounterDeploy => ({
    service: `resets-${i}`,
    perMinute: i % 4 === 3 ? [200, 1000] : [200, 200],
    knowsStart: i % 2 === 0,
    again: i % 3 === 0 ? [5, 6, 20] : [],
  })
  const all = Array.from({ length: deploys }, (_, i) => deploy(i))
  const found = await anomaliesOfCounters(bed, all, seeded(seed))
  await bed.close()
  const changed = all.filter((d) => d.perMinute[0] !== d.perMinute[1])
  const seen = changed.filter((d) => found[all.indexOf(d)]! > 0).length
  const onResets = found.reduce((n, count, i) => n + (changed.includes(all[i]!) ? 0 : count), 0)
  const isRight = report.wrong === 0 && report.negative === 0 && report.counted > 0 && onResets === 0 && seen > 0
  verdict('E16', isRight, {
    ...report,
    pureResets: deploys - changed.length,
    anomaliesOnThem: onResets,
    realChangesFound: `${seen} of ${changed.length}`,
    seed,
    ...(example !== undefined && { example }),
  })
}

export default run
