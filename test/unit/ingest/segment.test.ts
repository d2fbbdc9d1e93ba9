import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { findLog } from '../../../services/ingest/log/open.ts'
import { encodeGroup, endItem, HEADER_BYTES, readRecord, recordHash } from '../../../services/ingest/log/record.ts'
import { SEGMENT_HEADER_BYTES, segmentHeader, segmentName } from '../../../services/ingest/log/segment.ts'
import { manualClock } from '../../../shared/runtime/clock.ts'
import { MemoryFiles } from '../../support/memory-files.ts'
import { runs } from '../../support/property.ts'
import { seeded } from '../../support/random.ts'

const clock = manualClock(1_700_000_000_000)
const OLD_SALT = 41
const SALT = 42
const FILE_BYTES = 900

const item = (sequence: number, bytes: number) => {
  const payload = Buffer.alloc(bytes, sequence)
  const hash = recordHash('data', 'logs', 'protobuf', payload)
  const receivedAtMs = clock.nowMs()
  return {
    head: { type: 'data', signal: 'logs', encoding: 'protobuf', sequence, receivedAtMs, hash } as const,
    payload,
  }
}
type Item = ReturnType<typeof item> | ReturnType<typeof endItem>

function group(items: Item[], salt: number): Buffer {
  const out = Buffer.alloc(items.reduce((sum, { payload }) => sum + HEADER_BYTES + payload.length, 0))
  encodeGroup(out, items, salt)
  return out
}

const segment = (first: number, salt: number, groups: Item[][], previous = { ordinal: 0, bytes: 0 }): Buffer =>
  Buffer.concat([segmentHeader(first, salt, 7n, previous), ...groups.map((items) => group(items, salt))])

const over = (under: Buffer, bytes: Buffer): Buffer => Buffer.concat([bytes, under.subarray(bytes.length)])

/** What stands in a file before its new segment: nothing, or records that end where those of the new one do, or elsewhere. */
const stale = (size: number, shift: number): Buffer => {
  const items = Array.from({ length: 30 }, (_, i) => [item(i + 1, size)])
  return over(Buffer.alloc(FILE_BYTES), segment(1, OLD_SALT, items).subarray(shift)).subarray(0, FILE_BYTES)
}
const beds = { zeros: Buffer.alloc(FILE_BYTES), aligned: stale(20, 0), shifted: stale(20, 13), small: stale(0, 0) }

async function open(files: Record<number, Buffer>) {
  const folder = new MemoryFiles(seeded(1))
  const put = ([ordinal, bytes]: [string, Buffer]) =>
    folder.files.set(segmentName(Number(ordinal), 50, SALT + Number(ordinal)), { bytes, synced: bytes })
  Object.entries(files).forEach(put)
  const start = async () => {
    const found = await findLog(folder.session(), clock, FILE_BYTES)
    const last = found.segments.at(-1)
    return { ...found, lastRead: last ? last.last : 0 }
  }
  return { folder, start }
}

