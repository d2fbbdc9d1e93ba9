import { NUMBERED } from '../../../shared/patterns/like.ts'
import { CUT, VAR } from '../../../shared/patterns/scan.ts'
import type { PatternValues } from './schemas/patterns.ts'

export type Slot = PatternValues['samples'][number]['slots'][number]

const SHOWN = 10
/** A longer value is cut: what is shown is to be told apart, not read. */
const VALUE_CHARS = 120
/** From this share of the lines on, a slot is one of numbers. */
const MOSTLY = 0.9
const NUMBER = /^([-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?) ?([a-zA-Zµ%]{0,7})$/

type Gap = 'slot' | 'loose'
/** What stands in every line, and between two of them what does not: a slot, or digits by which patterns are not told apart. */
export type Shape = { texts: string[]; gaps: Gap[] }

const spaced = (text: string): string => text.trim().replace(/\s+/g, ' ')

/** A template as {@link slotValues} looks for it: as `likeOf` reads it, with the slots told from the rest that varies. */
export function shapeOf(template: string): Shape {
  const shape: Shape = { texts: [''], gaps: [] }
  const gap = (kind: Gap) => {
    const isFirst = shape.texts.length === 1 && shape.texts[0] === ''
    // Two gaps with nothing between cannot be told apart: they are one.
    if (!isFirst && shape.texts.at(-1) === '') {
      if (kind === 'slot') shape.gaps[shape.gaps.length - 1] = 'slot'
      return
    }
    shape.gaps.push(kind)
    shape.texts.push('')
  }
  const fixed = (text: string) => {
    shape.texts[shape.texts.length - 1] += text
  }
  const pieces = new RegExp(`(${VAR.replaceAll('*', '\\*')}|${CUT}|${NUMBERED.source})`)
  for (const [i, piece] of spaced(template).split(pieces).entries()) {
    if (i % 2 === 0) fixed(piece)
    else gap(piece === VAR ? 'slot' : 'loose')
  }
  return shape
}

/** The values of a line in the slots, in order; null where the line is not of this shape. Takes time linear in the line. */
export function slotValues(shape: Shape, line: string): string[] | null {
  const text = spaced(line)
  const { texts, gaps } = shape
  if (!text.startsWith(texts[0]!)) return null
  if (gaps.length === 0) return text === texts[0] ? [] : null
  const values: string[] = []
  let at = texts[0]!.length
  for (const [i, gap] of gaps.entries()) {
    const next = texts[i + 1]!
    const isLast = i === gaps.length - 1
    const end = isLast ? text.length - next.length : text.indexOf(next, at)
    if (end < at || (isLast && !text.endsWith(next))) return null
    if (gap === 'slot') values.push(text.slice(at, end))
    at = end + next.length
  }
  return values
}

/** The numbers of a slot in their most frequent unit, where nearly all of its values are such; null where they are not. */
function numbersOf(values: readonly string[]): Slot['numbers'] {
  const byUnit = new Map<string, number[]>()
  for (const value of values) {
    const [, number, unit] = NUMBER.exec(value) ?? []
    if (number === undefined || unit === undefined || !Number.isFinite(Number(number))) continue
    const same = byUnit.get(unit)
    if (same) same.push(Number(number))
    else byUnit.set(unit, [Number(number)])
  }
  const [unit, numbers] = [...byUnit].sort(([, a], [, b]) => b.length - a.length)[0] ?? ['', []]
  if (values.length === 0 || numbers.length < values.length * MOSTLY) return null
  const sorted = numbers.toSorted((a, b) => a - b)
  const half = Math.floor(sorted.length / 2)
  const median = sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2
  return { n: sorted.length, unit, min: sorted[0]!, median, max: sorted.at(-1)! }
}

/** What stands in each slot of lines of a pattern, most frequent first. Lines of another shape are left out. */
export function slotsOf(template: string, lines: readonly string[]): { lines: number; slots: Slot[] } {
  const shape = shapeOf(template)
  const rows = lines.flatMap((line) => {
    const values = slotValues(shape, line)
    return values ? [values] : []
  })
  const count = shape.gaps.filter((gap) => gap === 'slot').length
  const slots = Array.from({ length: count }, (_, slot): Slot => {
    const values = rows.map((row) => row[slot]!)
    const counts = new Map<string, number>()
    for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
    const top = [...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1)).slice(0, SHOWN)
    return {
      distinct: counts.size,
      top: top.map(([value, n]) => ({ value: value.slice(0, VALUE_CHARS), count: n })),
      numbers: numbersOf(values),
    }
  })
  return { lines: rows.length, slots }
}
