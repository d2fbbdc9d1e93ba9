import type { ValueCount } from '../../../shared/store/compare-attributes.ts'
import type { Compare } from './schemas/deploys.ts'

type Attributes = NonNullable<Compare['attributes']>
type Difference = Attributes['all'][number]

const MOST = 20
/** Of several hundred values compared fewer than one differs by chance: two-sided 99.9 % of the standard normal. */
const Z = 3.29
/** Smaller differences change nothing that anybody would look for. */
const LEAST = 0.01

/** Wilson's score interval of a share (1927). */
function wilson(count: number, n: number, z: number): { lower: number; upper: number } {
  const p = count / n
  const z2 = z * z
  const middle = (p + z2 / (2 * n)) / (1 + z2 / n)
  const half = (z / (1 + z2 / n)) * Math.sqrt((p * (1 - p)) / n + z2 / (4 * n * n))
  return { lower: Math.max(0, middle - half), upper: Math.min(1, middle + half) }
}

/** Interval of the difference of two shares: Newcombe's hybrid score interval (1998, method 10). */
export function intervalOf(a: number, nA: number, b: number, nB: number, z = Z): { lower: number; upper: number } {
  const [pA, pB] = [a / nA, b / nB]
  const [wA, wB] = [wilson(a, nA, z), wilson(b, nB, z)]
  return {
    lower: pA - pB - Math.hypot(pA - wA.lower, wB.upper - pB),
    upper: pA - pB + Math.hypot(wA.upper - pA, pB - wB.lower),
  }
}

/** What is left of the difference at the end of its interval that lies nearest to none; 0 where that may be chance. */
const sure = (d: Pick<Difference, 'lower' | 'upper'>): number => Math.max(0, d.lower, -d.upper)

function differences(rows: readonly ValueCount[], nA: number, nB: number, field: '' | '_bad'): Difference[] {
  if (nA === 0 || nB === 0) return []
  return rows
    .map((row): Difference => {
      const [a, b] = [row[`a${field}`], row[`b${field}`]]
      const shares = { a_share: a / nA, b_share: b / nB, difference: a / nA - b / nB }
      return { key: row.key, value: row.value, a, b, ...shares, ...intervalOf(a, nA, b, nB) }
    })
    .filter((d) => sure(d) >= LEAST)
    .sort((x, y) => sure(y) - sure(x) || (`${x.key}\n${x.value}` < `${y.key}\n${y.value}` ? -1 : 1))
    .slice(0, MOST)
}

/**
 * Attribute values whose share of the requests differs between both sides, those first that surely differ most: of all requests, and of the
 * bad ones (failed, or slower than `slowMs`). Pure.
 */
export function attributesOf(counts: readonly ValueCount[], slowMs: number | null): Attributes {
  const whole = counts.find((c) => c.key === '') ?? { a: 0, b: 0, a_bad: 0, b_bad: 0 }
  const values = counts.filter((c) => c.key !== '')
  return {
    looked_at: { a: whole.a, b: whole.b },
    bad: { a: whole.a_bad, b: whole.b_bad },
    slow_ms: slowMs,
    all: differences(values, whole.a, whole.b, ''),
    among_bad: differences(values, whole.a_bad, whole.b_bad, '_bad'),
  }
}
