import { describe, expect, it } from 'vitest'
import { Batches, type Signal } from '../../../services/ingest/decode/index.ts'
import { attr, encode, id, metrics, NOW, type Plain, point, sealAll, spans } from './support/otlp.ts'

const HOUR_MS = 3_600_000
const points = (from: number, count: number) =>
  Array.from({ length: count }, (_, i) => ({ ...point({ asDouble: 1 }), attributes: [attr('user', `u${from + i}`)] }))
const gauge = (name: string, from: number, count: number) => ({ name, gauge: { dataPoints: points(from, count) } })
const sum = (name: string, from: number, count: number) => ({
  name,
  sum: { dataPoints: points(from, count), aggregationTemporality: 2, isMonotonic: true },
})
const append = (batches: Batches, list: Plain[], atMs = NOW, service = 'shop') =>
  batches.append('metrics', 'protobuf', encode('metrics', metrics(list, [attr('service.name', service)])), atMs)
const rowsOf = (batches: Batches, table: string) => sealAll(batches)[table] ?? []
const isOverflow = (row: Record<string, unknown>) =>
  JSON.stringify(row.Attributes) === '[["otel.metric.overflow","true"]]'

describe('series of one metric, service and hour', () => {
  it('are told apart up to 2,000; the rest is one series, and no point is lost', () => {
    const batches = new Batches()
    expect(append(batches, [gauge('a', 0, 2000)]).overflowed).toBeUndefined()
    const { accepted, rejected, remarks, overflowed } = append(batches, [gauge('a', 1990, 110)])
    expect([accepted, rejected, overflowed]).toEqual([110, 0, { series: 100 }])
    expect(remarks).toEqual(['data points of too many series of one metric stored as one overflow series (100)'])
    const rows = rowsOf(batches, 'otel_metrics_gauge')
    const over = rows.filter(isOverflow)
    expect([rows.length, over.length]).toEqual([2110, 100])
    expect(new Set(over.map((row) => row.SeriesId)).size).toBe(1)
    expect(new Set(rows.map((row) => row.SeriesId)).size).toBe(2001)
    expect(over.every((row) => row.Flags === 0)).toBe(true)
  })

  it('of other metrics and services are not counted with it, and the next hour counts anew', () => {
    const batches = new Batches()
    append(batches, [gauge('a', 0, 2000)])
    expect(append(batches, [gauge('b', 0, 10)]).overflowed).toBeUndefined()
    expect(append(batches, [gauge('a', 5000, 10)], NOW, 'cart').overflowed).toBeUndefined()
    expect(append(batches, [gauge('a', 5000, 10)], NOW).overflowed).toEqual({ series: 10 })
    expect(append(batches, [gauge('a', 5000, 10)], NOW + HOUR_MS).overflowed).toBeUndefined()
  })

  it('that are cumulative give no value beyond the ceiling: totals of several writers are no counter', () => {
    const batches = new Batches()
    append(batches, [sum('a', 0, 2001)])
    const over = rowsOf(batches, 'otel_metrics_sum').filter(isOverflow)
    expect(over.map((row) => row.Flags)).toEqual([1])
  })

  it('come out the same from the same bodies in the same order', () => {
    const run = () => {
      const batches = new Batches()
      for (let i = 0; i < 5; i++) append(batches, [gauge('a', i * 700, 900)])
      return rowsOf(batches, 'otel_metrics_gauge')
    }
    expect(run()).toEqual(run())
  })
})

describe('names', () => {
  const many = (count: number, make: (i: number) => Plain) => Array.from({ length: count }, (_, i) => make(i))
  const take = (signal: Signal, request: Plain) => {
    const batches = new Batches()
    const { overflowed } = batches.append(signal, 'protobuf', encode(signal, request), NOW)
    return { overflowed, tables: sealAll(batches) }
  }
  const span = (name: string) => ({ traceId: id(16, 1), spanId: id(8, 1), name, kind: 2 })

  it('of spans are 10,000; the next ones are one, each time they come', () => {
    const { overflowed, tables } = take(
      'traces',
      spans([...many(10_000, (i) => span(`n${i}`)), span('one more'), span('one more'), span('n3')]),
    )
    expect(overflowed).toEqual({ name: 4 })
    const names = tables.otel_traces!.slice(-3).map((row) => [row.SpanName, row.Route])
    expect(names).toEqual([
      ['otel.overflow', 'otel.overflow'],
      ['otel.overflow', 'otel.overflow'],
      ['n3', 'n3'],
    ])
  })

  it('of services are 10,000; the resource still says which it was', () => {
    const resourceSpans = many(10_001, (i) => spans([span('work')], [attr('service.name', `s${i}`)]).resourceSpans[0])
    const { overflowed, tables } = take('traces', { resourceSpans })
    expect(overflowed).toEqual({ name: 1 })
    expect(tables.otel_traces!.at(-1)).toMatchObject({
      ServiceName: 'otel.overflow',
      ResourceAttributes: [['service.name', 's10000']],
    })
  })
})
