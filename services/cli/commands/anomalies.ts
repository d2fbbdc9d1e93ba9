import { systemClock } from '../../../shared/runtime/clock.ts'
import type { AnomalyList } from '../answers.ts'
import { createClient } from '../client.ts'
import type { CliCommand } from '../command.ts'
import { timeOf } from '../duration.ts'
import { type Output, outputOf, plain, print, table, when, withUnit, word } from '../output.ts'

type Options = Partial<
  Record<'service' | 'environment' | 'deploy' | 'commit' | 'signal' | 'state' | 'from' | 'to' | 'limit', string>
> & { json?: boolean }

/** Anomalies as a table. */
export const anomalyTable = (out: Output, items: AnomalyList['items']): string =>
  table(
    ['began', 'state', 'service', 'signal', 'of', 'expected', 'observed', 'deploy', 'id'],
    items.map((a) => [
      ...[
        when(a.started_at),
        word(out, a.state),
        plain(a.service, 30),
        a.signal.replaceAll('_', ' '),
        plain(a.dimension, 40),
      ],
      ...[withUnit(a.expected, a.unit), withUnit(a.observed, a.unit)],
      ...[a.deploy ? plain(a.deploy.version || a.deploy.commit.slice(0, 10), 24) : 'none near', a.id],
    ]),
  )

const command: CliCommand = {
  register(program) {
    program
      .command('anomalies')
      .description('what differs from its baseline, newest first')
      .option('--service <name>', 'of this service')
      .option('--environment <name>', 'in this environment')
      .option('--deploy <id>', 'tied to this deploy')
      .option('--commit <sha>', 'or to this commit')
      .option('--signal <name>', 'error_ratio, latency, throughput, …')
      .option('--state <state>', 'open or closed')
      .option('--from <time>', 'not over before: a time, or 2h')
      .option('--to <time>', 'begun before')
      .option('--limit <n>', 'how many', '20')
      .option('--json', 'print JSON')
      .action(async (o: Options) => {
        const { service, environment, deploy, commit, signal, state, limit } = o
        const nowMs = systemClock.nowMs()
        const page = await createClient().get<AnomalyList>('/anomalies', {
          ...{ service, environment, deploy, commit, signal, state, limit },
          from: o.from && timeOf(o.from, nowMs),
          to: o.to && timeOf(o.to, nowMs),
        })
        const out = outputOf(o)
        print(out, page, () => (page.items.length === 0 ? 'no anomalies\n' : anomalyTable(out, page.items)))
      })
  },
}

export default command
