import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

/** What every set in `sets/` exports as its default: reads the data, feeds the shipped code, writes the answers. */
export type EvalOptions = {
  /** `--data`, else `--cases`: a folder or a file. */
  input: string
  out: string
  /** One line of progress on stderr. */
  progress: (line: string) => void
}
export type EvalSet = (options: EvalOptions) => Promise<void>

const folder = join(import.meta.dirname, 'sets')

async function main(argv: string[]): Promise<number> {
  const sets = readdirSync(folder)
    .filter((f) => f.endsWith('.ts'))
    .map((f) => f.slice(0, -3))
    .sort()
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: { data: { type: 'string' }, cases: { type: 'string' }, out: { type: 'string' } },
  })
  const name = positionals[0] ?? ''
  const input = values.data ?? values.cases
  if (!sets.includes(name) || !input || !values.out) {
    process.stderr.write(`usage: npm run eval -- <${sets.join('|')}> (--data DIR | --cases FILE) --out OUT\n`)
    return 3
  }
  const module = (await import(`./sets/${name}.ts`)) as { default: EvalSet }
  const started = performance.now()
  const say = (line: string) => process.stderr.write(`${name}: ${line}\n`)
  await module.default({ input, out: values.out, progress: say })
  say(`done in ${((performance.now() - started) / 1000).toFixed(1)} s`)
  return 0
}

process.exitCode = await main(process.argv.slice(2))
