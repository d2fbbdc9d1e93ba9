import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createPatternMiner } from '../../../shared/patterns/miner.ts'
import { parseCsvRecords } from '../lib/csv.ts'
import { readText } from '../lib/gzip.ts'

/** As many as one service may have in production. */
const maxPatterns = 5000

/** Mines each system's lines in file order; writes `OUT/<system>.csv` with the pattern that stands for each line at the end. */
export default async function run(args: { data?: string; out?: string; cases?: string }): Promise<void> {
  if (!args.data || !args.out) throw new Error('cannot run loghub: give --data DIR and --out DIR')
  mkdirSync(args.out, { recursive: true })
  const suffix = '.structured.csv.gz'
  const systems = readdirSync(args.data)
    .filter((f) => f.endsWith(suffix))
    .sort()
  for (const file of systems) {
    const system = file.slice(0, -suffix.length)
    const lines = parseCsvRecords(readText(join(args.data, file))).map((row) => ({
      id: row.LineId!,
      body: row.Content!,
    }))
    const miner = createPatternMiner({ maxPatterns })
    const ids = lines.map((line) => miner.observe(line.body).id)
    const rows = lines.map((line, i) => `${line.id},${miner.resolve(ids[i]!)}`)
    writeFileSync(join(args.out, `${system}.csv`), `LineId,cluster\n${rows.join('\n')}\n`)
    console.error(`loghub ${system}: ${lines.length} lines, ${miner.patterns().length} patterns`)
  }
}
