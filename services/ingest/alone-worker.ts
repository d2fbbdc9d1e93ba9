import type { Worker } from 'node:worker_threads'
import { startWorker } from '../../shared/runtime/worker.ts'
import type { AloneRequest, AloneResult, DecodeAlone } from './alone.ts'
import { DecodeError } from './decode/index.ts'
import type { Limits } from './decode/limits.ts'

export type ThreadCall = { limits: Partial<Limits>; request: AloneRequest }
export type ThreadAnswer = { result: AloneResult } | { error: { message: string; isDecode: boolean } }

type Waiting = { resolve: (result: AloneResult) => void; reject: (error: Error) => void }

/** Decodes large bodies in a thread that starts with the first of them. Bodies wait for each other. */
export function aloneInThread(limits: Partial<Limits>): DecodeAlone {
  let worker: Worker | null = null
  let waiting: Waiting[] = []
  const start = () => {
    const started = startWorker('alone-thread', import.meta.url)
    const ended = (error: Error) => {
      if (worker !== started) return
      worker = null
      for (const call of waiting.splice(0)) call.reject(error)
    }
    started.on('message', (answer: ThreadAnswer) => {
      const call = waiting.shift()
      if (waiting.length === 0) started.unref()
      if ('result' in answer) call?.resolve(answer.result)
      else call?.reject(answer.error.isDecode ? new DecodeError(answer.error.message) : new Error(answer.error.message))
    })
    started.on('error', ended)
    started.on('exit', () => ended(new Error('the decoder of large bodies has ended')))
    waiting = []
    return started
  }
  return (request) =>
    new Promise((resolve, reject) => {
      worker ??= start()
      worker.ref()
      waiting.push({ resolve, reject })
      worker.postMessage({ limits, request } satisfies ThreadCall)
    })
}
