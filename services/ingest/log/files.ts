import { mkdirSync } from 'node:fs'
import { open, readdir, readFile, statfs, truncate, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Worker } from 'node:worker_threads'
import { startWorker } from '../../../shared/runtime/worker.ts'

/**
 * What the log needs of a file system: one folder, one file open for appending. An interface, so that a test can put one
 * in its place that forgets what was not synced.
 */
export type Files = {
  list(): Promise<string[]>
  read(name: string): Promise<Uint8Array>
  /** Writes a small whole file. */
  put(name: string, bytes: Uint8Array): Promise<void>
  /** Where `sync` is set it does not come back after a power cut. */
  remove(name: string, sync?: boolean): Promise<void>
  truncate(name: string, bytes: number): Promise<void>
  /** Creates `name`, makes its directory entry durable where `sync` is set, and appends to it from now on. */
  create(name: string, sync: boolean): Promise<void>
  /** Writes to `name`, which there is, from now on. */
  open(name: string): Promise<void>
  /**
   * Makes `name` a file of `bytes` whose space is taken and whose length and name are durable: of the file `from`, whatever it holds, or of
   * zeros. Beside the writes and slowly. Where it fails there is neither of the two.
   */
  prepare(name: string, from: string | null, bytes: number): Promise<void>
  /** Writes all of `bytes` at `at` of the open file. They must not be changed until it has ended; shared memory is not copied. */
  write(bytes: Uint8Array, at: number): Promise<void>
  /** fdatasync of the open file, when the writes that were asked for before it have ended, or failed. */
  sync(): Promise<void>
  /** Of the file system that the folder is on. */
  space(): Promise<{ freeBytes: number; totalBytes: number }>
  close(): Promise<void>
}

export type WriterCall =
  | { op: 'create'; path: string; folder: string; sync: boolean }
  | { op: 'open'; path: string }
  | { op: 'prepare'; path: string; from: string | null; folder: string; bytes: number; stop: Int32Array }
  | { op: 'write'; bytes: Uint8Array; at: number }
  | { op: 'sync' }
  | { op: 'close' }
export type WriterAnswer = { error: { message: string; code: string | undefined } | null }

type Waiting = { resolve: () => void; reject: (error: Error) => void }

/** Calls a thread that answers in order. One that died is started again by the next call. */
function writerThread(): (message: WriterCall) => Promise<void> {
  let worker: Worker | null = null
  let waiting: Waiting[] = []
  const start = () => {
    const started = startWorker('writer-thread', import.meta.url)
    const ended = (error: Error) => {
      if (worker !== started) return
      worker = null
      for (const call of waiting.splice(0)) call.reject(error)
    }
    started.on('message', ({ error }: WriterAnswer) => {
      const call = waiting.shift()
      if (waiting.length === 0) started.unref()
      if (error) call?.reject(Object.assign(new Error(error.message), { code: error.code }))
      else call?.resolve()
    })
    started.on('error', ended)
    started.on('exit', () => ended(new Error('the writer of the ingest log has ended')))
    waiting = []
    return started
  }
  return (message) =>
    new Promise<void>((resolve, reject) => {
      worker ??= start()
      worker.ref()
      waiting.push({ resolve, reject })
      worker.postMessage(message)
    })
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

/**
 * The folder `path` of the file system. Appending happens in a thread of its own: the embedded engine's queries occupy
 * Node's thread pool, and four of them made an fdatasync there wait for 1.4 s.
 */
export function systemFiles(path: string): Files {
  mkdirSync(path, { recursive: true, mode: 0o700 })
  const call = writerThread()
  const beside = writerThread()
  const stop = new Int32Array(new SharedArrayBuffer(4))
  let isBeside = false
  // The thread starts now and not with the first body.
  call({ op: 'close' }).catch(() => {})
  return {
    list: () => readdir(path),
    read: (name) => readFile(join(path, name)),
    put: (name, bytes) => writeFile(join(path, name), bytes, { mode: 0o600 }),
    remove: async (name, sync) => {
      await unlink(join(path, name))
      if (sync) await syncFolder(path)
    },
    truncate: (name, bytes) => truncate(join(path, name), bytes),
    create: (name, sync) => call({ op: 'create', path: join(path, name), folder: path, sync }),
    open: (name) => call({ op: 'open', path: join(path, name) }),
    prepare: (name, from, bytes) => {
      isBeside = true
      const old = from && join(path, from)
      return beside({ op: 'prepare', path: join(path, name), from: old, folder: path, bytes, stop })
    },
    write: (bytes, at) => call({ op: 'write', bytes, at }),
    sync: () => call({ op: 'sync' }),
    space: async () => {
      const { bavail, blocks, bsize } = await statfs(path)
      return { freeBytes: bavail * bsize, totalBytes: blocks * bsize }
    },
    close: async () => {
      Atomics.store(stop, 0, 1)
      Atomics.notify(stop, 0)
      await call({ op: 'close' })
      if (isBeside) await beside({ op: 'close' })
    },
  }
}
