import type { IncomingMessage } from 'node:http'
import { createGunzip, gunzipSync } from 'node:zlib'
import type { Admission } from '../admission.ts'
import type { Spare } from '../spare.ts'
import { Refusal } from './refusal.ts'

const MIB = 1024 * 1024
/** Small gzip bodies are inflated at once, which costs less than a stream; larger ones must not hold up the event loop. */
const SYNC_GZIP_BYTES = 128 * 1024
const SYNC_INFLATED_BYTES = 2 * MIB
/** Memory is taken before the bytes come up to this length only: what a sender says must not cost more. */
const AT_ONCE_BYTES = 2 * MIB
/** Past 1 MiB a body that inflates more than this is a bomb: telemetry reaches 20 to 60. */
const MAX_RATIO = 200
const RATIO_FROM_BYTES = MIB

export type Body = { bytes: Buffer; release(): void }
/** `memory` is what `bytes` lie in, where it came from the spare. */
type Collected = { bytes: Buffer; memory: Uint8Array<ArrayBuffer> | null }

const tooLarge = (maxBytes: number) =>
  new Refusal(
    413,
    `cannot take the body: it is larger than ${maxBytes / MIB} MiB, also after inflation. Send smaller batches`,
    {
      headers: { connection: 'close' },
    },
  )

const badGzip = (cause: string) => new Refusal(400, `cannot inflate the body: ${cause}`, { violation: 'body' })

/** Which coding the body has. @throws Refusal 415 for one that is not spoken here */
export function codingOf(header: string | undefined): 'gzip' | 'identity' {
  const codings = (header ?? '')
    .toLowerCase()
    .split(',')
    .map((coding) => coding.trim())
    .filter((coding) => coding !== '' && coding !== 'identity')
  if (codings.length === 0) return 'identity'
  if (codings.length === 1 && (codings[0] === 'gzip' || codings[0] === 'x-gzip')) return 'gzip'
  throw new Refusal(415, `cannot read content-encoding ${codings.join(', ').slice(0, 60)}: use gzip or none`, {
    headers: { 'accept-encoding': 'gzip' },
  })
}

/**
 * Reads a request's body and inflates it. Bytes are counted with `admission` while they are held; call `release` when done, and do not
 * look at the bytes any more: their memory, of `spare`, is used for the next body.
 * @throws Refusal 413 as soon as the body, plain or inflated, is over `maxBytes`; 400 for broken gzip; 503 when there is no room
 */
export async function readBody(
  request: IncomingMessage,
  admission: Admission,
  maxBytes: number,
  spare: Spare,
): Promise<Body> {
  const coding = codingOf(request.headers['content-encoding'])
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw tooLarge(maxBytes)
  let held = 0
  const hold = (bytes: number) => {
    admission.take(bytes)
    held += bytes
  }
  let memory: Collected['memory'] = null
  const release = () => {
    admission.give(held)
    held = 0
    if (memory) spare.give(memory)
    memory = null
  }
  try {
    const raw = await collect(request, maxBytes, hold, spare)
    const bytes = coding === 'identity' ? raw.bytes : await inflate(raw.bytes, maxBytes, hold)
    memory = raw.memory
    return { bytes, release }
  } catch (error) {
    release()
    throw error
  }
}

/**
 * The body as it came. By events and not by an async iterator, which costs as much as hashing the body. A body whose length is said and small
 * is put together as it comes.
 */
function collect(
  request: IncomingMessage,
  maxBytes: number,
  hold: (bytes: number) => void,
  spare: Spare,
): Promise<Collected> {
  const said = Number(request.headers['content-length'] ?? 0)
  const memory = said > 0 && said <= AT_ONCE_BYTES ? spare.take(said) : null
  const whole = memory && Buffer.from(memory.buffer, 0, said)
  const chunks: Buffer[] = []
  let total = 0
  return new Promise((resolve, reject) => {
    const done = (error: Error | null) => {
      request.off('data', onData).off('end', onEnd).off('error', done).off('close', onClose)
      if (error) {
        request.pause()
        reject(error)
      } else if (whole) resolve({ bytes: whole, memory })
      else resolve({ bytes: chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, total), memory })
    }
    const onData = (chunk: Buffer) => {
      try {
        if (total + chunk.length > maxBytes) throw tooLarge(maxBytes)
        hold(chunk.length)
      } catch (error) {
        done(error as Error)
        return
      }
      if (whole) chunk.copy(whole, total)
      else chunks.push(chunk)
      total += chunk.length
    }
    const onEnd = () => done(null)
    const onClose = () => done(Object.assign(new Error('aborted'), { code: 'ECONNRESET' }))
    if (request.destroyed) return onClose()
    request.on('data', onData).on('end', onEnd).on('error', done).on('close', onClose)
  })
}

/** Inflates one or several gzip members in a row (RFC 1952). */
export async function inflate(raw: Buffer, maxBytes: number, hold: (bytes: number) => void): Promise<Buffer> {
  if (raw.length <= SYNC_GZIP_BYTES) {
    const bytes = inflateSmall(raw, Math.min(SYNC_INFLATED_BYTES, maxBytes))
    if (bytes) {
      hold(bytes.length)
      return bytes
    }
  }
  return await inflateStream(raw, maxBytes, hold)
}

/** @returns null where the body is too large for this way */
function inflateSmall(raw: Buffer, maxBytes: number): Buffer | null {
  try {
    return gunzipSync(raw, { maxOutputLength: maxBytes })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') return null
    throw badGzip((error as Error).message)
  }
}

async function inflateStream(raw: Buffer, maxBytes: number, hold: (bytes: number) => void): Promise<Buffer> {
  const gunzip = createGunzip({ chunkSize: 256 * 1024 })
  const chunks: Buffer[] = []
  let total = 0
  gunzip.end(raw)
  try {
    for await (const chunk of gunzip as AsyncIterable<Buffer>) {
      total += chunk.length
      const isBomb = total > RATIO_FROM_BYTES && total > raw.length * MAX_RATIO
      if (total > maxBytes || isBomb) throw tooLarge(maxBytes)
      hold(chunk.length)
      chunks.push(chunk)
    }
  } catch (error) {
    gunzip.destroy()
    throw error instanceof Refusal ? error : badGzip((error as Error).message)
  }
  return Buffer.concat(chunks, total)
}
