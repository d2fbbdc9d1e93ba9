import { mkdirSync } from 'node:fs'
import { readdir, readFile, statfs, truncate, unlink, writeFile } from 'node:fs/promises'
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
  remove(name: string): Promise<void>
  truncate(name: string, bytes: number): Promise<void>
  /** Creates `name`, makes its directory entry durable where `sync` is set, and appends to it from now on. */
  create(name: string, sync: boolean): Promise<void>
  /** Writes all of `bytes` at `at` of the open file. They must not be changed until it has ended; shared memory is not copied. */
  write(bytes: Uint8Array, at: number): Promise<void>
  /** fdatasync of the open file. */
  sync(): Promise<void>
  /** Of the file system that the folder is on. */
  space(): Promise<{ freeBytes: number; totalBytes: number }>
  close(): Promise<void>
}

export type WriterCall =
  | { op: 'create'; path: string; folder: string; sync: boolean }
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

/**
 * The folder `path` of the file system. Appending happens in a thread of its own: the embedded engine's queries occupy
 * Node's thread pool, and four of them made an fdatasync there wait for 1.4 s.
 */
export function systemFiles(path: string): Files {
  mkdirSync(path, { recursive: true, mode: 0o700 })
  const call = writerThread()
  // The thread starts now and not with the first body.
  call({ op: 'close' }).catch(() => {})
  return {
    list: () => readdir(path),
    read: (name) => readFile(join(path, name)),
    put: (name, bytes) => writeFile(join(path, name), bytes, { mode: 0o600 }),
    remove: (name) => unlink(join(path, name)),
    truncate: (name, bytes) => truncate(join(path, name), bytes),
    create: (name, sync) => call({ op: 'create', path: join(path, name), folder: path, sync }),
    write: (bytes, at) => call({ op: 'write', bytes, at }),
    sync: () => call({ op: 'sync' }),
    space: async () => {
      const { bavail, blocks, bsize } = await statfs(path)
      return { freeBytes: bavail * bsize, totalBytes: blocks * bsize }
    },
    close: () => call({ op: 'close' }),
  }
}
