/** A text that is looked for as it stands, inside `%…%`: its own `%`, `_` and `\` are no wildcards. */
const escaped = (text: string): string => text.replace(/[\\%_]/g, '\\$&')

const isAscii = (text: string): boolean => /^[\x20-\x7e]*$/.test(text)

/**
 * The condition that `column` holds a text in any case, and the value of its parameter. For ASCII it is written so that an ngram index
 * over `lower(column)` can tell which granules need not be read; letters beyond ASCII have cases that only a scan knows.
 */
export function containsText(column: string, name: string, text: string): { sql: string; value: string } {
  return isAscii(text)
    ? { sql: `lower(${column}) LIKE {${name}:String}`, value: `%${escaped(text.toLowerCase())}%` }
    : { sql: `positionCaseInsensitiveUTF8(${column}, {${name}:String}) > 0`, value: text }
}
