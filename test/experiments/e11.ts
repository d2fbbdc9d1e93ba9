import { runStorm, weathered } from '../support/delivery-storm.ts'

/**
 * E11: alerts against a receiver that fails by script, and an alerter that is killed again and again.
 * `e11 [alerts] [kills] [seed]`; 500, 100 and 11 where left out.
 */
export default async function run(args: string[]): Promise<void> {
  const [alerts = 500, kills = 100, seed = 11] = args.map(Number)
  const report = await runStorm({ alerts, kills, seed })
  process.stdout.write(`E11 ${weathered(report) ? 'pass' : 'FAIL'}: ${JSON.stringify(report)}\n`)
  if (!weathered(report)) process.exitCode = 1
}
