import { readdirSync } from 'node:fs'
import { UsageError } from './kills.ts'

/** Every experiment is one file `e<number>.ts` with a default export; it prints one line and sets the exit code. */
export type Experiment = (args: string[]) => Promise<void>

async function main(argv: string[]): Promise<number> {
  const names = readdirSync(import.meta.dirname)
    .map((file) => /^(e\d+)\.ts$/.exec(file)?.[1])
    .filter((name) => name !== undefined)
    .sort((a, b) => Number(a.slice(1)) - Number(b.slice(1)))
  const [name = '', ...args] = argv
  if (!names.includes(name)) {
    process.stderr.write(`usage: npm run experiment -- <${names.join('|')}> [--option number …]\n`)
    return 3
  }
  const { default: run } = (await import(`./${name}.ts`)) as { default: Experiment }
  try {
    await run(args)
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    const isHelp = args.includes('--help')
    process[isHelp ? 'stdout' : 'stderr'].write(`${name}: ${isHelp ? error.usage : error.message}\n`)
    return isHelp ? 0 : 3
  }
  return Number(process.exitCode ?? 0)
}

process.exitCode = await main(process.argv.slice(2))
