import { run, type Task } from './tasks.ts'

/** A process that draws one world at a time, and then asks for the next. */
process.on('message', (task: Task) => process.send!(run(task)))