describe('a file that was made ready', () => {
  it('never gives a record under another salt than its own', () => {
    const salt = fc.integer({ min: 0, max: 2 ** 32 - 1 })
    fc.assert(
      fc.property(salt, salt, fc.nat(1000), fc.nat(50), (a, b, sequence, bytes) => {
        fc.pre(a !== b)
        const record = group([item(sequence, bytes)], a)
        expect(readRecord(record, 0, a)?.sequence).toBe(sequence)
        expect(readRecord(record, 0, b)).toBeNull()
      }),
      runs(300),
    )
  })

  it.each(Object.entries(beds))(
    'over %s, gives what was durable wherever the crash came, and calls nothing damaged',
    async (_, bed) => {
      const durable = segment(50, SALT + 1, [[item(50, 20)], [item(51, 20), item(52, 7)]])
      const last = group([item(53, 20), item(54, 20)], SALT + 1)
      for (let written = 0; written <= last.length; written++) {
        const bytes = over(bed, Buffer.concat([durable, last.subarray(0, written)]))
        const { start, folder } = await open({ 1: bytes })
        const found = await start()
        const whole = written < HEADER_BYTES + 20 ? 52 : written < last.length ? 53 : 54
        expect([written, found.lastRead, found.quarantined]).toEqual([written, whole, 0])
        expect(found.nextSequence).toBe(whole + 1)
        // The next start reads the same, also when another segment has been begun meanwhile.
        const next = segment(whole + 1, SALT + 2, [[item(whole + 1, 3)]])
        folder.files.set(segmentName(2, 50, SALT + 2), { bytes: over(bed, next), synced: next })
        const again = await start()
        expect(again.segments.map((s) => s.last)).toEqual([whole, whole + 1])
        expect(again.quarantined).toBe(0)
      }
    },
  )

  it.each(Object.entries(beds))(
    'over %s, loses only the write that was under way when its pages reached the disk in any order',
    async (_, bed) => {
      const durable = segment(50, SALT + 1, [[item(50, 20)], [item(51, 20)]])
      const last = group([item(52, 20), item(53, 20), item(54, 20)], SALT + 1)
      for (let lost = 0; lost < last.length; lost++) {
        const torn = Buffer.from(last)
        bed.copy(torn, lost, durable.length + lost, durable.length + lost + 16)
        torn[lost]! ^= 0xff
        const { start } = await open({ 1: over(bed, Buffer.concat([durable, torn])) })
        const found = await start()
        expect([lost, found.lastRead, found.quarantined]).toEqual([lost, 51 + Math.floor(lost / 68), 0])
      }
    },
  )

  it.each(Object.entries(beds))('over %s, still tells each damaged byte that a later write follows', async (_, bed) => {
    const groups = [[item(50, 20), item(51, 20)], [item(52, 20)]]
    const sound = segment(50, SALT + 1, groups)
    for (let at = 0; at < sound.length - (HEADER_BYTES + 20); at++) {
      const bytes = over(bed, sound)
      bytes[at]! ^= 0x10
      const found = await (await open({ 1: bytes })).start()
      expect([at, found.quarantined, found.lastRead]).toEqual([at, 1, 52])
    }
  })

  it('tells damage in its last write as well where it says that it has ended', async () => {
    const sound = segment(50, SALT + 1, [[item(50, 20), item(51, 20)], [endItem(0)]])
    for (let at = SEGMENT_HEADER_BYTES; at < sound.length - HEADER_BYTES; at++) {
      const bytes = over(beds.aligned, sound)
      bytes[at]! ^= 0x10
      const found = await (await open({ 1: bytes })).start()
      expect([at, found.quarantined, found.tornBytes]).toEqual([at, 1, 0])
    }
  })

  it('is as long as the segment after it says, where the power cut took its end', async () => {
    const full = segment(50, SALT + 1, [[item(50, 20), item(51, 20)]])
    const end = group([endItem(0)], SALT + 1)
    const next = (bytes: number) => segment(52, SALT + 2, [[item(52, 20)]], { ordinal: 1, bytes })
    for (let kept = 0; kept <= end.length; kept++) {
      const first = over(beds.small, Buffer.concat([full, end.subarray(0, kept)]))
      const found = await (await open({ 1: first, 2: next(full.length) })).start()
      expect([kept, found.lastRead, found.quarantined, found.segments[0]!.bytes]).toEqual([kept, 52, 0, full.length])
      first[SEGMENT_HEADER_BYTES + HEADER_BYTES + 20 + 5]! ^= 1
      const hit = await (await open({ 1: first, 2: next(full.length) })).start()
      expect([kept, hit.quarantined]).toEqual([kept, 1])
    }
  })

  it('is deleted, and not called damaged, where a segment was begun without it', async () => {
    const used = segment(50, SALT + 1, [[item(50, 20)], [endItem(0)]])
    const next = segment(51, SALT + 3, [[item(51, 20)]], { ordinal: 1, bytes: used.length })
    const { start, folder } = await open({ 1: used, 2: beds.zeros, 3: next })
    const found = await start()
    expect([found.segments.map(({ ordinal }) => ordinal), found.lastRead, found.quarantined]).toEqual([[1, 3], 51, 0])
    expect(folder.files.size).toBe(2)
  })

  it('stays ready over a start while nothing was written to it, and is deleted when it was not finished', async () => {
    const used = over(beds.small, segment(50, SALT + 1, [[item(50, 20)]]))
    // A segment that held no bodies begins with the same number as the one that its file becomes.
    const bodiless = over(beds.zeros, segment(50, OLD_SALT, [[endItem(0)]]))
    const { start, folder } = await open({ 1: used, 2: bodiless, 3: beds.zeros, 4: beds.zeros.subarray(0, 300) })
    const found = await start()
    expect(found.ready.map(({ ordinal }) => ordinal)).toEqual([2, 3])
    expect([found.segments.length, found.lastRead, found.quarantined, found.tornBytes]).toEqual([1, 50, 0, 0])
    expect(folder.files.size).toBe(3)
  })

  it('reads a log whose files were never made ready, and whose records know no groups', async () => {
    const plain = segment(50, SALT + 1, [[item(50, 20)], [item(51, 20)], [item(52, 20)]])
    const damaged = Buffer.from(plain)
    damaged[SEGMENT_HEADER_BYTES + HEADER_BYTES + 20 + 60]! ^= 1
    const found = await (await open({ 1: plain, 2: segment(53, SALT + 2, [[item(53, 20)]]).subarray(0, 90) })).start()
    expect([found.segments.map((s) => s.last), found.quarantined, found.tornBytes]).toEqual([[52, 52], 0, 42])
    const hit = await (await open({ 1: damaged })).start()
    expect([hit.quarantined, hit.lastRead, hit.segments[0]!.seen.length]).toEqual([1, 52, 2])
  })
})
