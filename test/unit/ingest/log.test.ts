import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { crc32c } from '../../../services/ingest/log/crc32c.ts'
import { LogModel } from '../../support/log-model.ts'
import { operations } from '../../support/log-operations.ts'

describe('the ingest log', () => {
  it('computes CRC-32C as RFC 3720 says', () => {
    expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283)
    expect(crc32c(Buffer.alloc(32))).toBe(0x8a9136aa)
    expect(crc32c(Buffer.alloc(32, 0xff))).toBe(0x62a8ab43)
  })

  it('agrees with a model that forgets what was not synced, over crashes, I/O errors and damaged bytes', async () => {
    await fc.assert(
      fc.asyncProperty(operations, fc.nat(), (ops, seed) => new LogModel(seed).run(ops)),
      { numRuns: 1000, seed: 4, endOnFailure: false },
    )
  })
})
