import type { Context } from '../../shared/runtime/service.ts'
import { openTarget } from '../../shared/state/channels.ts'
import { iso } from '../../shared/state/page.ts'
import type { ChannelPlugin, HttpRequest, MailRequest } from './channel.ts'
import { exampleNotification } from './example.ts'
import { outcomeOf } from './failure.ts'
import { sendMail } from './mail.ts'
import type { Claimed, Result } from './outbox.ts'
import { parseRetryAfter } from './schedule.ts'
import { type SendOptions, type Sent, sendHttp } from './send.ts'
import { signatureHeaders } from './sign.ts'
import type { Notification } from './types.ts'

export type AttemptContext = Pick<Context, 'state' | 'clock' | 'config'>

export type AttemptOptions = {
  plugins: ReadonlyMap<string, ChannelPlugin>
  baseUrl: () => string
  send?: Omit<SendOptions, 'allow'>
}

type Attempt = { result: Result; channel: { id: string } | null }

const dead = (error: string): Attempt => ({
  result: { outcome: 'dead', status: null, error, retryAfterMs: null },
  channel: null,
})

/** One try: opens the channel's secret, renders, sends, and classifies what came back. */
export async function attempt(context: AttemptContext, o: AttemptOptions, claimed: Claimed): Promise<Attempt> {
  const target = await openTarget(context, claimed.channelId)
  if (!target) return dead('its channel was deleted')
  const { channel } = target
  if (!channel.enabled && claimed.event !== 'test')
    return dead(
      `its channel is disabled${channel.disabled_reason ? `: ${channel.disabled_reason}` : ''}. Enable it and replay`,
    )
  const plugin = o.plugins.get(channel.kind)
  if (!plugin) return dead(`channels of kind ${channel.kind} cannot be delivered here`)
  const at = { name: channel.name, url: target.url, secrets: target.secrets }
  let request: ReturnType<ChannelPlugin['render']>
  try {
    request = plugin.render(notificationFor(context, o, claimed), at)
  } catch (error) {
    return dead(`its message cannot be rendered: ${(error as Error).message}`)
  }
  if (request === null)
    return { result: { outcome: 'delivered', status: null, error: null, retryAfterMs: null }, channel }
  const sent = await send(context, o, claimed, request, target.secrets)
  const outcome = sent.failure ? outcomeOf(sent.failure) : plugin.classify(sent.status ?? 0)
  const error = sent.failure?.message ?? (outcome === 'delivered' ? null : `the receiver answered ${sent.status}`)
  const retryAfterMs = parseRetryAfter(sent.retryAfter, context.clock.nowMs())
  return { result: { outcome, status: sent.status, error, retryAfterMs }, channel }
}

function notificationFor(context: AttemptContext, o: AttemptOptions, claimed: Claimed): Notification {
  if (claimed.event === 'test') return exampleNotification(iso(context.clock.nowMs()), o.baseUrl())
  return JSON.parse(claimed.payload) as Notification
}

function send(
  context: AttemptContext,
  o: AttemptOptions,
  claimed: Claimed,
  request: HttpRequest | MailRequest,
  secrets: readonly string[],
): Promise<Sent> {
  const options = { ...o.send, allow: context.config.allowPrivateTargets }
  const id = claimed.document.webhook_id
  if (request.transport === 'smtp') return sendMail(request, id, options)
  const signed = signatureHeaders({
    id,
    atMs: context.clock.nowMs(),
    body: request.body,
    secrets: request.signed ? secrets : [],
  })
  return sendHttp(request, request.signed ? signed : { 'webhook-id': id }, options)
}
