import { loadConfig } from '../../../shared/runtime/config.ts'
import { open } from '../../up.ts'
import type { CliCommand } from '../command.ts'

const command: CliCommand = {
  register(program) {
    program
      .command('migrate')
      .description('bring the schemas of engine and state up to date, and exit')
      .action(async () => {
        const { store, state } = await open(loadConfig())
        await state.close()
        await store.close()
        process.stdout.write('schemas are up to date\n')
      })
  },
}

export default command
