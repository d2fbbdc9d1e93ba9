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

/** Whether a line fits the LIKE expression of a pattern, whose template begins and ends without white space. */
export const FITS = "trim(BOTH ' \\t\\r\\n' FROM Body) LIKE {like:String}"

/** The longest stretch without a wildcard of a LIKE expression, as it stands in the text; '' where there is none. */
export const longestWord = (like: string): string =>
  (like.match(/(?:[^%_\\]|\\.)+/g) ?? [])
    .map((part) => part.replace(/\\(.)/g, '$1'))
    .reduce((longest, part) => (part.length > longest.length ? part : longest), '')
