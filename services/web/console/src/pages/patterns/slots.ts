import { count } from '../../lib/format.ts'
import type { PatternValues } from '../../lib/types.ts'

export type Sample = PatternValues['samples'][number]
export type Slot = Sample['slots'][number]

const BEFORE = 24
const AFTER = 16

/** Each slot among the words beside it; null where the template does not tell which is which. */
export function contextsOf(template: string, slots: number): { before: string; after: string }[] | null {
  const texts = template.split('<*>')
  if (texts.length - 1 !== slots) return null
  const cut = (text: string, from: number, to?: number) => (text.length > BEFORE ? text.slice(from, to) : text)
  return texts.slice(1).map((after, i) => {
    const before = texts[i]!
    const left = cut(before, -BEFORE)
    const right = after.slice(0, AFTER)
    return {
      before: `${left.length < before.length || i > 0 ? '…' : ''}${left}`,
      after: `${right}${right.length < after.length || i < slots - 1 ? '…' : ''}`,
    }
  })
}

/** '60 lines before 2.14.0'; says so where there were more. */
export function sampleWords(sample: Sample, version: string): string {
  const lines = `${sample.more ? 'the newest ' : ''}${count(sample.lines)} ${sample.lines === 1 ? 'line' : 'lines'}`
  if (sample.of === 'all') return lines
  return `${lines} ${sample.of === 'before' ? 'before' : 'since'} ${version}`
}

/** 'min 10, median 39.5, max 69 ms'; null where the slot holds no numbers. */
export function numberWords({ numbers }: Slot): string | null {
  if (!numbers) return null
  const of = (value: number) => value.toLocaleString('en', { maximumFractionDigits: 2 })
  const unit = numbers.unit ? ` ${numbers.unit}` : ''
  return `min ${of(numbers.min)}, median ${of(numbers.median)}, max ${of(numbers.max)}${unit} (n\u00a0=\u00a0${count(numbers.n)})`
}

/** Values in a list, or none where each stands once or twice among many numbers: then the numbers say more. */
export const listed = (slot: Slot): Slot['top'] =>
  slot.numbers && slot.distinct > 5 && (slot.top[0]?.count ?? 0) < Math.max(3, slot.numbers.n / 10) ? [] : slot.top
