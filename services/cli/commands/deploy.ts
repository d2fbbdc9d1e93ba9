import type { Command } from 'commander'
import type { Deploy } from '../../../shared/model/deploy.ts'
import { systemClock } from '../../../shared/runtime/clock.ts'
import type { DeployItem, DeployList } from '../answers.ts'
import { createClient } from '../client.ts'
import type { CliCommand } from '../command.ts'
import { timeOf } from '../duration.ts'
import { outputOf, plain, print, table, when, word } from '../output.ts'

type Mark = Record<
  'service' | 'environment' | 'version' | 'commit' | 'baseCommit' | 'repository' | 'kind' | 'url' | 'actor' | 'at',
  string | undefined
> & {
  attribute: string[]
  json?: boolean
}

/** `key=value` pairs. @throws Error naming the one that is none */
export function attributesOf(pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=')
      if (at < 1) throw new Error(`cannot use --attribute ${pair}: write key=value`)
      return [pair.slice(0, at), pair.slice(at + 1)]
    }),
  )
}

async function mark(o: Mark): Promise<void> {
  if (!o.service) throw new Error('cannot tell of a deploy: --service is missing. See `plumbline deploy --help`')
  const out = outputOf(o)
  const { service, environment, version, commit, repository, kind, url, actor } = o
  const body = { service, environment, version, commit, repository, kind, url, actor }
  const deploy = await createClient().send<Deploy>('POST', '/deploys', {
    ...Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined)),
    ...(o.baseCommit && { base_commit: o.baseCommit }),
    ...(o.attribute.length > 0 && { attributes: attributesOf(o.attribute) }),
    started_at: timeOf(o.at ?? 'now', systemClock.nowMs()),
  })
  print(
    out,
    deploy,
    () =>
      `${deploy.id}  ${plain(deploy.service)} ${plain(deploy.version || deploy.commit)} since ${when(deploy.started_at)}\n`,
  )
}

async function list(o: Record<string, string> & { json?: boolean }): Promise<void> {
  const out = outputOf(o)
  const { service, environment, commit, limit } = o
  const nowMs = systemClock.nowMs()
  const page = await createClient().get<DeployList>('/deploys', {
    ...{ service, environment, commit, limit },
    from: o.from && timeOf(o.from, nowMs),
    to: o.to && timeOf(o.to, nowMs),
  })
  print(out, page, () =>
    page.items.length === 0
      ? 'no deploys. Tell of one with `plumbline deploy --service … --version …`, or send telemetry with service.version\n'
      : table(
          ['started', 'service', 'environment', 'version', 'commit', 'kind', 'verdict', 'id'],
          page.items.map((d) => [
            ...[
              when(d.started_at),
              plain(d.service, 40),
              plain(d.environment, 20),
              plain(d.version, 24),
              d.commit.slice(0, 10),
            ],
            ...[d.kind, word(out, d.verdict), d.id],
          ]),
        ),
  )
}

async function show(id: string, o: { json?: boolean }): Promise<void> {
  const out = outputOf(o)
  const d = await createClient().get<DeployItem>(`/deploys/${encodeURIComponent(id)}`)
  const commits = d.commits.map(
    (c) => `  ${c.sha.slice(0, 10)}  ${plain(c.author ?? '', 30)}  ${plain(c.message?.split('\n')[0] ?? '', 100)}`,
  )
  print(out, d, () =>
    [
      `${word(out, d.verdict)}  ${plain(d.reason, 1000)}`,
      `${plain(d.service)} ${plain(d.environment)}  ${plain(d.version)} ${d.commit.slice(0, 10)}  ${d.kind}, told by ${d.sources.join(' and ')}`,
      `began ${when(d.started_at)}, seen ${when(d.first_seen_at)} to ${when(d.last_seen_at)}, after ${plain(d.previous_version ?? 'nothing')}`,
      ...commits,
    ].join('\n'),
  )
}

const listing = (command: Command) =>
  command
    .option('--service <name>', 'of this service')
    .option('--environment <name>', 'in this environment')
    .option('--commit <sha>', 'with this commit')
    .option('--from <time>', 'begun since: a time, or 2h')
    .option('--to <time>', 'begun before')
    .option('--limit <n>', 'how many', '20')
    .option('--json', 'print JSON')
    .action(list)

const collect = (value: string, before: string[]) => [...before, value]

const command: CliCommand = {
  register(program) {
    const deploy = program
      .command('deploy')
      .description('tell of a deploy, or look at those that are known')
      .enablePositionalOptions()
      .option('--service <name>', 'service.name')
      .option('--environment <name>', 'deployment.environment.name')
      .option('--version <version>', 'service.version')
      .option('--commit <sha>', 'commit that it runs')
      .option('--base-commit <sha>', 'commit that ran before')
      .option('--repository <url>', 'where the commits are')
      .option('--kind <kind>', 'deploy, config, flag or rollback')
      .option('--url <url>', 'page of the pipeline')
      .option('--actor <name>', 'who did it')
      .option('--at <time>', 'when it began; now when left out')
      .option('--attribute <key=value>', 'anything else to keep, may be repeated', collect, [])
      .option('--json', 'print JSON')
      .action(mark)
    listing(deploy.command('list').description('deploys, newest first'))
    listing(program.command('deploys').description('deploys, newest first, each with its verdict'))
    deploy.command('show').description('one deploy').argument('<id>').option('--json', 'print JSON').action(show)
  },
}

export default command
