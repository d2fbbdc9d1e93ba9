import { fork } from 'node:child_process'
import { join } from 'node:path'
import { writeTo } from '../lines.ts'
import type { EvalOptions } from '../main.ts'
import { tableOf } from '../world/table.ts'
import { COUNTS, type Result, type Task, tasksOf } from '../world/tasks.ts'

/** Needs no data: it draws its own. */
export const generated = true
const PROCESSES = 2

/** Draws worlds and watches them with the shipped code; one line a world into `out`, the table on stdout. */
export default async function run({ input, out, quick, seed, progress }: EvalOptions): Promise<void> {
  const tasks = tasksOf(COUNTS[quick ? 'quick' : 'full'], input, seed)
  let done = 0
  const told = () => {
    if (++done % 200 === 0) progress(`${done} of ${tasks.length} worlds`)
  }
  // One queue for all: worlds differ in cost by a factor of ten. Each has a seed of its own, so who draws it does not matter.
  const queue = tasks[Symbol.iterator]()
  const results = (await Promise.all(Array.from({ length: PROCESSES }, () => inProcess(queue, told)))).flat()
  const order = new Map(tasks.map((t, i) => [idOf(t), i]))
  results.sort((a, b) => order.get(idOf(a))! - order.get(idOf(b))!)
  if (out) {
    const lines = writeTo(out)
    for (const r of results) lines.line(r)
    await lines.end()
  }
  process.stdout.write(tableOf(results))
}

const idOf = (t: Task): string => `${t.set} ${t.name} ${t.index}`

function inProcess(queue: Iterator<Task>, told: () => void): Promise<Result[]> {
  return new Promise((resolve, reject) => {
    const results: Result[] = []
    let over = false
    const child = fork(join(import.meta.dirname, '../world/worker.ts'))
    const next = () => {
      const { value, done } = queue.next()
      over = done === true
      if (over) child.disconnect()
      else child.send(value)
    }
    child.on('message', (r: Result) => {
      results.push(r)
      told()
      next()
    })
    child.on('error', reject)
    child.on('exit', (code) => {
      if (over) resolve(results)
      else reject(new Error(`cannot draw the worlds: a process ended with ${code} after ${results.length}`))
    })
    next()
  })
}
