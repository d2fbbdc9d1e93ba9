import type { Verdict } from '../../../shared/model/verdict.ts'
import type { DeployList } from '../answers.ts'
import { type Client, createClient } from '../client.ts'
import type { CliCommand } from '../command.ts'
import { type Output, outputOf, plain, print, table, when, withUnit, word } from '../output.ts'

type Options = { service?: string; environment?: string; version?: string; commit?: string; json?: boolean }

async function idOf(client: Client, id: string | undefined, o: Options): Promise<string> {
  if (id) return id
  if (!o.service) throw new Error('cannot tell which deploy: give its id, or --service (and --version or --commit)')
  const { service, environment, version, commit } = o
  const page = await client.get<DeployList>('/deploys', { service, environment, version, commit, limit: 1 })
  const latest = page.items[0]
  if (!latest) throw new Error(`cannot find a deploy of ${plain(o.service)}. See \`plumbline deploy list\``)
  return latest.id
}

/** A verdict for people: the word, the findings, and what it rests on. */
export function verdictText(out: Output, v: Verdict): string {
  const findings = v.findings.map((f) => [
    ...[f.signal.replaceAll('_', ' '), plain(f.label ?? f.dimension, 40), f.harmful ? 'worse' : 'better'],
    ...[withUnit(f.expected, f.unit), withUnit(f.observed, f.unit), f.q_value.toExponential(1), String(f.n.current)],
    plain(f.reason, 120),
  ])
  const count = (outcome: string) => v.checked.filter((c) => c.outcome === outcome).length
  return [
    `${word(out, v.verdict)}  ${plain(v.reason, 1000)}`,
    `${plain(v.service)} ${plain(v.environment)}  ${plain(v.version)} ${v.commit.slice(0, 10)}  ${v.final ? 'final' : 'still watched'}, decided ${when(v.decided_at)}`,
    ...(findings.length === 0
      ? []
      : ['', table(['signal', 'of', 'is', 'expected', 'observed', 'q', 'n', 'why'], findings).trimEnd()]),
    '',
    `checked ${v.checked.length}: ${count('pass')} pass, ${count('thin')} too thin, ${count('skipped')} skipped`,
    ...(v.power.needs ? [`to decide it needs ${plain(v.power.needs)}`] : []),
    ...v.commits.commits.map(
      (c) => `  ${c.sha.slice(0, 10)}  ${plain(c.author ?? '', 30)}  ${plain(c.message?.split('\n')[0] ?? '', 100)}`,
    ),
  ].join('\n')
}

const command: CliCommand = {
  register(program) {
    program
      .command('verdict')
      .description("a deploy's verdict, with what it found; of the latest deploy where no id is given")
      .argument('[id]', 'id of the deploy')
      .option('--service <name>', 'or the latest of this service')
      .option('--environment <name>', 'in this environment')
      .option('--version <version>', 'of this version')
      .option('--commit <sha>', 'with this commit')
      .option('--json', 'print JSON')
      .action(async (id: string | undefined, o: Options) => {
        const client = createClient()
        const verdict = await client.get<Verdict>(`/deploys/${encodeURIComponent(await idOf(client, id, o))}/verdict`)
        const out = outputOf(o)
        print(out, verdict, () => verdictText(out, verdict))
      })
  },
}

export default command
