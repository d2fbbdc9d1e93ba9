/** A cell that a spreadsheet would run as a formula starts with one of these. */
const FORMULA = /^[=+\-@\t\r]/

/** Objects become `outer.inner` columns; lists stay one cell, as JSON. */
function flatten(value: Record<string, unknown>, prefix = ''): Record<string, unknown> {
  const flat: Record<string, unknown> = {}
  for (const [name, one] of Object.entries(value)) {
    const isObject = typeof one === 'object' && one !== null && !Array.isArray(one)
    if (isObject) Object.assign(flat, flatten(one as Record<string, unknown>, `${prefix}${name}.`))
    else flat[prefix + name] = one
  }
  return flat
}

function cell(value: unknown): string {
  if (value === null || value === undefined) return ''
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  const guarded = FORMULA.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(guarded) ? `"${guarded.replaceAll('"', '""')}"` : guarded
}

/**
 * A page of a list as CSV (RFC 4180): a header line, then a line an item, in the order of the fields' first sight.
 * Text that a spreadsheet would take for a formula is preceded by an apostrophe.
 */
export function toCsv(items: readonly Record<string, unknown>[]): string {
  const rows = items.map((item) => flatten(item))
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))]
  return [names.map(cell), ...rows.map((row) => names.map((name) => cell(row[name])))]
    .map((line) => `${line.join(',')}\r\n`)
    .join('')
}
