import type { Clock } from '../../../shared/runtime/clock.ts'
import type { Files } from './files.ts'
import { Ledger } from './ledger.ts'
import { HASH_BYTES, type LogRecord, readU64, writeU64 } from './record.ts'
import { type Damage, parseSegmentName, type SegmentName, scanSegment, tornTail } from './segment.ts'

/** Byte-equal bodies are told as re-sends this long: three times the 300 s for which the Collector retries. */
export const RESEND_WINDOW_MS = 15 * 60_000
const SEEN_ROW_BYTES = HASH_BYTES + 8

/** One file of the log as it is known in memory. `bytes` are those that a crash cannot take any more. */
export type Segment = SegmentName & {
  bytes: number
  last: number
  oldestMs: number
  seen: { hash: string; receivedAtMs: number }[]
}

export type Found = {
  segments: Segment[]
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

/**
 * Reads the log as the last process left it: cuts the tail that a crash tore, sets damaged records aside, collects seals,
 * checkpoints and the hashes of the last 15 minutes. Every payload is verified: 512 MiB take about a second.
 */
export async function findLog(files: Files, clock: Clock): Promise<Found> {
  const found: Found = {
    segments: [],
    ledger: new Ledger(),
    nextSequence: 1,
    nextBatch: 0n,
    firstBatch: 0n,
    seen: [],
    seenFiles: [],
    quarantined: 0,
    tornBytes: 0,
  }
  const names = (await files.list()).sort()
  const segments = names.map(parseSegmentName).filter((name) => name !== null)
  for (const [i, name] of segments.entries()) await readSegment(files, name, i === segments.length - 1, found)
  const sinceMs = clock.nowMs() - RESEND_WINDOW_MS
  for (const name of names.filter((n) => n.endsWith('.seen'))) await readSeen(files, name, sinceMs, found)
  for (const segment of found.segments) found.seen.push(...segment.seen.filter((s) => s.receivedAtMs >= sinceMs))
  found.nextSequence = Math.max(found.nextSequence, found.ledger.highestSequence + 1)
  const { highestBatch } = found.ledger
  if (highestBatch > 0n && highestBatch >= found.nextBatch) found.nextBatch = highestBatch + 1n
  return found
}

async function readSegment(files: Files, name: SegmentName, isLast: boolean, found: Found): Promise<void> {
  const bytes = Buffer.from(await files.read(name.name))
  const scan = scanSegment(bytes, name, true)
  const keep = isLast ? tornTail(scan, bytes.length) : null
  for (const damage of scan.damage) {
    if (keep !== null && damage.from === keep) continue
    await quarantine(files, name.name, bytes, damage)
    found.quarantined += 1
  }
  if (keep !== null) {
    await files.truncate(name.name, keep)
    found.tornBytes += bytes.length - keep
  }
  const segment: Segment = {
    ...name,
    bytes: keep ?? bytes.length,
    last: name.first - 1,
    oldestMs: Number.POSITIVE_INFINITY,
    seen: [],
  }
  for (const record of scan.records) note(record, segment, found.ledger)
  found.segments.push(segment)
  found.nextSequence = Math.max(found.nextSequence, name.first, segment.last + 1)
  // Segments come in the order of writing; of one whose header is damaged no number is known.
  if (found.segments.length === 1) found.firstBatch = scan.nextBatch ?? 0n
  if (scan.nextBatch !== null && scan.nextBatch > found.nextBatch) found.nextBatch = scan.nextBatch
}

function note(record: LogRecord, segment: Segment, ledger: Ledger): void {
  if (record.type === 'seal') ledger.readSeal(record.payload)
  else if (record.type === 'checkpoint') ledger.readCheckpoint(record.payload)
  else if (record.type === 'void') ledger.readVoid(record.payload)
  else {
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
