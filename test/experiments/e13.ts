import { runInjection, withstood } from '../support/injection.ts'
import { numberArgs } from './kills.ts'

/** E13: random filters and bodies of hostile texts against every call of the API and every tool of /mcp, by every kind of key. */
export default async function run(args: string[]): Promise<void> {
  const { queries, seed } = numberArgs(args, { queries: 5000, seed: 13 })
  const report = await runInjection({ queries, seed })
  process.stdout.write(`E13 ${withstood(report) ? 'pass' : 'FAIL'}: ${JSON.stringify(report)}\n`)
  if (!withstood(report)) process.exitCode = 1
}
