import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

/** What every set in `sets/` exports as its default: reads the data, feeds the shipped code, writes the answers. */
export type EvalOptions = {
  /** `--data`, else `--cases`: a folder or a file. A generated set takes `--only` here, or ''. */
  input: string
  /** '' where a generated set need not write. */
  out: string
  /** A generated set's short form. */
  quick: boolean
  /** Of a generated set: another seed draws other data. */
  seed: number
  /** One line of progress on stderr. */
  progress: (line: string) => void
}
export type EvalSet = (options: EvalOptions) => Promise<void>
/** `generated`: the set draws its own data. */
type EvalModule = { default: EvalSet; generated?: boolean }

const folder = join(import.meta.dirname, 'sets')

/** What was asked for, or what is wrong with it. */
function parsed(argv: string[]) {
  try {
    return parseArgs({
      args: argv,
      allowPositionals: true,
      options: {
        data: { type: 'string' },
        cases: { type: 'string' },
        out: { type: 'string' },
        only: { type: 'string' },
        quick: { type: 'boolean' },
        seed: { type: 'string' },
      },
    })
  } catch (error) {
    return (error as Error).message
  }
}

async function main(argv: string[]): Promise<number> {
  const sets = readdirSync(folder)
    .filter((f) => f.endsWith('.ts'))
    .map((f) => f.slice(0, -3))
    .sort()
  const usage = `usage: npm run eval -- <${sets.join('|')}> (--data DIR | --cases FILE | --quick | --only WORLD) [--seed N] --out OUT\n`
  const asked = parsed(argv)
  if (typeof asked === 'string') {
    process.stderr.write(`${asked}\n${usage}`)
    return 3
  }
  const { values, positionals } = asked
  const name = positionals[0] ?? ''
  const input = values.data ?? values.cases
  const module = sets.includes(name) ? ((await import(`./sets/${name}.ts`)) as EvalModule) : undefined
  const seeded = /^\d+$/.test(values.seed ?? '0')
  if (!module || !seeded || (!module.generated && (!input || !values.out))) {
    process.stderr.write(usage)
    return 3
  }
  const started = performance.now()
  const say = (line: string) => process.stderr.write(`${name}: ${line}\n`)
  await module.default({
    input: input ?? values.only ?? '',
    out: values.out ?? '',
    quick: values.quick ?? false,
    seed: Number(values.seed ?? 0),
    progress: say,
  })
  say(`done in ${((performance.now() - started) / 1000).toFixed(1)} s`)
  return 0
}

process.exitCode = await main(process.argv.slice(2))
