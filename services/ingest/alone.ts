import { Batches, DecodeError, type Encoding, type SealedBlock, type Signal } from './decode/index.ts'
import type { Limits } from './decode/limits.ts'

/**
 * Bodies above this are decoded alone, in a thread: 4 MiB of protobuf take about 40 ms, 64 MiB 700 ms, and nothing else would
 * be answered meanwhile. JSON takes about four times as long.
 */
export const ALONE_BYTES: Record<Encoding, number> = { protobuf: 4 * 1024 * 1024, json: 1024 * 1024 }
/** Numbers kept for the blocks of one such body: 7 tables, and the days that its items lie in. */
export const ALONE_BATCHES = 1024

export type AloneRequest = {
  signal: Signal
  encoding: Encoding
  body: Uint8Array
  receivedAtMs: number
  /** The number of the first block; the others count on. */
  firstBatch: bigint
}
export type KeyedBlock = SealedBlock & { key: string }
export type AloneResult = { decoded: ReturnType<Batches['append']>; blocks: KeyedBlock[] }

/** Decodes one body into blocks of its own. @throws DecodeError */
export type DecodeAlone = (request: AloneRequest) => Promise<AloneResult>

/** As `DecodeAlone`, here and now. */
export function decodeAlone(limits: Partial<Limits>, r: AloneRequest): AloneResult {
  const batches = new Batches(limits)
  const decoded = batches.append(r.signal, r.encoding, r.body, r.receivedAtMs)
  const open = batches.open()
  if (open.length > ALONE_BATCHES)
    throw new DecodeError(`cannot take a body whose items lie on ${open.length} days: ${ALONE_BATCHES} at most`)
  const blocks = open.map(({ key }, i) => ({ ...batches.seal(key, r.firstBatch + BigInt(i)), key }))
  return { decoded, blocks }
}
