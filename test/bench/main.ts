import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

/** What every bench in `benches/` exports as its default. `scale` 1 is the full length; less for a quick look. */
export type Bench = (o: { scale: number; say: (line: string) => void }) => Promise<void>

const folder = join(import.meta.dirname, 'benches')

async function main(argv: string[]): Promise<number> {
  const names = readdirSync(folder)
    .filter((file) => file.endsWith('.ts'))
    .map((file) => file.slice(0, -3))
    .sort()
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: { scale: { type: 'string', default: '1' } },
  })
  const name = positionals[0] ?? ''
  const scale = Number(values.scale)
  if (!names.includes(name) || !(scale > 0)) {
    process.stderr.write(`usage: npm run bench -- <${names.join('|')}> [--scale 0.2]\n`)
    return 3
  }
  const { default: run } = (await import(`./benches/${name}.ts`)) as { default: Bench }
  await run({ scale, say: (line) => process.stdout.write(`${line}\n`) })
  return 0
}

process.exitCode = await main(process.argv.slice(2))
