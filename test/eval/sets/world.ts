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
export default async function run({ input, out, quick, progress }: EvalOptions): Promise<void> {
  const tasks = tasksOf(COUNTS[quick ? 'quick' : 'full'], input)
  let done = 0
  const told = () => {
    if (++done % 200 === 0) progress(`${done} of ${tasks.length} worlds`)
  }
  const parts = Array.from({ length: PROCESSES }, (_, k) => tasks.filter((_, i) => i % PROCESSES === k))
  const results = (await Promise.all(parts.map((part) => inProcess(part, told)))).flat()
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

function inProcess(tasks: readonly Task[], told: () => void): Promise<Result[]> {
  return new Promise((resolve, reject) => {
    const results: Result[] = []
    const child = fork(join(import.meta.dirname, '../world/worker.ts'))
    child.on('message', (r: Result) => {
      results.push(r)
      if (results.length === tasks.length) child.disconnect()
      told()
    })
    child.on('error', reject)
    child.on('exit', (code) => {
      if (results.length === tasks.length) resolve(results)
      else
        reject(
          new Error(`cannot draw the worlds: a process ended with ${code} after ${results.length} of ${tasks.length}`),
        )
    })
    child.send(tasks)
  })
}
