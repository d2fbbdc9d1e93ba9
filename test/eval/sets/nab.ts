import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { createRolling } from '../../../services/detector/judge/index.ts'
import { numberOf } from '../lib/cases.ts'
import { parseCsv } from '../lib/csv.ts'
import { readLines, writeTo } from '../lines.ts'
import type { EvalOptions } from '../main.ts'

/** Streams each file row by row through the rolling detector; the score of a row is its onset. The step is the usual distance of the first rows. */
export default async function run({ input, out, progress }: EvalOptions): Promise<void> {
  const root = join(input, 'data')
  for (const { name: category } of byName(root).filter((entry) => entry.isDirectory()))
    for (const { name: file } of byName(join(root, category))) {
      if (!/\.csv(\.gz)?$/.test(file)) continue
      await one(join(root, category, file), join(out, category, file.replace(/\.gz$/, '')))
      progress(`${category}/${file}`)
    }
}

const byName = (folder: string) =>
  readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))

type Row = { timestamp: string; value: number | null }

async function one(from: string, to: string): Promise<void> {
  const rows: Row[] = []
  for await (const line of readLines(from)) {
    const [timestamp = '', value] = parseCsv(line)[0] ?? []
    if (timestamp !== 'timestamp' && timestamp !== '') rows.push({ timestamp, value: numberOf(value) })
  }
  const rolling = createRolling({ stepS: stepOf(rows.slice(0, 50)) })
  const answers = writeTo(to)
  answers.raw('timestamp,anomaly_score\n')
  for (const row of rows) answers.raw(`${row.timestamp},${rolling.push(row.value).onset.toFixed(6)}\n`)
  await answers.end()
}

function stepOf(rows: readonly Row[]): number {
  const times = rows.map((r) => Date.parse(`${r.timestamp.trim().replace(' ', 'T')}Z`) / 1000)
  const gaps = times.slice(1).map((t, i) => t - times[i]!)
  const known = gaps.filter(Number.isFinite)
  return known.sort((a, b) => a - b)[known.length >> 1] ?? 0
}
