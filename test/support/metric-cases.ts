/** What becomes of points over time: rules O69 and O72 to O86 of docs/otlp.md, one a case. Minutes count from T0. */
export const NOW = Date.UTC(2026, 10, 22, 12)
export const T0 = NOW - 3_600_000
export const at = (minute: number) => `${T0 + minute * 60_000}000000`

export type Point = Record<string, unknown>
/** A point at a minute (fractions too) that says what it counted since `start`, null: it does not say. */
export const p = (minute: number, value: number, start: number | null = -60, more: Point = {}): Point => ({
  timeUnixNano: at(minute),
  ...(start !== null && { startTimeUnixNano: at(start) }),
  asDouble: value,
  ...more,
})
const sum = (temporality: number, isMonotonic: boolean, ...dataPoints: Point[]) => [
  { name: 'm', sum: { aggregationTemporality: temporality, isMonotonic, dataPoints } },
]
export const total = (...points: Point[]) => sum(2, true, ...points)
const delta = (...points: Point[]) => sum(1, true, ...points)
const gauge = (...dataPoints: Point[]) => [{ name: 'm', gauge: { dataPoints } }]
export const A = { attributes: [{ key: 'pod', value: { stringValue: 'a' } }] }
export const B = { attributes: [{ key: 'pod', value: { stringValue: 'b' } }] }

