import { parentPort } from 'node:worker_threads'
import { decodeAlone } from './alone.ts'
import type { ThreadAnswer, ThreadCall } from './alone-worker.ts'
import { DecodeError } from './decode/index.ts'

/** The thread that decodes large bodies, one after the other. */
parentPort?.on('message', ({ limits, request }: ThreadCall) => {
  try {
    const result = decodeAlone(limits, request)
    const buffers = new Set(result.blocks.map((block) => block.native.buffer as ArrayBuffer))
    parentPort?.postMessage({ result } satisfies ThreadAnswer, [...buffers])
  } catch (error) {
    const { message } = error as Error
    parentPort?.postMessage({ error: { message, isDecode: error instanceof DecodeError } } satisfies ThreadAnswer)
  }
})
