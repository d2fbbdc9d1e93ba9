import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

const ALL = Array.from({ length: 100 }, (_, i) => i + 1)

/** Numbers in a text, "O5" or a range "O5–O8". */
function numbersIn(text: string): number[] {
  return [...text.matchAll(/\bO(\d{1,3})(?:\s*[–-]\s*O(\d{1,3}))?\b/g)].flatMap(([, from, to]) => {
    const first = Number(from)
    return Array.from({ length: Number(to ?? from) - first + 1 }, (_, i) => first + i)
  })
}

/** Numbers that a case is named after: in string literals, not in comments. */
function casesOf(source: string): number[] {
  const code = source.replace(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/[^\n]*/g, '')
  return [...code.matchAll(/(['"`])(?:\\.|(?!\1)[^\\\n])*\1/g)].flatMap(([literal]) => numbersIn(literal))
}

const FOLDERS = ['test/unit/decode', 'test/contract/ingest', 'test/contract/detector']
/** Tables whose rows a test runs. */
const TABLES = ['test/support/metric-cases.ts']

const files = FOLDERS.flatMap((folder) =>
  readdirSync(folder)
    .filter((file) => file.endsWith('.test.ts') && file !== 'checklist-coverage.test.ts')
    .map((file) => `${folder}/${file}`),
)
const docs = readFileSync('docs/otlp.md', 'utf8')
const [rows = '', deviations = ''] = docs.split('## Where it differs, and why')

describe('the OTLP checklist', () => {
  const tested = new Set([...files, ...TABLES].flatMap((file) => casesOf(readFileSync(file, 'utf8'))))
  const reasoned = new Set(
    [...deviations.matchAll(/^- \*\*(.+?)\*\*: \S.{40}/gm)].flatMap(([, names]) => numbersIn(names!)),
  )

  it('has a case for every number, or a named deviation with its reason', () => {
    expect(ALL.filter((n) => !tested.has(n) && !reasoned.has(n)).map((n) => `O${n}`)).toEqual([])
  })

  it('says of every number in docs/otlp.md what becomes of it', () => {
    const described = new Set([...rows.matchAll(/^\| (O\d[^|]*)\|/gm)].flatMap(([, names]) => numbersIn(names!)))
    expect(ALL.filter((n) => !described.has(n)).map((n) => `O${n}`)).toEqual([])
  })

  it('knows no number that the checklist does not have', () => {
    expect([...tested, ...reasoned].filter((n) => n < 1 || n > 100)).toEqual([])
  })

  it('sees numbers in names and tables, and not in comments', () => {
    expect(casesOf("/* O1 */ it('O2, O3: a', f) // 'O4'\n[['O5', 1]] // see O6")).toEqual([2, 3, 5])
    expect(numbersIn('O7–O9')).toEqual([7, 8, 9])
  })
})
