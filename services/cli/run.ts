import { readdirSync } from 'node:fs'
import { dirname, extname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { Command, CommanderError } from 'commander'
import { packageVersion } from '../../shared/runtime/package.ts'
import { type CliCommand, exitCodes } from './command.ts'

/** Finds the commands by reading their folder: one file, one command, a default export. */
async function readCommands(): Promise<CliCommand[]> {
  const folder = join(dirname(fileURLToPath(import.meta.url)), 'commands')
  const files = readdirSync(folder).filter((file) => ['.ts', '.js'].includes(extname(file)) && !file.endsWith('.d.ts'))
  const modules = await Promise.all(files.sort().map((file) => import(pathToFileURL(join(folder, file)).href)))
  return modules.map((module) => module.default as CliCommand)
}

/**
 * Runs one command line.
 * @param argv as the process was given it: two words, then the arguments
 * @returns its exit code; what a command throws is told on standard error
 */
export async function runCli(argv: readonly string[]): Promise<number> {
  const program = new Command('plumbline')
    .description('Deploy-aware observability: OpenTelemetry in, a verdict on every deploy out.')
    .version(packageVersion)
    // `--version` after a command is the command's own: a deploy has a version too.
    .enablePositionalOptions()
    .showHelpAfterError('(--help says what it takes)')
    .exitOverride()
  let exitCode: number = exitCodes.ok
  const commands = await readCommands()
  for (const command of commands) command.register(program, (code) => (exitCode = code))
  try {
    await program.parseAsync([...argv])
    return exitCode
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.error
    process.stderr.write(`plumbline: ${(error as Error).message}\n`)
    return exitCodes.error
  }
}
