import type { Clock } from '../../../shared/runtime/clock.ts'
import type { Files } from './files.ts'
import { Ledger } from './ledger.ts'
import { encodeGroup, endItem, HASH_BYTES, HEADER_BYTES, type LogRecord, readU64, writeU64 } from './record.ts'
import {
  type Damage,
  isUnused,
  type Previous,
  parseSegmentName,
  type Scan,
  type SegmentName,
  scanSegment,
  tornAt,
} from './segment.ts'

/** Byte-equal bodies are told as re-sends this long: three times the 300 s for which the Collector retries. */
export const RESEND_WINDOW_MS = 15 * 60_000
const SEEN_ROW_BYTES = HASH_BYTES + 8

/** One file of the log as it is known in memory. `bytes` are those that a crash cannot take any more; the file may be longer. */
export type Segment = SegmentName & {
  bytes: number
  last: number
  oldestMs: number
  seen: { hash: string; receivedAtMs: number }[]
}

export type Found = {
  segments: Segment[]
  /** Files that were made ready for segments to come, in their order. */
  ready: SegmentName[]
  ledger: Ledger
  nextSequence: number
  nextBatch: bigint
  /** No batch of a body in the log has a number much lower. */
  firstBatch: bigint
  seen: { hash: string; receivedAtMs: number }[]
  seenFiles: { name: string; newestMs: number }[]
  quarantined: number
  tornBytes: number
}

/** Keeps a damaged part for a person to look at; its name makes a second start write the same file again. */
export const quarantine = (files: Files, name: string, bytes: Buffer, damage: Damage): Promise<void> =>
  files.put(`${name}-${damage.from}.damaged`, bytes.subarray(damage.from, damage.to))

type Reading = { files: Files; clock: Clock; readyBytes: number; found: Found }

/**
 * Reads the log as the last process left it: ends it before what a crash tore, sets damaged records aside, collects seals,
 * checkpoints and the hashes of the last 15 minutes. Every payload is verified: 512 MiB take about a second.
 * `readyBytes`: the length of a file that was made ready; 0 where none are wanted.
 */
export async function findLog(files: Files, clock: Clock, readyBytes: number): Promise<Found> {
  const found: Found = {
    segments: [],
    ready: [],
    ledger: new Ledger(),
    nextSequence: 1,
    nextBatch: 0n,
    firstBatch: 0n,
    seen: [],
    seenFiles: [],
    quarantined: 0,
    tornBytes: 0,
  }
  const reading = { files, clock, readyBytes, found }
  const names = (await files.list()).sort()
  const segments = names.map(parseSegmentName).filter((name) => name !== null)
  const used = await withoutUnused(reading, segments)
  let ahead = used[0] && (await scanned(files, used[0]))
  for (const name of used.slice(1)) {
    const read = ahead!
    ahead = await scanned(files, name)
    await readSegment(reading, read, ahead.scan.previous)
  }
  if (ahead) await readLast(reading, ahead)
  const sinceMs = clock.nowMs() - RESEND_WINDOW_MS
  for (const name of names.filter((n) => n.endsWith('.seen'))) await readSeen(files, name, sinceMs, found)
  for (const segment of found.segments) found.seen.push(...segment.seen.filter((s) => s.receivedAtMs >= sinceMs))
  found.nextSequence = Math.max(found.nextSequence, found.ledger.highestSequence + 1)
  const { highestBatch } = found.ledger
  if (highestBatch > 0n && highestBatch >= found.nextBatch) found.nextBatch = highestBatch + 1n
  return found
}

/** Takes off the files at the end of `segments` that nothing was written to: they are ready, or of no use. */
async function withoutUnused({ files, readyBytes, found }: Reading, segments: SegmentName[]): Promise<SegmentName[]> {
  const used = [...segments]
  for (let name = used.at(-1); name; name = used.at(-1)) {
    const bytes = Buffer.from(await files.read(name.name))
    if (!isUnused(scanSegment(bytes, name, false))) break
    used.pop()
    found.nextSequence = Math.max(found.nextSequence, name.first)
    if (bytes.length === readyBytes) found.ready.unshift(name)
    else await files.remove(name.name, true)
  }
  return used
}

type Read = { name: SegmentName; bytes: Buffer; scan: Scan }

async function scanned(files: Files, name: SegmentName): Promise<Read> {
  const bytes = Buffer.from(await files.read(name.name))
  return { name, bytes, scan: scanSegment(bytes, name, true) }
}

const endOf = (scan: Scan): number => scan.records.at(-1)?.end ?? 0

