import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../../../shared/runtime/clock.ts'
import { type Instance, startInstance } from '../../demo/instance.ts'
import { type Notice, openReceiver, type Receiver } from '../../demo/receiver.ts'
import { tellStory } from '../../demo/story.ts'
import { ApiError, type Client, createClient, DEFAULT_URL } from '../client.ts'
import { type CliCommand, exitCodes } from '../command.ts'

type Target = { api: Client; webUrl: string; otlpUrl: string; channelId: string; own: Instance | null }

const say = (line: string) => process.stdout.write(`${line}\n`)

/** What on-call gets, as text. */
function show(notice: Notice): void {
  say(`\n  ┌ webhook ${notice.webhookId}: ${notice.status.toUpperCase()}`)
  for (const { labels, annotations } of notice.alerts) {
    say(`  │ ${annotations.summary ?? labels.alertname}`)
    say(
      `  │   ${labels.service} ${labels.version}, commit ${String(labels.commit).slice(0, 12)}; observed ${annotations.observed}, expected ${annotations.expected}`,
    )
    say(`  │   ${annotations.link ?? ''}`)
  }
  say('  └\n')
}

async function addChannel(api: Client, receiver: Receiver): Promise<string> {
  const channel = await api.send<{ id: string; generated_secret: string }>('POST', '/channels', {
    name: `demo-${receiver.url.split(':').pop()?.split('/')[0]}`,
    kind: 'webhook',
    url: receiver.url,
    filter: { environments: ['demo'] },
  })
  receiver.setSecret(channel.generated_secret)
  return channel.id
}

/** Uses the Plumbline that runs at `url`, if there is one and it may send webhooks to this machine. */
async function targetAt(url: string, receiver: Receiver): Promise<Target | null> {
  const api = createClient({ ...process.env, PLUMBLINE_URL: url })
  try {
    const status = await api.get<{ otlp_http: string }>('/status')
    return { api, webUrl: url, otlpUrl: status.otlp_http, channelId: await addChannel(api, receiver), own: null }
  } catch (error) {
    if (error instanceof ApiError) say(`leaving the Plumbline at ${url} alone: ${error.message}`)
    return null
  }
}

async function startOwn(dataDir: string, receiver: Receiver): Promise<Target> {
  const own = await startInstance({
    PLUMBLINE_DATA_DIR: dataDir,
    PLUMBLINE_OTLP_HTTP_PORT: '0',
    PLUMBLINE_OTLP_GRPC_PORT: '0',
    PLUMBLINE_WEB_PORT: '0',
    PLUMBLINE_ALLOW_PRIVATE_TARGETS: '127.0.0.0/8',
    // The shop's services are warm at once, and whoever watches a demo should not wait.
    PLUMBLINE_SETTLE_MINUTES: '0',
    PLUMBLINE_DETECT_EVERY_S: '5',
    PLUMBLINE_LOG_LEVEL: 'info',
  })
  say(`started a Plumbline of its own for the demo, data in ${dataDir}`)
  const api = createClient({ PLUMBLINE_URL: own.urls.web })
  return { api, webUrl: own.urls.web, otlpUrl: own.urls.otlpHttp, channelId: await addChannel(api, receiver), own }
}

/** Leaves the instance up for a look at the console, until Ctrl-C. */
async function lookAround(target: Target, signal: AbortSignal): Promise<void> {
  say(`\nThe console stays at ${target.webUrl}. Press Ctrl-C to end.`)
  await systemClock.sleep(24 * 3600_000, signal)
}

async function demo(o: { url: string; exit: boolean }): Promise<number> {
  const abort = new AbortController()
  process.once('SIGINT', () => abort.abort())
  process.once('SIGTERM', () => abort.abort())
  const receiver = await openReceiver(show)
  const dataDir = mkdtempSync(join(tmpdir(), 'plumbline-demo-'))
  const target = (await targetAt(o.url, receiver)) ?? (await startOwn(dataDir, receiver))
  say(`console: ${target.webUrl}`)
  try {
    const outcome = await tellStory({
      ...target,
      receiver,
      clock: systemClock,
      random: Math.random,
      say,
      signal: abort.signal,
    })
    say(
      `\nbad deploy → webhook: ${outcome.firingAfterS ?? '–'} s · rollback → resolved: ${outcome.resolvedAfterS ?? '–'} s · harmless deploy: ${outcome.harmless}`,
    )
    if (!o.exit && target.own && process.stdout.isTTY) await lookAround(target, abort.signal)
    return outcome.ok ? exitCodes.ok : exitCodes.no
  } finally {
    if (!target.own) await target.api.send('DELETE', `/channels/${target.channelId}`).catch(() => {})
    await target.own?.stop()
    await receiver.close()
    rmSync(dataDir, { recursive: true, force: true })
  }
}

const command: CliCommand = {
  register(program, exit) {
    program
      .command('demo')
      .description('a small shop under load, a bad deploy, and what on-call gets')
      .option('--url <url>', 'a running Plumbline to use', process.env.PLUMBLINE_URL ?? DEFAULT_URL)
      .option('--exit', 'end when the story is told, instead of leaving the console up', false)
      .action(async (options: { url: string; exit: boolean }) => exit(await demo(options)))
  },
}

export default command
