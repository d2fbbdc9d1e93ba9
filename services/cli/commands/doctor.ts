import type { CliCommand } from '../command.ts'
import { exitCodes } from '../command.ts'
import { examine } from '../doctor.ts'
import { outputOf, paint, print } from '../output.ts'

const command: CliCommand = {
  register(program, exit) {
    program
      .command('doctor')
      .description('look at versions, settings, disk, ports and clock; send a span and read it back')
      .option('--json', 'print JSON')
      .action(async (o: { json?: boolean }) => {
        const out = outputOf(o)
        const findings = await examine()
        const mark = {
          ok: paint(out, 'green', 'ok  '),
          warn: paint(out, 'yellow', 'warn'),
          bad: paint(out, 'red', 'bad '),
        }
        print(out, { findings }, () => findings.map((f) => `${mark[f.state]}  ${f.what}: ${f.detail}`).join('\n'))
        exit(findings.some((f) => f.state === 'bad') ? exitCodes.no : exitCodes.ok)
      })
  },
}

export default command
