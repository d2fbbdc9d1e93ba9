import { run, type Task } from './tasks.ts'

/** A process that draws the worlds it is sent, one after another. */
process.on('message', (tasks: Task[]) => {
  for (const task of tasks) process.send!(run(task))
})