export type Case = {
  id: string
  of: string
  metrics: object[]
  values: [minute: number, value: number][]
  also?: object
}
export const cases: Case[] = [
  {
    id: 'O72',
    of: 'a new start counts from 0',
    metrics: total(p(1, 100), p(2, 110), p(3, 7, 2.1)),
    values: [
      [2, 10],
      [3, 7],
    ],
  },
  {
    id: 'O72',
    of: 'a new start counts from 0, also where the total is higher',
    metrics: total(p(1, 100), p(2, 150, 1.5)),
    values: [[2, 150]],
  },
  { id: 'O73', of: 'a start equal to the time adds 0', metrics: total(p(1, 100, 1), p(2, 130, 1)), values: [[2, 30]] },
  { id: 'O73', of: 'the first point of a long known process adds nothing', metrics: total(p(1, 1e6)), values: [] },
  { id: 'O73', of: 'the first point of a process just begun counts', metrics: total(p(1, 5, 0.2)), values: [[1, 5]] },
  {
    id: 'O74',
    of: 'a fall without a new start is a reset, and counted',
    metrics: total(p(1, 100), p(2, 20), p(3, 25)),
    values: [
      [2, 20],
      [3, 5],
    ],
    also: { resets: 1 },
  },
  {
    id: 'O74',
    of: 'so is one without any start',
    metrics: total(p(1, 100, null), p(2, 20, null)),
    values: [[2, 20]],
    also: { resets: 1 },
  },
  {
    id: 'O74',
    of: 'a counter that stands still adds 0 and is no reset',
    metrics: total(p(1, 100), p(2, 100)),
    values: [[2, 0]],
    also: { resets: 0 },
  },
  {
    id: 'O75',
    of: 'a gap is no data',
    metrics: delta(p(1, 3, 0), p(4, 5, 3)),
    values: [
      [1, 3],
      [4, 5],
    ],
  },
  {
    id: 'O75',
    of: 'after a gap of minutes the next total has what came since',
    metrics: total(p(1, 10), p(4, 40)),
    values: [[4, 30]],
  },
  {
    id: 'O75',
    of: 'what came in a gap too long belongs to no minute',
    metrics: total(p(0, 10), p(8, 400), p(9, 405)),
    values: [[9, 5]],
  },
  {
    id: 'O75',
    of: 'a delta that comes twice is counted once',
    metrics: delta(p(1, 3, 0), p(1, 3, 0), p(2, 4, 1)),
    values: [
      [1, 3],
      [2, 4],
    ],
    also: { repeats: 1 },
  },
  {
    id: 'O75',
    of: 'a total that comes twice adds 0',
    metrics: total(p(1, 10), p(2, 13), p(2, 13)),
    values: [[2, 3]],
    also: { repeats: 1, n: 1 },
  },
  {
    id: 'O75',
    of: 'of deltas that overlap one stays',
    metrics: delta(p(1, 10, 0), p(1.5, 10, 0.5), p(2, 10, 1), p(2.5, 10, 1.5), p(3, 10, 2)),
    values: [
      [1, 10],
      [2, 10],
      [3, 10],
    ],
    also: { violations: 2 },
  },
  {
    id: 'O75',
    of: 'deltas that touch do not overlap',
    metrics: delta(p(1, 10, 0), p(2, 10, 1), p(3, 10, 2)),
    values: [
      [1, 10],
      [2, 10],
      [3, 10],
    ],
    also: { violations: 0 },
  },
  {
    id: 'O75',
    of: 'a start that never moves is none',
    metrics: delta(p(1, 10), p(2, 10)),
    values: [
      [1, 10],
      [2, 10],
    ],
    also: { violations: 0 },
  },
  {
    id: 'O76',
    of: 'points out of order',
    metrics: total(p(3, 30), p(1, 10), p(2, 15)),
    values: [
      [2, 5],
      [3, 15],
    ],
    also: { resets: 0 },
  },
  {
    id: 'O76',
    of: 'deltas out of order',
    metrics: delta(p(2, 4, 1), p(1, 3, 0)),
    values: [
      [1, 3],
      [2, 4],
    ],
    also: { violations: 0 },
  },
  {
    id: 'O77',
    of: 'a sum that may fall is a level',
    metrics: sum(2, false, p(1, 10), p(2, 4), p(3, 7)),
    values: [
      [1, 10],
      [2, 4],
      [3, 7],
    ],
    also: { resets: 0, kind: 'gauge' },
  },
  {
    id: 'O77',
    of: 'changes of a sum that may fall keep their sign',
    metrics: sum(1, false, p(1, 10, 0), p(2, -4, 1)),
    values: [
      [1, 10],
      [2, -4],
    ],
    also: { resets: 0, kind: 'gauge' },
  },
  {
    id: 'O69',
    of: 'a stale gauge is no value',
    metrics: gauge(p(1, 5), p(2, 0, null, { flags: 1 })),
    values: [[1, 5]],
  },
  {
    id: 'O69',
    of: 'a stale counter ends: what comes after it begins anew',
    metrics: total(p(1, 10), p(2, 0, -60, { flags: 1 }), p(3, 50), p(4, 53)),
    values: [[4, 3]],
    also: { resets: 0 },
  },
  {
    id: 'O83',
    of: 'values that are no numbers are passed over, and counted',
    metrics: gauge(p(1, 5), p(1.2, Number.NaN), p(1.4, Number.POSITIVE_INFINITY)),
    values: [[1, 5]],
    also: { skipped: 2 },
  },
  {
    id: 'O83',
    of: 'a counter goes on over a NaN',
    metrics: total(p(1, 5), p(2, Number.NaN), p(3, 9)),
    values: [[3, 4]],
  },
  {
    id: 'O85',
    of: 'two processes of one stream with starts of their own are both counted, and flagged',
    metrics: total(p(1, 100, -60), p(1.5, 10, -50), p(2, 110, -60), p(2.5, 13, -50), p(3, 120, -60)),
    values: [
      [2, 13],
      [3, 10],
    ],
    also: { resets: 0, violations: 2 },
  },
  {
    id: 'O86',
    of: 'one name as gauge and as counter',
    metrics: [...gauge(p(1, 5)), ...delta(p(1, 3, 0))],
    values: [[1, 8]],
    also: { series: 2 },
  },
  {
    id: 'O86',
    of: 'one name in two units',
    metrics: [
      { ...gauge(p(1, 5))[0], unit: 's' },
      { ...gauge(p(1, 5000))[0], unit: 'ms' },
    ],
    values: [[1, 5005]],
    also: { series: 2 },
  },
  {
    id: 'O85',
    of: 'the pod among the attributes does not split a series, nor does it mix the counters',
    metrics: total(p(1, 100, -60, A), p(1, 5, -60, B), p(2, 110, -60, A), p(2, 6, -60, B)),
    values: [[2, 11]],
    also: { series: 1, n: 2, resets: 0, violations: 0 },
  },
]
