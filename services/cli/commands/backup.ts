import { cp, mkdir, readdir, stat } from 'node:fs/promises'
import { join, resolve, sep } from 'node:path'
import { loadConfig } from '../../../shared/runtime/config.ts'
import type { Config } from '../../../shared/runtime/settings.ts'
import { openState } from '../../../shared/state/open.ts'
import { openStore } from '../../../shared/store/open.ts'
import type { CliCommand } from '../command.ts'
import { outputOf, print } from '../output.ts'

/** Scratch files, and what `VACUUM INTO` copies in its own way. */
const NOT_COPIED = /^(segments|state\.db(-wal|-shm|-journal)?)$/

/**
 * Copies everything of an embedded Plumbline that is stopped: opening the engine proves that nobody else holds it.
 * On a ClickHouse server only what is here: state, ingest log and key file.
 * @throws Error when the folder is in use, or the target is not empty or lies inside it
 */
export async function backup(config: Config, to: string): Promise<{ to: string; copied: string[] }> {
  const from = resolve(config.dataDir)
  const target = resolve(to)
  if (`${target}${sep}`.startsWith(`${from}${sep}`))
    throw new Error(`cannot back up to ${target}: it lies inside the data folder. Name a folder elsewhere`)
  await mkdir(target, { recursive: true, mode: 0o700 })
  if ((await readdir(target)).length > 0)
    throw new Error(`cannot back up to ${target}: it is not empty. Name a new folder`)
  await stat(from).catch(() => {
    throw new Error(`cannot back up ${from}: there is no such folder. Set PLUMBLINE_DATA_DIR`)
  })
  if (!config.clickhouseUrl) await (await openStore(config)).close()
  const names = (await readdir(from)).filter((name) => !NOT_COPIED.test(name)).sort()
  for (const name of names)
    await cp(join(from, name), join(target, name), { recursive: true, preserveTimestamps: true })
  if (config.stateUrl) return { to: target, copied: names }
  const state = await openState(config)
  try {
    await state.run('VACUUM INTO ?', join(target, 'state.db'))
  } finally {
    await state.close()
  }
  return { to: target, copied: [...names, 'state.db'] }
}

const command: CliCommand = {
  register(program) {
    program
      .command('backup')
      .description('copy the data folder of a stopped Plumbline; start it on the copy with PLUMBLINE_DATA_DIR')
      .requiredOption('--to <folder>', 'a new folder')
      .option('--json', 'print JSON')
      .action(async (o: { to: string; json?: boolean }) => {
        const config = loadConfig()
        const done = await backup(config, o.to)
        const elsewhere = [
          ...(config.clickhouseUrl
            ? ['the telemetry is on the ClickHouse server: back it up there (BACKUP DATABASE)']
            : []),
          ...(config.stateUrl ? ['the state is in PostgreSQL: back it up there (pg_dump)'] : []),
        ]
        print(outputOf(o), { ...done, elsewhere }, () =>
          [`copied ${done.copied.join(', ')} to ${done.to}`, ...elsewhere].join('\n'),
        )
      })
  },
}

export default command
