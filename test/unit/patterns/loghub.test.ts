import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createPatternMiner } from '../../../shared/patterns/miner.ts'
import { parseCsvRecords } from '../../eval/lib/csv.ts'
import { readText } from '../../eval/lib/gzip.ts'

const data = join(import.meta.dirname, '../../../../shared/data/loghub-2k')

/** Share of lines whose pattern holds exactly the lines of their true event. */
function groupingAccuracy(truth: string[], found: string[]): number {
  const group = (keys: string[]) => {
    const groups = new Map<string, number[]>()
    keys.forEach((key, i) => {
      groups.set(key, [...(groups.get(key) ?? []), i])
    })
    return [...groups.values()].map((lines) => lines.join())
  }
  const right = new Set(group(truth))
  const exact = group(found).filter((lines) => right.has(lines))
  return exact.reduce((n, lines) => n + lines.split(',').length, 0) / truth.length
}

/** Small systems only: the rest is `npm run eval -- loghub`. Skipped where the data are not at hand (../shared/data/loghub-2k). */
describe.skipIf(!existsSync(data))('on real logs (skipped without ../shared/data)', () => {
  it.each(['HDFS', 'OpenStack', 'Spark', 'Windows'])(
    '%s: nineteen of twenty lines are grouped as people group them',
    (system) => {
      const rows = parseCsvRecords(readText(join(data, `${system}.structured.csv.gz`))).slice(0, 1000)
      const miner = createPatternMiner({ maxPatterns: 1000 })
      const ids = rows.map((row) => miner.observe(row.Content!).id)
      expect(
        groupingAccuracy(
          rows.map((row) => row.EventId!),
          ids.map(miner.resolve),
        ),
      ).toBeGreaterThan(0.95)
    },
  )
})
