import { crc32c } from './crc32c.ts'
import { isSound, type LogRecord, MAGIC_TEXT, readRecord, readU64, writeU64 } from './record.ts'

/**
 * A segment: a header of 48 bytes (magic "PLUMLOG2", first sequence, next batch, the segment before it and how long that is, salt, CRC-32C),
 * then records. Its name
 * carries the salt too, and a sequence that none of it is below, so that a damaged header costs nothing but the batch number.
 *
 * A file may be longer than what was written to it: one that was made ready ends in zeros or in records of the segment that it was
 * before. These are never taken for its own: a CRC-32C under another seed is another CRC, for whatever bytes, and salts differ.
 * A segment that is full, was closed, or was read after a crash ends in an `end` record: what follows it does not count. A crash may take
 * that record of a full one; then the header of the next says where it ended.
 */
export const SEGMENT_HEADER_BYTES = 48
const MAGIC = 'PLUMLOG2'

/** The segment that was written before one, and how many bytes of it are durable. Ordinal 0: there was none. */
export type Previous = { ordinal: number; bytes: number }

export type SegmentName = { name: string; ordinal: number; first: number; salt: number }
export type Damage = { from: number; to: number }
/** `first` is that of the header, or of the name where the header is damaged. */
export type Scan = {
  records: LogRecord[]
  damage: Damage[]
  nextBatch: bigint | null
  /** Null where the header is damaged. */
  previous: Previous | null
  first: number
  isEnded: boolean
  /** Where the last group begins of which a head can be read; -1 for none. */
  lastGroup: number
}

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

export function segmentHeader(first: number, salt: number, nextBatch: bigint, previous: Previous): Buffer {
  const out = Buffer.alloc(SEGMENT_HEADER_BYTES)
  out.write(MAGIC, 0, 'latin1')
  writeU64(out, 8, first)
  out.writeBigUInt64LE(nextBatch, 16)
  writeU64(out, 24, previous.ordinal)
  writeU64(out, 32, previous.bytes)
  out.writeUInt32LE(salt, 40)
  out.writeUInt32LE(crc32c(out, 0, 44), 44)
  return out
}

type Header = Pick<Scan, 'first' | 'nextBatch' | 'previous'>

/** What a segment begins with; null where its header is damaged or that of another segment. */
function readHeader(bytes: Buffer, name: SegmentName): Header | null {
  if (bytes.length < SEGMENT_HEADER_BYTES || bytes.toString('latin1', 0, 8) !== MAGIC) return null
  if (bytes.readUInt32LE(44) !== crc32c(bytes, 0, 44) || bytes.readUInt32LE(40) !== name.salt) return null
  const first = readU64(bytes, 8)
  if (first < name.first) return null
  const previous = { ordinal: readU64(bytes, 24), bytes: readU64(bytes, 32) }
  return { first, nextBatch: bytes.readBigUInt64LE(16), previous }
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
  const header = readHeader(bytes, name)
  const read = header ?? { nextBatch: null, previous: null, first: name.first }
  const scan: Scan = { records: [], damage: [], ...read, isEnded: false, lastGroup: -1 }
  let at = header || readRecord(bytes, SEGMENT_HEADER_BYTES, name.salt) ? SEGMENT_HEADER_BYTES : 0
  if (header === null) scan.damage.push({ from: 0, to: at })
  while (at < bytes.length && !scan.isEnded) {
    const record = readRecord(bytes, at, name.salt)
    if (record && !record.continues) scan.lastGroup = at
    if (record && (!verify || isSound(record))) {
      scan.records.push(record)
      scan.isEnded = record.type === 'end'
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

/** Whether nothing was ever written to it: it was made ready, or the crash took its first write. */
export const isUnused = (scan: Scan): boolean => scan.nextBatch === null && scan.records.length === 0

/**
 * How many bytes to keep of the last segment, which has no end. A write that a crash tore is the last one, and was never answered;
 * parts of it may be on disk in any order. So whatever is damaged is torn, unless a later write begins behind it.
 */
export function tornAt(scan: Scan, bytes: number): number {
  return scan.damage.find((damage) => damage.from >= scan.lastGroup)?.from ?? bytes
}
