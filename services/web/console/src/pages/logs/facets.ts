/** What a list of log lines differs in. Pure. */
import type { LogLine } from '../../lib/types.ts'
import { levelOf, levels } from './level.ts'

/** `word` is what the search understands; `lines` of those given are found with it. */
export type FacetValue = { value: string; lines: number; word: string }
export type Facet = { name: string; values: FacetValue[] }

const most = 6

/** How many lines are of a level or above, for each level that occurs but the lowest: that one finds them all. */
function ofLevels(lines: LogLine[]): FacetValue[] {
  const found = levels.filter((level) => lines.some((line) => levelOf(line) === level))
  return found.slice(1).map((level) => ({
    value: level,
    lines: lines.filter((line) => levels.indexOf(levelOf(line)) >= levels.indexOf(level)).length,
    word: `level>=${level}`,
  }))
}

const quoted = (value: string): string => (/\s/.test(value) ? `"${value}"` : value)

/** How many lines have each value, the most frequent first; none where all share one. */
function ofField(lines: LogLine[], field: 'service' | 'version'): FacetValue[] {
  const counts = new Map<string, number>()
  for (const line of lines) if (line[field]) counts.set(line[field], (counts.get(line[field]) ?? 0) + 1)
  if (counts.size < 2) return []
  return [...counts]
    .sort((a, b) => b[1] - a[1])
    .slice(0, most)
    .map(([value, count]) => ({ value, lines: count, word: `${field}:${quoted(value)}` }))
}

/** By level, service and version; what all lines share is left out. */
export function facetsOf(lines: LogLine[]): Facet[] {
  return [
    { name: 'level, at least', values: ofLevels(lines) },
    { name: 'service', values: ofField(lines, 'service') },
    { name: 'version', values: ofField(lines, 'version') },
  ].filter((facet) => facet.values.length > 0)
}
