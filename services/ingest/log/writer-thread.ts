import {
  closeSync,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { parentPort } from 'node:worker_threads'
import type { WriterAnswer, WriterCall } from './files.ts'

/** Zeros are written in pieces of so many bytes, with pauses: 20 MB/s at most. */
const PIECE_BYTES = 512 * 1024
const PAUSE_MS = 25

/** A thread that writes for the log: one file open at a time, calls done in order. A second one makes files ready. */
let file: number | null = null

function create(path: string, folder: string, sync: boolean): void {
  if (file !== null) closeSync(file)
  file = null
  file = openSync(path, 'wx', 0o600)
  if (sync) syncFolder(folder)
}

function syncFolder(folder: string): void {
  const directory = openSync(folder, 'r')
  try {
    fsyncSync(directory)
  } finally {
    closeSync(directory)
  }
}

type Prepare = Extract<WriterCall, { op: 'prepare' }>

function prepare(call: Prepare): void {
  try {
    if (call.from !== null) renameSync(call.from, call.path)
    const fd = openSync(call.path, call.from === null ? 'wx+' : 'r+', 0o600)
    try {
      // The name first: a file that came back under its old one after a power cut must hold what it held.
      syncFolder(call.folder)
      resize(fd, call)
    } finally {
      closeSync(fd)
    }
  } catch (error) {
    for (const path of [call.path, call.from]) if (path !== null) rmSync(path, { force: true })
    throw error
  }
}

function resize(fd: number, { bytes, stop }: Prepare): void {
  const { size } = fstatSync(fd)
  if (size > bytes) ftruncateSync(fd, bytes)
  const zeros = Buffer.alloc(PIECE_BYTES)
  for (let at = size; at < bytes; at += PIECE_BYTES) {
    if (at > size) Atomics.wait(stop, 0, 0, PAUSE_MS)
    if (Atomics.load(stop, 0) === 1) throw new Error('cannot make a file ready: the log is closed')
    write(fd, zeros.subarray(0, Math.min(PIECE_BYTES, bytes - at)), at)
    fdatasyncSync(fd)
  }
  fsyncSync(fd)
}

function write(fd: number, bytes: Uint8Array, at: number): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done, bytes.length - done, at + done)
}

function run(call: WriterCall): void {
  if (call.op === 'create') {
    create(call.path, call.folder, call.sync)
  } else if (call.op === 'prepare') {
    prepare(call)
  } else if (call.op === 'open') {
    if (file !== null) closeSync(file)
    file = null
    file = openSync(call.path, 'r+')
  } else if (call.op === 'close') {
    if (file !== null) closeSync(file)
    file = null
  } else if (file === null) {
    throw new Error('cannot append to the log: no segment is open')
  } else if (call.op === 'write') {
    write(file, call.bytes, call.at)
  } else {
    fdatasyncSync(file)
  }
}

parentPort?.on('message', (call: WriterCall) => {
  let error: WriterAnswer['error'] = null
  try {
    run(call)
  } catch (cause) {
    error = { message: (cause as Error).message, code: (cause as NodeJS.ErrnoException).code }
  }
  parentPort?.postMessage({ error } satisfies WriterAnswer)
})
