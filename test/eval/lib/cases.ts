/** As `SeriesInput` has them: one value a bucket, null where there is none. */
export type Values = (number | null)[]
type Sample = [number, number | null]

/** Text in quotes stays; the numbers that JSON does not have, as Python's and others' writers spell them, become null. */
const NOT_JSON = /"(?:[^"\\]|\\.)*"|[-+]?\b(?:NaN|nan|Infinity|inf)\b/g

/** One JSON value, also where its writer knew NaN and Infinity; undefined where it is none. */
export function parseJson(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    try {
      return JSON.parse(line.replace(NOT_JSON, (found) => (found.startsWith('"') ? found : 'null')))
    } catch {
      return undefined
    }
  }
}

/** A number, or one written as text; null for all else, and for what is no finite number. */
export function numberOf(value: unknown): number | null {
  const n = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
  return typeof n === 'number' && Number.isFinite(n) ? n : null
}

/** One value a bucket; a list that is missing is empty. */
export const valuesOf = (list: unknown): Values => (Array.isArray(list) ? list.map(numberOf) : [])

/** Samples in the order of their times, those without a time left out; of one time the last that was written counts. */
export function samplesOf(list: unknown): Sample[] {
  if (!Array.isArray(list)) return []
  const samples = list.flatMap((s): Sample[] => {
    const at = Array.isArray(s) ? numberOf(s[0]) : null
    return at === null ? [] : [[at, numberOf(s[1])]]
  })
  return samples.sort((a, b) => a[0] - b[0])
}

/** One of `known`, else `otherwise`: a word that is not known yet is no reason to give no answer. */
export const oneOf = <T extends string>(known: Record<T, unknown>, word: unknown, otherwise: T): T =>
  typeof word === 'string' && Object.hasOwn(known, word) ? (word as T) : otherwise

/** The fields of a JSON object; of anything else none. */
export const fieldsOf = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {}
