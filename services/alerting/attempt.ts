import type { Context } from '../../shared/runtime/service.ts'
import { openTarget } from '../../shared/state/channels.ts'
import { iso } from '../../shared/state/page.ts'
import type { ChannelPlugin, ChannelRequest, DeployNotice, Reading, Target } from './channel.ts'
import { exampleNotification } from './example.ts'
import { outcomeOf } from './failure.ts'
import { sendMail } from './mail.ts'
import type { Claimed, Result } from './outbox.ts'
import { runScript } from './run-script.ts'
import { parseRetryAfter } from './schedule.ts'
import { type SendOptions, type Sent, sendHttp } from './send.ts'
import { signatureHeaders } from './sign.ts'
import { threadOf } from './threads.ts'
import type { Notification } from './types.ts'

export type AttemptContext = Pick<Context, 'state' | 'clock' | 'config' | 'log'>

export type AttemptOptions = {
  plugins: ReadonlyMap<string, ChannelPlugin>
  baseUrl: () => string
  send?: Omit<SendOptions, 'allow' | 'keepBody'>
}

type Attempt = { result: Result; channel: { id: string } | null }

/** The most requests that one message may take. */
const MAX_REQUESTS = 4

const nothingSent = (outcome: 'dead' | 'delivered', error: string | null): Result => ({
  ...{ outcome, error, status: null, retryAfterMs: null },
})
const dead = (error: string): Attempt => ({ result: nothingSent('dead', error), channel: null })

/** One try: opens the channel's secret, renders, sends, and classifies what came back. */
export async function attempt(context: AttemptContext, o: AttemptOptions, claimed: Claimed): Promise<Attempt> {
  const opened = await openTarget(context, claimed.channelId)
  if (!opened) return dead('its channel was deleted')
  const { channel } = opened
  if (!channel.enabled && claimed.event !== 'test')
    return dead(
      `its channel is disabled${channel.disabled_reason ? `: ${channel.disabled_reason}` : ''}. Enable it and replay`,
    )
  const plugin = o.plugins.get(channel.kind)
  if (!plugin) return dead(`channels of kind ${channel.kind} cannot be delivered here`)
  const thread = await threadOf(context.state, claimed.incidentId, claimed.channelId)
  const target: Target = { name: channel.name, url: opened.url, secrets: opened.secrets, thread }
  let message: Message | null
  try {
    message = messageOf(context, o, claimed, plugin, target)
  } catch (error) {
    return dead(`its message cannot be rendered: ${(error as Error).message}`)
  }
  if (message === null) return { result: nothingSent('delivered', null), channel }
  return { result: await carry(context, o, claimed, { ...message, plugin, target }), channel }
}

/** What is sent, and what is asked of the plugin about each answer. */
type Message = { request: ChannelRequest; read(sent: Sent, request: ChannelRequest): Reading; keepBody: boolean }

/** Null where this receiver has nothing to be told. */
function messageOf(
  context: AttemptContext,
  o: AttemptOptions,
  claimed: Claimed,
  plugin: ChannelPlugin,
  target: Target,
): Message | null {
  const byStatus = (sent: Sent): Reading => ({ outcome: plugin.classify(sent.status ?? 0) })
  if (claimed.event === 'deploy') {
    const request = plugin.renderDeploy?.(JSON.parse(claimed.payload) as DeployNotice, target)
    return request ? { request, read: byStatus, keepBody: false } : null
  }
  const n = notificationFor(context, o, claimed)
  const request = plugin.render(n, target)
  if (!request) return null
  const read = (sent: Sent, to: ChannelRequest): Reading =>
    plugin.read && to.transport === 'http'
      ? plugin.read({ status: sent.status ?? 0, body: sent.body, retryAfter: sent.retryAfter }, to, n, target)
      : byStatus(sent)
  return { request, read, keepBody: plugin.read !== undefined }
}

/** Sends a message, all its requests in turn as far as they are delivered, within the time of one. */
async function carry(
  context: AttemptContext,
  o: AttemptOptions,
  claimed: Claimed,
  m: Message & { plugin: ChannelPlugin; target: Target },
): Promise<Result> {
  let { request } = m
  let thread: Reading['thread']
  for (let i = 1; ; i++) {
    const sent = await send(context, o, claimed, request, m)
    const reading: Reading = sent.failure
      ? { outcome: outcomeOf(sent.failure), error: sent.failure.message }
      : m.read(sent, request)
    if (reading.thread !== undefined) thread = reading.thread
    if (reading.outcome === 'delivered' && reading.next && i < MAX_REQUESTS) {
      request = reading.next
      continue
    }
    const refused = `${request.transport === 'script' ? 'it ended with exit code' : 'the receiver answered'} ${sent.status}`
    return {
      outcome: reading.outcome,
      status: sent.status,
      error: reading.error ?? (reading.outcome === 'delivered' ? null : refused),
      retryAfterMs: parseRetryAfter(sent.retryAfter, context.clock.nowMs()),
      ...(thread !== undefined && { thread }),
    }
  }
}

function notificationFor(context: AttemptContext, o: AttemptOptions, claimed: Claimed): Notification {
  if (claimed.event === 'test') return exampleNotification(iso(context.clock.nowMs()), o.baseUrl())
  return JSON.parse(claimed.payload) as Notification
}

function send(
  context: AttemptContext,
  o: AttemptOptions,
  claimed: Claimed,
  request: ChannelRequest,
  m: { keepBody: boolean; target: Target },
): Promise<Sent> {
  const options = { ...o.send, allow: context.config.allowPrivateTargets, keepBody: m.keepBody }
  const id = claimed.document.webhook_id
  if (request.transport === 'smtp') return sendMail(request, id, options)
  if (request.transport === 'script') return runScript(context, request, id)
  const signed = signatureHeaders({
    id,
    atMs: context.clock.nowMs(),
    body: request.body,
    secrets: request.signed ? m.target.secrets : [],
  })
  return sendHttp(request, request.signed ? signed : { 'webhook-id': id }, options)
}
