import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { createRolling } from '../../../services/detector/judge/index.ts'
import { readLines, writeTo } from '../lines.ts'
import type { EvalOptions } from '../main.ts'

/** Streams each file row by row through the rolling detector; the score of a row is its onset. The step is the usual distance of the first rows. */
export default async function run({ input, out, progress }: EvalOptions): Promise<void> {
  const root = join(input, 'data')
  for (const category of readdirSync(root).sort())
    for (const file of readdirSync(join(root, category)).sort()) {
      if (!/\.csv(\.gz)?$/.test(file)) continue
      await one(join(root, category, file), join(out, category, file.replace(/\.gz$/, '')))
      progress(`${category}/${file}`)
    }
}

type Row = { timestamp: string; value: number | null }

async function one(from: string, to: string): Promise<void> {
  const rows: Row[] = []
  for await (const line of readLines(from)) {
    const [timestamp = '', value = ''] = line.split(',')
    if (timestamp !== 'timestamp' && timestamp !== '')
      rows.push({ timestamp, value: value === '' ? null : Number(value) })
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
  return gaps.sort((a, b) => a - b)[gaps.length >> 1] ?? 0
}
