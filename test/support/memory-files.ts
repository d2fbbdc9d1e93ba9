import type { Files } from '../../services/ingest/log/files.ts'

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
  failNext: 'write' | 'sync' | 'create' | null = null

  constructor(random: () => number) {
    this.#random = random
  }

  #fail(call: 'write' | 'sync' | 'create'): void {
    if (this.failNext !== call) return
    this.failNext = null
    throw Object.assign(new Error(call === 'write' ? 'ENOSPC' : 'EIO'), { code: call === 'write' ? 'ENOSPC' : 'EIO' })
  }

  /** The folder as one process sees it: after a crash its calls never return. */
  session(): Files {
    const own = ++this.#session
    const alive = <A extends unknown[], R>(call: (...args: A) => Promise<R>) => {
      return (...args: A): Promise<R> => (own === this.#session ? call(...args) : new Promise<R>(() => {}))
    }
    return {
      list: alive(this.list),
      read: alive(this.read),
      put: alive(this.put),
      remove: alive(this.remove),
      truncate: alive(this.truncate),
      create: alive(this.create),
      write: alive(this.write),
      sync: alive(this.sync),
      space: alive(this.space),
      close: alive(this.close),
    }
  }

  list = async () => [...this.files.keys()]
  read = async (name: string) => Buffer.from(this.files.get(name)!.bytes)
  put = async (name: string, bytes: Uint8Array) => {
    this.files.set(name, { bytes: Buffer.from(bytes), synced: null })
  }
  remove = async (name: string) => {
    const entry = this.files.get(name)
    if (entry?.synced) this.#deleted.set(name, entry.synced)
    this.files.delete(name)
  }
  truncate = async (name: string, bytes: number) => {
    const entry = this.files.get(name)!
    entry.bytes = entry.bytes.subarray(0, bytes)
  }
  create = async (name: string, sync: boolean) => {
    this.#fail('create')
    this.files.set(name, { bytes: Buffer.alloc(0), synced: sync ? Buffer.alloc(0) : null })
    this.#open = name
  }
  write = async (bytes: Uint8Array, at: number) => {
    const entry = this.files.get(this.#open!)!
    const fails = this.failNext === 'write'
    const part = fails ? bytes.subarray(0, Math.floor(this.#random() * bytes.length)) : bytes
    entry.bytes = Buffer.concat([entry.bytes.subarray(0, at), part])
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
      const extends_ = bytes.length > synced.length && bytes.subarray(0, synced.length).equals(synced)
      const keep = extends_ ? synced.length + Math.floor(this.#random() * (bytes.length - synced.length + 1)) : 0
      entry.bytes = extends_ ? Buffer.from(bytes.subarray(0, keep)) : Buffer.from(synced)
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
