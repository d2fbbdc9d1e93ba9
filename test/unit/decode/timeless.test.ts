import { describe, expect, it } from 'vitest'
import { Batches, type Signal } from '../../../services/ingest/decode/index.ts'
import { encode, logs, metrics, NOW, type Plain, spans } from './support/otlp.ts'

const nanos = BigInt(NOW) * 1_000_000n
const span = (more: Plain) => ({ traceId: new Uint8Array(16).fill(1), spanId: new Uint8Array(8).fill(2), ...more })
const gauge = { name: 'm', gauge: { dataPoints: [{ timeUnixNano: nanos, asInt: 1n }, { asInt: 2n }] } }
const timeless = (signal: Signal, request: Plain) =>
  new Batches().append(signal, 'protobuf', encode(signal, request), NOW).timeless ?? false

describe('a body without any time', () => {
  it.each<[string, Signal, Plain]>([
    ['log records', 'logs', logs([{ body: { stringValue: 'a' } }, { body: { stringValue: 'b' } }])],
    ['a span', 'traces', spans([span({ name: 'work' })])],
  ])('of %s is told', (_, signal, request) => expect(timeless(signal, request)).toBe(true))

  it.each<[string, Signal, Plain]>([
    ['the time of one log record', 'logs', logs([{}, { timeUnixNano: nanos }, {}])],
    ['the time when a log record was observed', 'logs', logs([{ observedTimeUnixNano: nanos }])],
    ['a time that is too far ahead', 'logs', logs([{ timeUnixNano: nanos * 2n }])],
    ['the end of a span', 'traces', spans([span({ endTimeUnixNano: nanos })])],
    ['the time of a data point', 'metrics', metrics([gauge])],
  ])('is not one with %s', (_, signal, request) => expect(timeless(signal, request)).toBe(false))

  it('is none of which no item is kept', () => {
    expect(timeless('traces', spans([{ name: 'no ids' }]))).toBe(false)
    expect(timeless('logs', logs([]))).toBe(false)
  })

  it('is told of each body anew', () => {
    const batches = new Batches()
    const told = [{}, { timeUnixNano: nanos }, {}].map(
      (record) => batches.append('logs', 'protobuf', encode('logs', logs([record])), NOW).timeless,
    )
    expect(told).toEqual([true, undefined, true])
  })
})
