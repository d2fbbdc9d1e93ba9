import { createRequire } from 'node:module'
import { extname } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Worker } from 'node:worker_threads'

/** A worker from source registers tsx for itself first; Node 20 does not hand loaders down to threads. */
const FROM_SOURCE = `
const { workerData } = require('node:worker_threads')
import(workerData.tsx).then(({ register }) => {
  register()
  return import(workerData.url)
})
`

/** Starts `<name>.ts` beside `base` as a thread, or `<name>.js` where this runs from dist. */
export function startWorker(name: string, base: string): Worker {
  const extension = extname(base)
  const url = new URL(`./${name}${extension}`, base)
  if (extension !== '.ts') return new Worker(url)
  const tsx = pathToFileURL(createRequire(base).resolve('tsx/esm/api')).href.replace(/cjs$/, 'mjs')
  return new Worker(FROM_SOURCE, { eval: true, workerData: { tsx, url: url.href } })
}
