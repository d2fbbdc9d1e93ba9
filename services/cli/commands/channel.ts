import type { Channel, Delivery } from '../../../shared/model/alert.ts'
import { systemClock } from '../../../shared/runtime/clock.ts'
import type { Page } from '../answers.ts'
import { type Client, createClient } from '../client.ts'
import { type CliCommand, exitCodes } from '../command.ts'
import { durationMs } from '../duration.ts'
import { outputOf, paint, plain, print, table, word } from '../output.ts'

type ChannelCreated = Channel & { generated_secret: string | null }
type ChannelList = Page<Channel>

type Json = { json?: boolean }

/** @throws Error that lists the names where there is no such channel */
async function find(client: Client, name: string): Promise<Channel> {
  const { items } = await client.get<ChannelList>('/channels', { limit: 1000 })
  const found = items.find((c) => c.name === name) ?? items.find((c) => c.id === name)
  if (found) return found
  const known =
    items.length === 0
      ? 'there is none yet. Add one with `plumbline channel add`'
      : `there are ${items.map((c) => plain(c.name)).join(', ')}`
  throw new Error(`cannot find channel "${plain(name)}": ${known}`)
}

async function add(
  name: string,
  o: Json & {
    kind: string
    url?: string
    secret?: string
    service?: string[]
    environment?: string[]
    severity?: string[]
  },
): Promise<void> {
  const filter = {
    ...(o.service && { services: o.service }),
    ...(o.environment && { environments: o.environment }),
    ...(o.severity && { severities: o.severity }),
  }
  const created = await createClient().send<ChannelCreated>('POST', '/channels', {
    ...{ name, kind: o.kind },
    ...(o.url && { url: o.url }),
    ...(o.secret && { secret: o.secret }),
    ...(Object.keys(filter).length > 0 && { filter }),
  })
  const out = outputOf(o)
  print(out, created, () =>
    [
      `added ${created.id}`,
      ...(created.generated_secret
        ? [`its secret, shown this once: ${paint(out, 'bold', created.generated_secret)}`]
        : []),
      `try it with \`plumbline channel test ${plain(name)}\``,
    ].join('\n'),
  )
}

async function list(o: Json): Promise<void> {
  const page = await createClient().get<ChannelList>('/channels', { limit: 1000 })
  const out = outputOf(o)
  print(out, page, () =>
    page.items.length === 0
      ? 'no channels: nobody is told of anything. Add one with `plumbline channel add`\n'
      : table(
          ['name', 'kind', 'url', 'state', 'id'],
          page.items.map((c) => [
            ...[plain(c.name, 40), c.kind, plain(c.url, 60)],
            ...[c.enabled ? 'on' : `off${c.disabled_reason ? `: ${plain(c.disabled_reason, 60)}` : ''}`, c.id],
          ]),
        ),
  )
}

const POLL_MS = 500

async function test(name: string, o: Json & { timeout: string }): Promise<number> {
  const client = createClient()
  const channel = await find(client, name)
  let delivery = await client.send<Delivery>('POST', `/channels/${channel.id}/test`)
  const untilMs = systemClock.nowMs() + durationMs(o.timeout)
  while (delivery.state === 'pending' && systemClock.nowMs() < untilMs) {
    await systemClock.sleep(POLL_MS)
    delivery = await client.get<Delivery>(`/deliveries/${delivery.id}`)
  }
  const out = outputOf(o)
  const why = [delivery.last_status, delivery.last_error && plain(delivery.last_error)].filter(Boolean).join(' ')
  print(
    out,
    delivery,
    () =>
      `${word(out, delivery.state)}  ${delivery.attempts} ${delivery.attempts === 1 ? 'try' : 'tries'}${why ? `, last: ${why}` : ''}\n`,
  )
  if (delivery.state === 'delivered') return exitCodes.ok
  return delivery.state === 'dead' ? exitCodes.no : exitCodes.inconclusive
}

async function rotate(name: string, o: Json & { secret?: string }): Promise<void> {
  const client = createClient()
  const channel = await find(client, name)
  const body = o.secret ? { secret: o.secret } : {}
  const rotated = await client.send<ChannelCreated>('POST', `/channels/${channel.id}/rotate`, body)
  const out = outputOf(o)
  const made = rotated.generated_secret
  print(out, rotated, () =>
    [
      ...(made ? [`its new secret, shown this once: ${paint(out, 'bold', made)}`] : ['it has the new secret']),
      ...(rotated.kind === 'webhook' ? ['for 24 hours messages are signed with the old one too'] : []),
    ].join('\n'),
  )
}

const command: CliCommand = {
  register(program, exit) {
    const channel = program.command('channel').description('where alerts go')
    channel
      .command('add')
      .description('add a channel')
      .argument('<name>')
      .requiredOption('--kind <kind>', 'webhook, slack, pagerduty, alertmanager, teams, email or github')
      .option('--url <url>', 'where to send (may be left out for pagerduty)')
      .option('--secret <secret>', 'its secret; a webhook without is given one')
      .option('--service <name...>', 'only for these services')
      .option('--environment <name...>', 'only for these environments')
      .option('--severity <severity...>', 'only critical, or warning')
      .option('--json', 'print JSON')
      .action(add)
    channel.command('list').description('all channels').option('--json', 'print JSON').action(list)
    channel
      .command('test')
      .description('send a message marked as a test; exits 0 delivered, 1 refused, 2 not yet')
      .argument('<name>', 'name or id of the channel')
      .option('--timeout <span>', 'how long to wait for it', '30s')
      .option('--json', 'print JSON')
      .action(async (name: string, o: Json & { timeout: string }) => exit(await test(name, o)))
    channel
      .command('rotate')
      .description('give a channel a new secret; a webhook is signed with both for 24 hours')
      .argument('<name>', 'name or id of the channel')
      .option('--secret <secret>', 'the new one; a webhook without is given one')
      .option('--json', 'print JSON')
      .action(rotate)
    channel
      .command('remove')
      .description('remove a channel')
      .argument('<name>', 'name or id of the channel')
      .action(async (name: string) => {
        const client = createClient()
        await client.send('DELETE', `/channels/${(await find(client, name)).id}`)
        outputOf({}).write('removed\n')
      })
  },
}

export default command
