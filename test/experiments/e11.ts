import { runStorm, weathered } from '../support/delivery-storm.ts'
import { postgresMissing } from '../support/postgres.ts'
import { measureTakeover } from '../support/takeover.ts'
import { numberArgs } from './kills.ts'

/** What a control run must show, or the experiment does not see what it is for. */
const CONTROLS = [
  ['settles_first', 'lost'],
  ['new_ids', 'doubled'],
] as const
const MAX_TAKEOVER_MS = 30_000

/**
 * E11: alerts against a receiver that fails by script, and an alerter that is killed again and again. Then two controls with a fault put in:
 * messages done before they are sent must be seen as lost, new ids as doubled. Then one of two alerters on one PostgreSQL is killed.
 */
export default async function run(args: string[]): Promise<void> {
  const { alerts, kills, seed } = numberArgs(args, { alerts: 500, kills: 100, seed: 11 })
  const report = await runStorm({ alerts, kills, seed })
  const controls: Record<string, number> = {}
  for (const [flaw, shows] of CONTROLS)
    controls[flaw] = (await runStorm({ alerts: 10, kills: 2, seed, flaw }))[shows].length
  const takeover = postgresMissing() === null ? await measureTakeover() : null
  const pass =
    weathered(report) &&
    Object.values(controls).every((seen) => seen > 0) &&
    (takeover === null || (takeover.tookMs < MAX_TAKEOVER_MS && takeover.doubled === 0))
  process.stdout.write(`E11 ${pass ? 'pass' : 'FAIL'}: ${JSON.stringify({ ...report, controls, takeover })}\n`)
  if (!pass) process.exitCode = 1
}