/** Of a segment that is not the last; `previous`: what the one after it says came before it, null where that cannot be read. */
async function readSegment(reading: Reading, read: Read, previous: Previous | null): Promise<void> {
  const { name, bytes, scan } = read
  if (previous && previous.ordinal === name.ordinal) return take(reading, read, previous.bytes)
  // The file was made ready, and passed over: the process ended before it removed it.
  if (previous && isUnused(scan)) return reading.files.remove(name.name, true)
  await take(reading, read, scan.isEnded ? endOf(scan) : bytes.length)
}

async function readLast(reading: Reading, read: Read): Promise<void> {
  const { name, bytes, scan } = read
  const keep = scan.isEnded ? endOf(scan) : tornAt(scan, bytes.length)
  await take(reading, read, keep)
  if (!scan.isEnded) await endSegment(reading, name, scan, bytes.length, keep)
}

/** Takes into account what stands in the first `keep` bytes, and sets aside what is damaged in them. */
async function take({ files, found }: Reading, { name, bytes, scan }: Read, keep: number): Promise<void> {
  for (const damage of scan.damage) {
    if (damage.from >= keep) continue
    await quarantine(files, name.name, bytes, damage)
    found.quarantined += 1
  }
  found.nextSequence = Math.max(found.nextSequence, scan.first)
  // Of a segment whose header is damaged no number is known; they come in the order of writing.
  if (found.segments.length === 0) found.firstBatch = scan.nextBatch ?? 0n
  if (scan.nextBatch !== null && scan.nextBatch > found.nextBatch) found.nextBatch = scan.nextBatch
  if (keep === 0) return
  const fresh = { last: scan.first - 1, oldestMs: Number.POSITIVE_INFINITY, seen: [] }
  const segment: Segment = { ...name, first: scan.first, bytes: keep, ...fresh }
  for (const record of scan.records) if (record.end <= keep) note(record, segment, found.ledger)
  found.segments.push(segment)
  found.nextSequence = Math.max(found.nextSequence, segment.last + 1)
}

/** Ends the last segment at `keep`, before what the crash tore, so that the next start knows what was written and what not. */
async function endSegment(
  reading: Reading,
  name: SegmentName,
  scan: Scan,
  length: number,
  keep: number,
): Promise<void> {
  const { files, clock, readyBytes, found } = reading
  // What a ready file holds behind the last head that can be read is not known to be of this segment.
  const isReady = readyBytes > 0 && length >= readyBytes
  const known = [...scan.records.map((r) => r.end), ...scan.damage.map((d) => d.to).filter((to) => to < length)]
  found.tornBytes += (isReady ? known.reduce((most, at) => Math.max(most, at), keep) : length) - keep
  if (keep === 0) return files.remove(name.name, true)
  const mark = Buffer.alloc(HEADER_BYTES)
  encodeGroup(mark, [endItem(clock.nowMs())], name.salt)
  try {
    await files.open(name.name)
    await files.write(mark, keep)
    await files.sync()
    await files.truncate(name.name, keep + HEADER_BYTES)
  } catch {
    // The disk is full: the next start ends the segment here again.
    await files.truncate(name.name, keep)
  }
}

function note(record: LogRecord, segment: Segment, ledger: Ledger): void {
  if (record.type === 'seal') ledger.readSeal(record.payload)
  else if (record.type === 'checkpoint') ledger.readCheckpoint(record.payload)
  else if (record.type === 'void') ledger.readVoid(record.payload)
  else if (record.type === 'data') {
    segment.last = Math.max(segment.last, record.sequence)
    segment.oldestMs = Math.min(segment.oldestMs, record.receivedAtMs)
    if (!record.timeless) segment.seen.push({ hash: record.hash, receivedAtMs: record.receivedAtMs })
  }
}

async function readSeen(files: Files, name: string, sinceMs: number, found: Found): Promise<void> {
  const bytes = Buffer.from(await files.read(name))
  let newestMs = 0
  for (let at = 0; at + SEEN_ROW_BYTES <= bytes.length; at += SEEN_ROW_BYTES) {
    const receivedAtMs = readU64(bytes, at + HASH_BYTES)
    newestMs = Math.max(newestMs, receivedAtMs)
    if (receivedAtMs >= sinceMs) found.seen.push({ hash: bytes.toString('latin1', at, at + HASH_BYTES), receivedAtMs })
  }
  found.seenFiles.push({ name, newestMs })
}

/** The hashes of a segment that is about to be deleted, as the bytes of its `.seen` file. */
export function encodeSeen(segment: Segment, sinceMs: number): Buffer {
  const rows = segment.seen.filter((s) => s.receivedAtMs >= sinceMs)
  const out = Buffer.alloc(rows.length * SEEN_ROW_BYTES)
  for (const [i, row] of rows.entries()) {
    out.write(row.hash, i * SEEN_ROW_BYTES, HASH_BYTES, 'latin1')
    writeU64(out, i * SEEN_ROW_BYTES + HASH_BYTES, row.receivedAtMs)
  }
  return out
}
