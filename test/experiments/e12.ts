import { runSsrf } from '../support/ssrf.ts'
import { numberArgs } from './kills.ts'

/** E12: 60 URLs that lead to this machine or to private networks, against a canary; one allowed control. */
export default async function run(args: string[]): Promise<void> {
  numberArgs(args, {})
  const report = await runSsrf()
  const pass =
    report.canaryHits === 0 && report.controlHits === 1 && report.notRefused.length === 0 && report.tried >= 60
  process.stdout.write(`E12 ${pass ? 'pass' : 'FAIL'}: ${JSON.stringify(report)}\n`)
  if (!pass) process.exitCode = 1
}
