import { runMarkup, withstood } from '../support/markup.ts'
import { numberArgs } from './kills.ts'

/** E14: markup, SQL, escape codes and secrets in every text field, through every page of the console in Chromium. */
export default async function run(args: string[]): Promise<void> {
  numberArgs(args, {})
  const report = await runMarkup()
  process.stdout.write(`E14 ${withstood(report) ? 'pass' : 'FAIL'}: ${JSON.stringify(report)}\n`)
  if (!withstood(report)) process.exitCode = 1
}
