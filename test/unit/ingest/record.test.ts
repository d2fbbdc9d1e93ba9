import { describe, expect, it } from 'vitest'
import { isSound, readRecord, recordHash, withOwnHash, writeHeader } from '../../../services/ingest/log/record.ts'

const SALT = 7
const received = Buffer.from('as received, with a secret')
const kept = Buffer.from('what is kept of it')

/** A record of a body that is kept in other bytes than it came in. */
function rewrittenRecord(): Buffer {
  const payload = withOwnHash('logs', 'protobuf', kept)
  const hash = recordHash('data', 'logs', 'json', received)
  const head = { type: 'data', signal: 'logs', encoding: 'protobuf', sequence: 3, receivedAtMs: 5, hash } as const
  const bytes = Buffer.alloc(48 + payload.length)
  bytes.set(payload, 48)
  writeHeader(bytes, 0, { ...head, rewritten: true }, payload.length, SALT)
  return bytes
}

describe('a record of a rewritten body', () => {
  it('gives back what is kept, under the hash of what was received', () => {
    const bytes = rewrittenRecord()
    const record = readRecord(bytes, 0, SALT)!
    expect(record.payload).toEqual(kept)
    expect(record.hash).toBe(recordHash('data', 'logs', 'json', received))
    expect([record.end, record.rewritten, isSound(record)]).toEqual([bytes.length, true, true])
  })

  it('tells each damaged byte', () => {
    const sound = rewrittenRecord()
    const unseen = [...sound.keys()].filter((i) => {
      const bytes = Buffer.from(sound)
      bytes[i]! ^= 0x10
      const record = readRecord(bytes, 0, SALT)
      return record !== null && isSound(record)
    })
    expect(unseen).toEqual([])
  })
})
