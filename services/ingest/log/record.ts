import { hash } from 'node:crypto'
import type { Encoding, Signal } from '../decode/index.ts'
import { crc32c } from './crc32c.ts'

/**
 * A record: 48 bytes of header, then the payload. Numbers are little-endian.
 *
 *    0  magic "PLR1"            4  CRC-32C of bytes 8..48, seeded with the segment's salt
 *    8  payload bytes          12  type, signal, encoding, flags: 1 the payload is not the body as received, 2 decoded alone,
 *                               4 no item of it has a time, 8 it was written together with the record before it
 *   16  sequence (u64)         24  received at, ms since the epoch (u64)
 *   32  first 16 bytes of SHA-256 over (type, signal, encoding, payload)
 *
 * The CRC covers the hash and the hash covers the payload, so every byte is covered, and the hash that tells re-sends is
 * paid for once. The salt keeps a body from passing for a record when a damaged one before it is skipped. A body that held secrets is
 * kept without them: the hash is still that of the body as received, and the payload is 16 bytes of its own hash, then what is kept.
 */
export const HEADER_BYTES = 48
export const HASH_BYTES = 16
const MAGIC = 0x31524c50
const REWRITTEN = 1
const ALONE = 2
const TIMELESS = 4
const CONTINUES = 8
export const MAGIC_TEXT = 'PLR1'
export const TYPES = ['data', 'seal', 'checkpoint', 'void', 'end'] as const
const SIGNALS = ['traces', 'logs', 'metrics'] as const satisfies Signal[]
const ENCODINGS = ['protobuf', 'json'] as const satisfies Encoding[]

export type RecordType = (typeof TYPES)[number]
export type RecordHead = {
  type: RecordType
  signal: Signal
  encoding: Encoding
  sequence: number
  receivedAtMs: number
  /** 16 bytes as one latin1 string: the key that tells re-sends. */
  hash: string
  /** Decoded by itself: its rows share no block with those of other bodies. */
  alone?: boolean
  /** The payload is what `withOwnHash` made of another body than the one received. */
  rewritten?: boolean
  /** No item came with a time: an equal body is no re-send. */
  timeless?: boolean
  /** Not the first of its group: what stands before it was not yet durable when it was written. */
  continues?: boolean
}
/** `check` is the hash that `payload` must have. `end` is where the next record begins. */
export type LogRecord = RecordHead & { payload: Uint8Array; check: string; offset: number; end: number }

/** The hash of what a record holds; equal for byte-equal bodies of the same path and encoding. */
export function recordHash(type: RecordType, signal: Signal, encoding: Encoding, payload: Uint8Array): string {
  const kind = Buffer.of(TYPES.indexOf(type), SIGNALS.indexOf(signal), ENCODINGS.indexOf(encoding))
  return digest(kind, payload).toString('latin1')
}

/** The payload of a rewritten body: its own hash goes before it. */
export function withOwnHash(signal: Signal, encoding: Encoding, body: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(recordHash('data', signal, encoding, body), 'latin1'), body])
}

function digest(kind: Buffer, payload: Uint8Array): Buffer {
  const inner = hash('sha256', payload, 'buffer')
  return hash('sha256', Buffer.concat([kind, inner]), 'buffer').subarray(0, HASH_BYTES)
}

/** Writes the header of `head` for a payload of `payloadBytes` into `out` at `at`. */
export function writeHeader(out: Buffer, at: number, head: RecordHead, payloadBytes: number, salt: number): void {
  out.writeUInt32LE(MAGIC, at)
  out.writeUInt32LE(payloadBytes, at + 8)
  out[at + 12] = TYPES.indexOf(head.type)
  out[at + 13] = SIGNALS.indexOf(head.signal)
  out[at + 14] = ENCODINGS.indexOf(head.encoding)
  out[at + 15] =
    (head.rewritten ? REWRITTEN : 0) |
    (head.alone ? ALONE : 0) |
    (head.timeless ? TIMELESS : 0) |
    (head.continues ? CONTINUES : 0)
  writeU64(out, at + 16, head.sequence)
  writeU64(out, at + 24, head.receivedAtMs)
  out.write(head.hash, at + 32, HASH_BYTES, 'latin1')
  out.writeUInt32LE(crc32c(out, at + 8, at + HEADER_BYTES, salt), at + 4)
}

/** Writes records one after the other into `out`, as one group: it becomes durable as a whole or was never answered. */
export function encodeGroup(out: Buffer, records: { head: RecordHead; payload: Uint8Array }[], salt: number): void {
  let at = 0
  for (const { head, payload } of records) {
    out.set(payload, at + HEADER_BYTES)
    writeHeader(out, at, at === 0 ? head : { ...head, continues: true }, payload.length, salt)
    at += HEADER_BYTES + payload.length
  }
}

/** The head of a record without a sequence. */
export function controlHead(type: Exclude<RecordType, 'data'>, payload: Uint8Array, nowMs: number): RecordHead {
  const kind = { type, signal: 'traces', encoding: 'json' } as const
  const hash = recordHash(kind.type, kind.signal, kind.encoding, payload)
  return { ...kind, sequence: 0, receivedAtMs: nowMs, hash, alone: false }
}

/** The record after which a segment has nothing more to say, whatever stands there. */
export function endItem(nowMs: number): { head: RecordHead; payload: Uint8Array } {
  const payload = new Uint8Array(0)
  return { head: controlHead('end', payload, nowMs), payload }
}

/** @returns the record at `at`, or null where no whole record with a sound header stands there */
export function readRecord(bytes: Buffer, at: number, salt: number): LogRecord | null {
  if (at + HEADER_BYTES > bytes.length || bytes.readUInt32LE(at) !== MAGIC) return null
  if (crc32c(bytes, at + 8, at + HEADER_BYTES, salt) !== bytes.readUInt32LE(at + 4)) return null
  const payloadBytes = bytes.readUInt32LE(at + 8)
  const type = TYPES[bytes[at + 12]!]
  const signal = SIGNALS[bytes[at + 13]!]
  const encoding = ENCODINGS[bytes[at + 14]!]
  const end = at + HEADER_BYTES + payloadBytes
  if (!type || !signal || !encoding || end > bytes.length) return null
  const flags = bytes[at + 15]!
  const rewritten = (flags & REWRITTEN) !== 0
  const start = at + HEADER_BYTES + (rewritten ? HASH_BYTES : 0)
  const hash = bytes.toString('latin1', at + 32, at + HEADER_BYTES)
  return {
    type,
    signal,
    encoding,
    sequence: readU64(bytes, at + 16),
    receivedAtMs: readU64(bytes, at + 24),
    hash,
    rewritten,
    alone: (flags & ALONE) !== 0,
    timeless: (flags & TIMELESS) !== 0,
    continues: (flags & CONTINUES) !== 0,
    payload: bytes.subarray(start, end),
    check: rewritten ? bytes.toString('latin1', at + HEADER_BYTES, start) : hash,
    offset: at,
    end,
  }
}

export const isSound = (r: LogRecord): boolean => recordHash(r.type, r.signal, r.encoding, r.payload) === r.check

export function writeU64(out: Buffer, at: number, value: number): void {
  out.writeUInt32LE(value >>> 0, at)
  out.writeUInt32LE(Math.floor(value / 2 ** 32), at + 4)
}

export const readU64 = (bytes: Buffer, at: number): number =>
  bytes.readUInt32LE(at) + bytes.readUInt32LE(at + 4) * 2 ** 32
