import { crc32c } from './crc32c.ts'
import { isSound, type LogRecord, MAGIC_TEXT, readRecord, readU64, writeU64 } from './record.ts'

/**
 * A segment: a header of 32 bytes (magic "PLUMLOG1", first sequence, next batch, salt, CRC-32C), then records. Its name
 * carries first sequence and salt too, so that a damaged header costs nothing but the batch number.
 */
export const SEGMENT_HEADER_BYTES = 32
const MAGIC = 'PLUMLOG1'

export type SegmentName = { name: string; ordinal: number; first: number; salt: number }
export type Damage = { from: number; to: number }
export type Scan = { records: LogRecord[]; damage: Damage[]; nextBatch: bigint | null }

/** `ordinal` puts names in the order of writing: two segments begin at one sequence where the first one failed. */
export function segmentName(ordinal: number, first: number, salt: number): string {
  return `${String(ordinal).padStart(10, '0')}-${String(first).padStart(16, '0')}-${salt.toString(16).padStart(8, '0')}.log`
}

/** @returns null for a file that is no segment */
export function parseSegmentName(name: string): SegmentName | null {
  const match = /^(\d{10})-(\d{16})-([0-9a-f]{8})\.log$/.exec(name)
  if (!match) return null
  const [, ordinal, first, salt] = match
  return { name, ordinal: Number(ordinal), first: Number(first), salt: Number.parseInt(salt!, 16) }
}

export function segmentHeader(first: number, salt: number, nextBatch: bigint): Buffer {
  const out = Buffer.alloc(SEGMENT_HEADER_BYTES)
  out.write(MAGIC, 0, 'latin1')
  writeU64(out, 8, first)
  out.writeBigUInt64LE(nextBatch, 16)
  out.writeUInt32LE(salt, 24)
  out.writeUInt32LE(crc32c(out, 0, 28), 28)
  return out
}

/** The batch number that a segment begins with; null where its header is damaged. */
function readHeader(bytes: Buffer, name: SegmentName): bigint | null {
  if (bytes.length < SEGMENT_HEADER_BYTES || bytes.toString('latin1', 0, 8) !== MAGIC) return null
  if (bytes.readUInt32LE(28) !== crc32c(bytes, 0, 28) || readU64(bytes, 8) !== name.first) return null
  return bytes.readBigUInt64LE(16)
}

/** Where the next record with a sound header begins at or after `from`; -1 for none. */
function findRecord(bytes: Buffer, from: number, salt: number): number {
  for (let at = bytes.indexOf(MAGIC_TEXT, from, 'latin1'); at >= 0; at = bytes.indexOf(MAGIC_TEXT, at + 1, 'latin1')) {
    if (readRecord(bytes, at, salt)) return at
  }
  return -1
}

/**
 * Reads all records of a segment's bytes. What cannot be read is told as damage, and reading goes on behind it.
 * `verify` hashes payloads too; without it only headers are checked.
 */
export function scanSegment(bytes: Buffer, name: SegmentName, verify: boolean): Scan {
  const scan: Scan = { records: [], damage: [], nextBatch: readHeader(bytes, name) }
  const first = readRecord(bytes, SEGMENT_HEADER_BYTES, name.salt)
  let at = scan.nextBatch !== null || first ? Math.min(SEGMENT_HEADER_BYTES, bytes.length) : 0
  if (scan.nextBatch === null) scan.damage.push({ from: 0, to: at })
  while (at < bytes.length) {
    const record = readRecord(bytes, at, name.salt)
    if (record && (!verify || isSound(record))) {
      scan.records.push(record)
      at = record.end
      continue
    }
    const next = record ? record.end : findRecord(bytes, at + 1, name.salt)
    const to = next < 0 ? bytes.length : next
    scan.damage.push({ from: at, to })
    at = to
  }
  return scan
}

/** How many bytes to keep of the last segment: a write that the crash tore stands at its end, and was never answered. */
export function tornTail(scan: Scan, bytes: number): number | null {
  const last = scan.damage.at(-1)
  return last && last.to === bytes && last.from < bytes ? last.from : null
}
