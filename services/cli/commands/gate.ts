import type { Command } from 'commander'
import { systemClock } from '../../../shared/runtime/clock.ts'
import type { Gate } from '../answers.ts'
import { type Client, createClient, UnreachableError } from '../client.ts'
import { type CliCommand, exitCodes } from '../command.ts'
import { durationMs } from '../duration.ts'
import { type Output, outputOf, plain, print, word } from '../output.ts'

type Options = {
  service: string
  environment?: string
  version?: string
  commit?: string
  wait?: boolean
  timeout: string
  every: string
  json?: boolean
}

const EVERY_LEAST_MS = 250

/** The exit code of a gate's answer: no difference and improvements pass, a regression fails, all else is not known. */
export const exitOf = (gate: Gate): number =>
  gate.data.ok ? exitCodes.ok : gate.data.verdict === 'regressed' ? exitCodes.no : exitCodes.inconclusive

/** Asks until there is an answer or the time is over. An instance that restarts meanwhile is waited for as well. */
export async function waitForGate(
  ask: () => Promise<Gate>,
  o: {
    timeoutMs: number
    everyMs: number
    nowMs(): number
    sleep(ms: number): Promise<void>
    note(text: string): void
  },
): Promise<Gate> {
  const untilMs = o.nowMs() + o.timeoutMs
  let said = ''
  for (;;) {
    const gate = await ask().catch((error: Error) => {
      if (error instanceof UnreachableError && o.nowMs() < untilMs) return null
      throw error
    })
    if (gate && exitOf(gate) !== exitCodes.inconclusive) return gate
    if (gate && o.nowMs() >= untilMs) return gate
    const reason = gate ? gate.data.reason : 'no answer, asking again'
    if (reason !== said) o.note(`waiting: ${plain(reason)}\n`)
    said = reason
    await o.sleep(Math.max(EVERY_LEAST_MS, Math.min(o.everyMs, untilMs - o.nowMs())))
  }
}

function show(out: Output, gate: Gate): void {
  const { data } = gate
  print(out, gate, () => `${word(out, data.verdict)}  ${plain(data.reason, 1000)}\n`)
}

async function run(client: Client, o: Options): Promise<number> {
  const { service, environment, version, commit } = o
  const out = outputOf(o)
  const ask = () => client.get<Gate>('/gate', { service, environment, version, commit })
  const gate = o.wait
    ? await waitForGate(ask, {
        timeoutMs: durationMs(o.timeout),
        everyMs: durationMs(o.every),
        nowMs: systemClock.nowMs,
        sleep: systemClock.sleep,
        note: out.note,
      })
    : await ask()
  show(out, gate)
  return exitOf(gate)
}

const command: CliCommand = {
  register(program, exit) {
    program
      .command('gate')
      .description('may this release go on? exits 0 yes, 1 no (it regressed), 2 not known (yet), 3 on an error')
      .requiredOption('--service <name>', 'service.name of the release')
      .option('--environment <name>', 'deployment.environment.name')
      .option('--version <version>', 'service.version of the release; the latest deploy when neither is given')
      .option('--commit <sha>', 'or its commit, at least 7 characters')
      .option('--wait', 'ask until it is decided or the time is over')
      .option('--timeout <span>', 'how long to wait; waits where it is given', '15m')
      .option('--every <span>', 'how often to ask', '5s')
      .option('--json', 'print the answer as JSON')
      .action(async (o: Options, self: Command) => {
        const wait = o.wait === true || self.getOptionValueSource('timeout') === 'cli'
        exit(await run(createClient(), { ...o, wait }))
      })
  },
}

export default command
