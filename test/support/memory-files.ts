import type { Files } from '../../services/ingest/log/files.ts'

const PAGE_BYTES = 64
type Alive = <A extends unknown[], R>(call: (...args: A) => Promise<R>) => (...args: A) => Promise<R>
type Entry = { bytes: Buffer; synced: Buffer | null }

/**
 * A folder in memory that keeps apart what was synced and what was only written: `crash` is a power cut. `random` decides
 * what of the unsynced survives; a deleted file may come back.
 */
export class MemoryFiles {
  readonly files = new Map<string, Entry>()
  readonly #deleted = new Map<string, Buffer>()
  readonly #random: () => number
  #open: string | null = null
  #session = 0
  /** The next call of this kind fails. */
  failNext: 'write' | 'sync' | 'create' | 'prepare' | null = null

  constructor(random: () => number) {
    this.#random = random
  }

  #fail(call: 'write' | 'sync' | 'create' | 'prepare'): void {
    if (this.failNext !== call) return
    this.failNext = null
    throw Object.assign(new Error(call === 'write' ? 'ENOSPC' : 'EIO'), { code: call === 'write' ? 'ENOSPC' : 'EIO' })
  }

  /** The folder as one process sees it: after a crash its calls never return. */
  session(): Files {
    const own = ++this.#session
    const alive: Alive = (call) => {
      return (...args) => (own === this.#session ? call(...args) : new Promise(() => {}))
    }
    return {
      list: alive(this.list),
      read: alive(this.read),
      put: alive(this.put),
      remove: alive(this.remove),
      truncate: alive(this.truncate),
      create: alive(this.create),
      open: alive(this.open),
      prepare: (name, from, bytes) => this.#prepare(name, from, bytes, alive),
      write: alive(this.write),
      // What was written a moment ago may be lost before it is synced.
      sync: async () => {
        await Promise.resolve()
        await alive(this.sync)()
      },
      space: alive(this.space),
      close: alive(this.close),
    }
  }

  list = async () => [...this.files.keys()]
  read = async (name: string) => Buffer.from(this.files.get(name)!.bytes)
  put = async (name: string, bytes: Uint8Array) => {
    this.files.set(name, { bytes: Buffer.from(bytes), synced: null })
  }
  remove = async (name: string, sync = false) => {
    const entry = this.files.get(name)
    if (entry?.synced && !sync) this.#deleted.set(name, entry.synced)
    this.files.delete(name)
  }
  truncate = async (name: string, bytes: number) => {
    const entry = this.files.get(name)!
    entry.bytes = entry.bytes.subarray(0, bytes)
    if (entry.synced) entry.synced = entry.synced.subarray(0, bytes)
  }
  create = async (name: string, sync: boolean) => {
    this.#fail('create')
    this.files.set(name, { bytes: Buffer.alloc(0), synced: sync ? Buffer.alloc(0) : null })
    this.#open = name
  }
  open = async (name: string) => {
    this.#fail('create')
    this.#open = name
  }

  /** Two steps, each of them durable: between them a power cut leaves a file of another length. */
  async #prepare(name: string, from: string | null, bytes: number, alive: Alive): Promise<void> {
    const held = from === null ? Buffer.alloc(Math.floor(bytes / 2)) : Buffer.from(this.files.get(from)!.bytes)
    await alive(async () => {
      this.#fail('prepare')
      if (from !== null) this.files.delete(from)
      this.files.set(name, { bytes: held, synced: held })
    })()
    await alive(async () => {
      const whole = Buffer.concat([held.subarray(0, bytes), Buffer.alloc(Math.max(0, bytes - held.length))])
      this.files.set(name, { bytes: whole, synced: whole })
    })()
  }

  write = async (bytes: Uint8Array, at: number) => {
    const entry = this.files.get(this.#open!)!
    const fails = this.failNext === 'write'
    const part = fails ? bytes.subarray(0, Math.floor(this.#random() * bytes.length)) : bytes
    entry.bytes = Buffer.concat([entry.bytes.subarray(0, at), part, entry.bytes.subarray(at + part.length)])
    this.#fail('write')
  }
  sync = async () => {
    this.#fail('sync')
    const entry = this.files.get(this.#open!)!
    entry.synced = Buffer.from(entry.bytes)
  }
  space = async () => ({ freeBytes: 2 ** 40, totalBytes: 2 ** 41 })
  close = async () => {}

  /** Power cut: each file keeps what was synced, and a random part of what was not. */
  crash(): void {
    this.#session += 1
    for (const [name, entry] of [...this.files]) {
      if (entry.synced === null) {
        if (this.#random() < 0.5) this.files.delete(name)
        else entry.synced = entry.bytes.subarray(0, Math.floor(this.#random() * (entry.bytes.length + 1)))
      }
      const { synced, bytes } = entry
      if (synced === null) continue
      const more = bytes.length - synced.length
      const keep = more > 0 ? synced.length + Math.floor(this.#random() * (more + 1)) : synced.length
      entry.bytes = Buffer.concat([synced, bytes.subarray(synced.length, keep)])
      // What was written over reaches the disk page by page, in any order.
      for (let at = 0; at < synced.length; at += PAGE_BYTES)
        if (this.#random() < 0.5) bytes.subarray(0, synced.length).copy(entry.bytes, at, at, at + PAGE_BYTES)
      entry.synced = Buffer.from(entry.bytes)
    }
    for (const [name, bytes] of this.#deleted) {
      if (this.#random() < 0.5) this.files.set(name, { bytes: Buffer.from(bytes), synced: Buffer.from(bytes) })
    }
    this.#deleted.clear()
    this.failNext = null
    this.#open = null
  }

  /** Flips bits of one byte that a crash cannot take. @returns where, or null for an empty folder */
  corrupt(): { name: string; at: number } | null {
    const segments = [...this.files].filter(([name, e]) => name.endsWith('.log') && e.bytes.length > 0)
    const picked = segments[Math.floor(this.#random() * segments.length)]
    if (!picked) return null
    const [name, entry] = picked
    const at = Math.floor(this.#random() * entry.bytes.length)
    const flipped = Buffer.from(entry.bytes)
    flipped[at] = flipped[at]! ^ (1 + Math.floor(this.#random() * 255))
    entry.bytes = flipped
    entry.synced = Buffer.from(flipped)
    return { name, at }
  }
}
