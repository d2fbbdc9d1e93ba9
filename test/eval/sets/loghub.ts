import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createPatternMiner } from '../../../shared/patterns/miner.ts'
import { parseCsvRecords } from '../lib/csv.ts'
import { readText } from '../lib/gzip.ts'
import type { EvalOptions } from '../main.ts'

/** As many as one service may have in production. */
const maxPatterns = 5000

/** Mines each system's lines in file order; writes `OUT/<system>.csv` with the pattern that stands for each line at the end. */
export default async function run({ input, out, progress }: EvalOptions): Promise<void> {
  mkdirSync(out, { recursive: true })
  const suffix = '.structured.csv.gz'
  const systems = readdirSync(input)
    .filter((f) => f.endsWith(suffix))
    .sort()
  for (const file of systems) {
    const system = file.slice(0, -suffix.length)
    const lines = parseCsvRecords(readText(join(input, file))).map((row) => ({
      id: row.LineId!,
      body: row.Content!,
    }))
    const miner = createPatternMiner({ maxPatterns })
    const ids = lines.map((line) => miner.observe(line.body).id)
    const rows = lines.map((line, i) => `${line.id},${miner.resolve(ids[i]!)}`)
    writeFileSync(join(out, `${system}.csv`), `LineId,cluster\n${rows.join('\n')}\n`)
    progress(`${system}: ${lines.length} lines, ${miner.patterns().length} patterns`)
  }
}
