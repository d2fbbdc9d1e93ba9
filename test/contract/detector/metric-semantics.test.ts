import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { recompute } from '../../../services/detector/rollups/recompute.ts'
import { noneTouched } from '../../../services/detector/rollups/touched.ts'
import { counterWorld, runCounters, sendMetrics, wrongWith } from '../../support/counter-world.ts'
import { type Bed, openBed } from '../../support/embedded.ts'
import { A, at, B, cases, NOW, type Point, p, T0, total } from '../../support/metric-cases.ts'
import { encodeRequest } from '../../support/otlp.ts'

let bed: Bed
let computedMs = NOW

const requestOf = (service: string, metrics: object[]) => {
  const attributes = [{ key: 'service.name', value: { stringValue: service } }]
  return encodeRequest('metrics', { resourceMetrics: [{ resource: { attributes }, scopeMetrics: [{ metrics }] }] })
}
const recomputeMinutes = (minutes: readonly number[]) =>
  recompute(bed.store, { ...noneTouched(), metrics: new Set(minutes.map((m) => T0 / 60_000 + m)) }, ++computedMs)
const ALL = Array.from({ length: 10 }, (_, m) => m)
const nameOf = (c: { id: string; of: string }) => `${c.id} ${c.of}`

beforeAll(async () => {
  bed = await openBed()
  await sendMetrics(
    bed.store,
    cases.map((c) => requestOf(nameOf(c), c.metrics)),
    NOW,
  )
  await recomputeMinutes(ALL)
})
afterAll(() => bed.close())

async function rollupsOf(service: string, metrics: object[]) {
  await sendMetrics(bed.store, [requestOf(service, metrics)], NOW)
  await recomputeMinutes(ALL)
  return read(service)
}

const read = (service: string) =>
  bed.store.rows<Record<string, number>>(
    `SELECT toUInt32((toUnixTimestamp(minute) - ${T0 / 1000}) / 60) AS m, round(sum(value_sum), 6) AS v, toUInt32(sum(r.points)) AS n,
       toUInt32(sum(resets_inferred)) AS resets, toUInt32(sum(single_writer_violations)) AS violations, toUInt32(sum(r.repeats)) AS repeats,
       toUInt32(sum(r.skipped)) AS skipped, toUInt32(uniqExact(series_id)) AS series, any(kind) AS kind
     FROM rollup_metrics AS r FINAL WHERE service = {service:String} AND points > 0 GROUP BY minute ORDER BY minute`,
    { service },
  )

describe('metrics over time', () => {
  it.each(cases)('$id: $of', async ({ id, of, values, also }) => {
    const rows = await read(nameOf({ id, of }))
    expect(rows.map((r) => [r.m, r.v])).toEqual(values)
    const figures = ['resets', 'violations', 'repeats', 'skipped'] as const
    const sums = Object.fromEntries(figures.map((name) => [name, rows.reduce((n, r) => n + r[name]!, 0)]))
    if (also) expect({ ...rows.at(-1), ...sums }).toMatchObject(also)
  })

  /** One stream without starts, two processes: 1000, 5, 1001, 6, … Each fall would be a reset that counts the whole value. */
  it('O85: makes no storm of resets of two processes without starts', async () => {
    const points = Array.from({ length: 18 }, (_, i) => p(i / 2, i % 2 === 0 ? 1000 + i : 5 + i, null))
    const rows = await rollupsOf('two writers', total(...points))
    expect(rows.reduce((n, r) => n + r.violations!, 0)).toBeGreaterThan(3)
    expect(rows.reduce((n, r) => n + r.resets!, 0)).toBeLessThanOrEqual(2)
    expect(Math.max(...rows.filter((r) => r.m! >= 3).map((r) => r.v!))).toBeLessThanOrEqual(4)
  })

  it('O76: a point that comes late changes the minute of the point after it, whenever that is', async () => {
    expect(await rollupsOf('late', total(p(1, 10), p(5, 50)))).toMatchObject([{ m: 5, v: 40 }])
    await sendMetrics(bed.store, [requestOf('late', total(p(3, 45)))], NOW)
    await recomputeMinutes([3])
    expect(await read('late')).toMatchObject([
      { m: 3, v: 35 },
      { m: 5, v: 5 },
    ])
  })

  it('O66, O79: histograms are told by their mean, and by nothing where they carry no sum', async () => {
    const point = (minute: number, count: number, more: Point) => ({
      timeUnixNano: at(minute),
      startTimeUnixNano: at(-60),
      count,
      ...more,
    })
    const of = (name: string, temporality: number, ...dataPoints: Point[]) => ({
      name,
      histogram: { aggregationTemporality: temporality, dataPoints },
    })
    const exponential = {
      exponentialHistogram: {
        aggregationTemporality: 1,
        dataPoints: [point(2, 4, { sum: 6, scale: 3, zeroCount: 4 })],
      },
    }
    const rows = await rollupsOf('distributions', [
      of('total', 2, point(1, 10, { sum: 100 }), point(2, 14, { sum: 180 }), point(3, 2, { sum: 10 })),
      of('falling sum', 2, point(1, 10, { sum: 5 }), point(2, 12, { sum: -3 })),
      of('no sum', 1, point(2, 5, {})),
      { name: 'exponential', ...exponential },
    ])
    expect(rows).toMatchObject([
      { m: 2, v: 80 - 8 + 6, n: 4 + 2 + 4, kind: 'histogram', resets: 0 },
      { m: 3, v: 10, n: 2, resets: 1 },
    ])
  })

  it('O82: summaries are told by count and sum, never by quantiles of several series', async () => {
    const point = (minute: number, count: number, total: number, pod: object) => ({
      ...{ timeUnixNano: at(minute), startTimeUnixNano: at(-60), count, sum: total, ...pod },
      quantileValues: [{ quantile: 0.99, value: 1e9 }],
    })
    const dataPoints = [point(1, 10, 100, A), point(2, 20, 150, A), point(1, 1, 1, B), point(2, 11, 31, B)]
    expect(await rollupsOf('summaries', [{ name: 'm', summary: { dataPoints } }])).toMatchObject([
      { m: 2, n: 20, v: 80 },
    ])
  })

  it('E16, short: random counters, sent both ways, give what can be known of them and nothing negative', async () => {
    const worlds = fc.sample(counterWorld, { numRuns: 150, seed: 16 })
    const outcomes = await runCounters(bed.store, worlds, NOW)
    expect(outcomes.map(wrongWith).filter((problem) => problem !== null)).toEqual([])
    expect(outcomes.reduce((n, o) => n + o.counted.cumulative, 0)).toBeGreaterThan(0)
  })
})
