import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Batches, DecodeError, type Encoding, type Signal } from '../../../services/ingest/decode/index.ts'
import { runs } from '../../support/property.ts'
import { requests } from './support/arbitrary.ts'
import { readNative } from './support/native-reader.ts'
import { encode, id, NOW, span, spans, toJson, utf8 } from './support/otlp.ts'

const SIGNALS = ['traces', 'logs', 'metrics'] as const

/** Appends; says whether it was taken. Anything but a DecodeError is let through. */
const offer = (batches: Batches, signal: Signal, encoding: Encoding, body: Uint8Array, at = NOW): boolean => {
  try {
    batches.append(signal, encoding, body, at)
    return true
  } catch (error) {
    if (!(error instanceof DecodeError) || error.message === '') throw error
    return false
  }
}

const seals = (batches: Batches): string[] =>
  batches
    .open()
    .map(({ key, rows, minutes }) => {
      const expected = [...minutes].sort((a, b) => a - b)
      const sealed = batches.seal(key, 3n)
      expect(readNative(sealed.native)).toHaveLength(rows)
      expect(sealed.minutes).toEqual(expected)
      return `${key} ${sealed.minutes} ${Buffer.from(sealed.native).toString('base64')}`
    })
    .sort()

const sample = (signal: Signal, seed: number) => fc.sample(requests[signal], { numRuns: 12, seed })

describe('a damaged body', () => {
  for (const signal of SIGNALS) {
    it(`of ${signal}, cut at any byte, is decoded or refused`, () => {
      const batches = new Batches()
      for (const request of sample(signal, 11)) {
        const proto = encode(signal, request).subarray(0, 1500)
        for (let end = 0; end <= proto.length; end++) offer(batches, signal, 'protobuf', proto.slice(0, end))
        const json = utf8(toJson(request)).subarray(0, 1500)
        for (let end = 0; end < json.length; end++) offer(batches, signal, 'json', json.slice(0, end))
      }
      seals(batches)
    })

    it(`of ${signal}, with any bytes changed, is decoded or refused, and what is stored is a whole block`, () => {
      const batches = new Batches()
      const changes = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 6 })
      fc.assert(
        fc.property(requests[signal], changes, fc.boolean(), (request, bytes, isJson) => {
          const body = isJson ? utf8(toJson(request)) : encode(signal, request).slice()
          if (body.length === 0) return
          for (const [at, byte] of bytes) body[at % body.length] = byte
          offer(batches, signal, isJson ? 'json' : 'protobuf', body)
          seals(batches)
        }),
        runs(400),
      )
    })
  }

  it('of random bytes is decoded or refused', () => {
    fc.assert(
      fc.property(fc.constantFrom(...SIGNALS), fc.uint8Array({ maxLength: 200 }), (signal, body) => {
        offer(new Batches(), signal, 'protobuf', body)
        offer(new Batches(), signal, 'json', body)
      }),
      runs(2000),
    )
  })
})

describe('batches', () => {
  /** good, bad, good, bad … gives what the good ones alone give. */
  it('are left as they were by a request that fails half-way', () => {
    const step = fc
      .constantFrom(...SIGNALS)
      .chain((signal) => fc.tuple(fc.constant(signal), requests[signal], fc.double({ min: 0, max: 1, noNaN: true })))
    fc.assert(
      fc.property(fc.array(step, { maxLength: 8 }), (steps) => {
        const mixed = new Batches()
        const control = new Batches()
        for (const [signal, request, cut] of steps) {
          const body = encode(signal, request)
          const broken = Uint8Array.from([...body, ...body.subarray(0, Math.floor(body.length * cut)), 0x0a, 0x7f])
          for (const candidate of [broken, body]) {
            if (offer(mixed, signal, 'protobuf', candidate)) offer(control, signal, 'protobuf', candidate)
          }
        }
        expect(mixed.open().map(({ key, rows, minutes }) => [key, rows, [...minutes]])).toEqual(
          control.open().map(({ key, rows, minutes }) => [key, rows, [...minutes]]),
        )
        expect(seals(mixed)).toEqual(seals(control))
      }),
      runs(100),
    )
  })

  it('give the same bytes for the same requests, also when reused', () => {
    fc.assert(
      fc.property(requests.traces, requests.metrics, requests.logs, (traces, metrics, logs) => {
        const used = new Batches()
        const fill = (batches: Batches): string[] => {
          for (const [signal, request] of [
            ['traces', traces],
            ['metrics', metrics],
            ['logs', logs],
            ['traces', traces],
          ] as const) {
            offer(batches, signal, 'protobuf', encode(signal, request))
          }
          return seals(batches)
        }
        const first = fill(used)
        expect(fill(used)).toEqual(first)
        expect(fill(new Batches())).toEqual(first)
      }),
      runs(60),
    )
  })

  it('keep one block for each UTC day, and name the minutes they hold', () => {
    const midnight = BigInt(Date.UTC(2026, 10, 22)) * 1_000_000n
    const at = (time: bigint) => span({ startTimeUnixNano: time, endTimeUnixNano: time })
    const batches = new Batches()
    const minute = 60_000_000_000n
    batches.append(
      'traces',
      'protobuf',
      encode('traces', spans([at(midnight), at(midnight - 1n), at(midnight + minute), at(midnight + minute - 1n)])),
      NOW,
    )
    const first = Date.UTC(2026, 10, 22) / 60_000
    expect(
      batches.open().map(({ key, table, day, rows, minutes }) => ({ key, table, day, rows, minutes: [...minutes] })),
    ).toEqual([
      { key: 'otel_traces/20261122', table: 'otel_traces', day: '20261122', rows: 3, minutes: [first, first + 1] },
      { key: 'otel_traces/20261121', table: 'otel_traces', day: '20261121', rows: 1, minutes: [first - 1] },
    ])
    expect(batches.seal('otel_traces/20261121', 1n)).toMatchObject({ rows: 1, minutes: [first - 1] })
    expect(batches.open()).toHaveLength(1)
    expect(() => batches.seal('otel_traces/20261121', 2n)).toThrow('no such open block')
  })

  it('refuse a request with more items or values than they may hold', () => {
    const body = encode('traces', spans(Array.from({ length: 5 }, (_, i) => span({ spanId: id(8, i + 1) }))))
    expect(() => new Batches({ maxItems: 4 }).append('traces', 'protobuf', body, NOW)).toThrow(DecodeError)
    expect(() => new Batches({ maxNodes: 0 }).append('traces', 'protobuf', body, NOW)).toThrow(DecodeError)
  })

  it('estimate their size within a factor of two', () => {
    const batches = new Batches()
    batches.append('traces', 'protobuf', encode('traces', spans(Array.from({ length: 500 }, () => span()))), NOW)
    const [open] = batches.open()
    const { native } = batches.seal(open!.key, 1n)
    expect(open!.bytes).toBeGreaterThan(native.length / 2)
    expect(open!.bytes).toBeLessThan(native.length * 2)
  })
})
