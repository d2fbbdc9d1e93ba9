import { describe, expect, it } from 'vitest'
import { Batches } from '../../../services/ingest/decode/index.ts'
import { Spare } from '../../../services/ingest/spare.ts'
import { encodeRequest, requestOf } from '../../support/otlp.ts'

const KIB = 1024

describe('memory that is used again', () => {
  it('is given to the next who needs as much', () => {
    const spare = new Spare(1024 * KIB)
    const memory = spare.take(100 * KIB)
    expect(memory.length).toBe(128 * KIB)
    spare.give(memory)
    expect(spare.take(128 * KIB)).toBe(memory)
  })

  it('is not given to two at once', () => {
    const spare = new Spare(1024 * KIB)
    const memory = spare.take(100 * KIB)
    spare.give(memory)
    expect(spare.take(100 * KIB)).toBe(memory)
    expect(spare.take(100 * KIB)).not.toBe(memory)
  })

  it('is not given to who needs more, or half of it', () => {
    const spare = new Spare(1024 * KIB)
    spare.give(spare.take(128 * KIB))
    expect(spare.take(129 * KIB).length).toBe(256 * KIB)
    expect(spare.take(64 * KIB).length).toBe(64 * KIB)
  })

  it('is not kept beyond the limit, nor where it is small or of another size', () => {
    const spare = new Spare(256 * KIB)
    const first = spare.take(256 * KIB)
    const second = spare.take(256 * KIB)
    const small = spare.take(KIB)
    expect(small.length).toBe(KIB)
    for (const memory of [small, new Uint8Array(100 * KIB), first, second]) spare.give(memory)
    expect(spare.take(256 * KIB)).toBe(first)
    expect(spare.take(256 * KIB)).not.toBe(second)
    expect(spare.take(KIB)).not.toBe(small)
  })
})

describe('a block in memory that held another', () => {
  const bodyOf = (ids: string[]) => encodeRequest('traces', requestOf('traces', ids, 1_760_000_000_000))
  const sealed = (body: Uint8Array, spare?: Spare) => {
    const batches = new Batches()
    batches.append('traces', 'protobuf', body, 1_760_000_000_000)
    return batches.seal(batches.open()[0]!.key, 7n, spare).native
  }
  const ids = (prefix: string, count: number) => Array.from({ length: count }, (_, i) => `${prefix}-${i}`)

  it('has the bytes that it has in memory of its own', () => {
    const spare = new Spare(1024 * KIB)
    const before = sealed(bodyOf(ids('before', 200)), spare)
    spare.give(new Uint8Array(before.buffer as ArrayBuffer))
    const after = bodyOf(ids('after', 190))
    const again = sealed(after, spare)
    expect(again.buffer).toBe(before.buffer)
    expect(Buffer.compare(again, sealed(after))).toBe(0)
  })
})
