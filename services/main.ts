import { runCli } from './cli/run.ts'

// Who reads our output may stop reading, as `| head -1` does: the rest is dropped, and the exit code stays the answer's.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
  })
}

process.exitCode = await runCli(process.argv)
