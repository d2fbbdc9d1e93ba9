import { loadConfig, unknownSettings } from '../../../shared/runtime/config.ts'
import { stopSignal } from '../../../shared/runtime/lifecycle.ts'
import type { TargetName } from '../../../shared/runtime/service.ts'
import { allTargets, up } from '../../up.ts'
import type { CliCommand } from '../command.ts'
import { nearest } from '../nearest.ts'

/** The first word is a target or a misspelt command: a command of that name would not have come here. */
function parseTargets(names: string[], commands: readonly string[]): TargetName[] {
  const unknown = names.filter((name) => !(allTargets as string[]).includes(name))
  if (unknown.length > 0) {
    const meant = nearest(unknown[0] ?? '', [...commands, ...allTargets])
    throw new Error(
      `cannot start ${unknown.join(', ')}: ${meant ? `did you mean ${meant}? ` : ''}Targets are ${allTargets.join(', ')}; commands are listed by \`plumbline --help\``,
    )
  }
  return names.length === 0 ? allTargets : (names as TargetName[])
}

/** Every address is none to send to: from this machine it is loopback. */
const fromHere = (url: string): string => url.replace('//0.0.0.0:', '//127.0.0.1:').replace('//[::]:', '//[::1]:')

const command: CliCommand = {
  register(program) {
    program
      .command('up', { isDefault: true })
      .argument('[target...]', `which of ${allTargets.join(', ')}; all when none is named`)
      .description('start Plumbline')
      .action(async (names: string[]) => {
        const targets = parseTargets(
          names,
          program.commands.map((c) => c.name()),
        )
        const config = loadConfig()
        const startedMs = performance.now()
        const running = await up(config, targets)
        const { log } = running.context
        const stopped = stopSignal()
        for (const name of unknownSettings()) {
          log.warn({ event: 'unknown_setting', name }, `there is no setting ${name}: see the table in README.md`)
        }
        log.info({ event: 'ready', ...running.urls, startMs: Math.round(performance.now() - startedMs) }, 'ready')
        if (running.urls.otlpHttp && running.urls.web) {
          log.info(
            { event: 'next_step' },
            `send OTLP to ${fromHere(running.urls.otlpHttp)} (OTEL_EXPORTER_OTLP_ENDPOINT), open ${fromHere(running.urls.web)}, or run "npx plumbline demo"`,
          )
        }
        const signal = await stopped
        log.info({ event: 'stopping', signal }, 'stopping')
        await running.stop()
        log.info({ event: 'stopped' }, 'stopped')
        process.exit(0)
      })
  },
}

export default command
