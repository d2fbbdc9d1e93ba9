import type { CliCommand } from '../command.ts'
import { completionOf, shells } from '../completion.ts'

const command: CliCommand = {
  register(program) {
    program
      .command('completion')
      .description('print what a shell needs to complete our commands and options')
      .argument('<shell>', shells.join(', '))
      .action((shell: string) => {
        process.stdout.write(completionOf(shell, program))
      })
  },
}

export default command
