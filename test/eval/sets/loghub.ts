import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createPatternMiner } from '../../../shared/patterns/miner.ts'
import { parseCsvRecords } from '../lib/csv.ts'
import { readText } from '../lib/gzip.ts'
import type { EvalOptions } from '../main.ts'

/** As many as one service may have in production. */
const maxPatterns = 5000

const STRUCTURED = '.structured.csv.gz'
const RAW = '.log.gz'

/** Mines each system's lines in file order; writes `OUT/<system>.csv` with the pattern that stands for each line at the end. */
export default async function run({ input, out, progress }: EvalOptions): Promise<void> {
  mkdirSync(out, { recursive: true })
  const files = new Set(readdirSync(input))
  const systems = [...files].flatMap((f) =>
    [STRUCTURED, RAW].flatMap((s) => (f.endsWith(s) ? [f.slice(0, -s.length)] : [])),
  )
  for (const system of [...new Set(systems)].sort()) {
    const lines = files.has(system + STRUCTURED)
      ? parseCsvRecords(readText(join(input, system + STRUCTURED))).map((row, i) => ({
          id: row.LineId || String(i + 1),
          body: row.Content ?? '',
        }))
      : rawLines(readText(join(input, system + RAW)))
    const miner = createPatternMiner({ maxPatterns })
    const ids = lines.map((line) => miner.observe(line.body).id)
    const rows = lines.map((line, i) => `${line.id},${miner.resolve(ids[i]!)}`)
    writeFileSync(join(out, `${system}.csv`), ['LineId,cluster', ...rows, ''].join('\n'))
    progress(`${system}: ${lines.length} lines, ${miner.patterns().length} patterns`)
  }
}

/** Lines as they were written, with their times and levels: numbered from 1. An empty file has none. */
const rawLines = (text: string) =>
  text === ''
    ? []
    : text
        .replace(/\r?\n$/, '')
        .split(/\r?\n/)
        .map((body, i) => ({ id: String(i + 1), body }))
