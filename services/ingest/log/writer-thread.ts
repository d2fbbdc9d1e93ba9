import { closeSync, fdatasyncSync, fsyncSync, openSync, writeSync } from 'node:fs'
import { parentPort } from 'node:worker_threads'
import type { WriterAnswer, WriterCall } from './files.ts'

/** The thread that appends to the log: one file open at a time, calls done in order. */
let file: number | null = null

function create(path: string, folder: string, sync: boolean): void {
  if (file !== null) closeSync(file)
  file = null
  file = openSync(path, 'wx', 0o600)
  if (!sync) return
  const directory = openSync(folder, 'r')
  try {
    fsyncSync(directory)
  } finally {
    closeSync(directory)
  }
}

function write(fd: number, bytes: Uint8Array, at: number): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done, bytes.length - done, at + done)
}

function run(call: WriterCall): void {
  if (call.op === 'create') {
    create(call.path, call.folder, call.sync)
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
