import { readdirSync } from 'node:fs'

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
  await run(args)
  return Number(process.exitCode ?? 0)
}

process.exitCode = await main(process.argv.slice(2))
