/** What a command prints: JSON for programs with `--json`, text for people without. */
export type Output = { json: boolean; color: boolean; write(text: string): void; note(text: string): void }

export const outputOf = (
  o: { json?: boolean | undefined },
  env: Record<string, string | undefined> = process.env,
): Output => ({
  json: o.json === true,
  color: process.stdout.isTTY === true && !env.NO_COLOR && env.TERM !== 'dumb',
  write: (text) => process.stdout.write(text),
  note: (text) => process.stderr.write(text),
})

/** Prints a value: as JSON, or as `human` words it. */
export function print(out: Output, value: unknown, human: () => string): void {
  const text = out.json ? JSON.stringify(value, null, 2) : human()
  out.write(text.endsWith('\n') ? text : `${text}\n`)
}

const codes = { red: 31, green: 32, yellow: 33, blue: 34, grey: 90, bold: 1 } as const
export type Color = keyof typeof codes

export const paint = (out: Pick<Output, 'color'>, color: Color, text: string): string =>
  out.color ? `\u001b[${codes[color]}m${text}\u001b[0m` : text

const colorOfWord: Record<string, Color> = {
  regressed: 'red',
  firing: 'red',
  dead: 'red',
  open: 'red',
  improved: 'green',
  no_difference: 'green',
  ok: 'green',
  delivered: 'green',
  pending: 'blue',
  watching: 'blue',
  insufficient_data: 'yellow',
  too_little_data: 'yellow',
}

/** A state word as people read it, coloured where that is wanted. */
export const word = (out: Pick<Output, 'color'>, text: string): string =>
  paint(out, colorOfWord[text] ?? 'grey', text.replaceAll('_', ' '))

// biome-ignore lint/suspicious/noControlCharactersInRegex: the codes written by `paint`
const width = (text: string) => [...text.replace(/\u001b\[\d+m/g, '')].length

/** Text from elsewhere, on one line and without control characters, so that it cannot write to the terminal. */
export const plain = (text: string, maxChars = 200): string => {
  const line = text.replace(/\p{Cc}+/gu, ' ').replace(/[\u202A-\u202E\u2066-\u2069]/g, '')
  return [...line].length <= maxChars ? line : `${[...line].slice(0, maxChars - 1).join('')}…`
}

/** Columns that line up, under their names; numbers are the caller's to format. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head.map((h) => h.toUpperCase()), ...rows]
  const widths = head.map((_, i) => Math.max(...all.map((row) => width(row[i] ?? ''))))
  const line = (row: readonly string[]) =>
    row
      .map((cell, i) => (i === row.length - 1 ? cell : cell + ' '.repeat(Math.max(0, (widths[i] ?? 0) - width(cell)))))
      .join('  ')
      .trimEnd()
  return `${all.map(line).join('\n')}\n`
}

export const percent = (ratio: number | null): string =>
  ratio === null ? '–' : `${(ratio * 100).toFixed(ratio < 0.1 ? 2 : 1)} %`
export const ms = (value: number | null): string =>
  value === null ? '–' : value >= 1000 ? `${(value / 1000).toFixed(2)} s` : `${value.toFixed(value < 10 ? 2 : 0)} ms`
export const number = (value: number | null, digits = 1): string => (value === null ? '–' : value.toFixed(digits))

/** A value with the unit that it was told in. */
export const withUnit = (value: number, unit: string): string =>
  unit === 'ratio'
    ? percent(value)
    : unit === 'ms'
      ? ms(value)
      : `${Number(value.toPrecision(4))} ${unit.replace('per_minute', '/min')}`

/** `2026-03-01 10:00:00Z`, or a dash. */
export const when = (iso: string | null): string => (iso === null ? '–' : `${iso.slice(0, 19).replace('T', ' ')}Z`)
