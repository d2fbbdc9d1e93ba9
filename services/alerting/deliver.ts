import { short } from '../../shared/runtime/log.ts'
import type { Context } from '../../shared/runtime/service.ts'
import { openTarget } from '../../shared/state/channels.ts'
import { iso } from '../../shared/state/page.ts'
import type { ChannelPlugin, HttpRequest, MailRequest } from './channel.ts'
import { exampleNotification } from './example.ts'
import { outcomeOf } from './failure.ts'
import { sendMail } from './mail.ts'
import type { AlertingMetrics } from './metrics.ts'
import { type Claimed, claimDue, type Result, settle } from './outbox.ts'
import { parseRetryAfter } from './schedule.ts'
import { type SendOptions, type Sent, sendHttp } from './send.ts'
import { signatureHeaders } from './sign.ts'
import type { Notification } from './types.ts'

export type DeliverContext = Pick<Context, 'state' | 'clock' | 'config' | 'random' | 'log'>

export type Deliverer = {
  /** Starts what is due; does not wait for its end. */
  pump(): Promise<void>
  /** Resolves when no try is under way. */
  idle(): Promise<void>
  /** Claims nothing more and waits for the tries under way. */
  stop(): Promise<void>
}

export type DelivererOptions = {
  owner: string
  plugins: ReadonlyMap<string, ChannelPlugin>
  baseUrl: () => string
  send?: Omit<SendOptions, 'allow'>
  metrics?: AlertingMetrics | undefined
  /** How long a try is claimed; longer than it can take. */
  claimMs?: number | undefined
}

/** Works off the outbox: claims, sends, settles. A slow receiver holds up nobody but itself. */
export function createDeliverer(context: DeliverContext, o: DelivererOptions): Deliverer {
  const running = new Set<Promise<void>>()
  let stopped = false
  let pumping: Promise<void> | null = null
  let again = false

  const one = async (claimed: Claimed) => {
    const startMs = context.clock.nowMs()
    const { result, channel } = await attempt(context, o, claimed)
    const settled = await settle(context, o.owner, claimed, result, channel)
    if (!settled) return
    o.metrics?.observe(settled.state, result, context.clock.nowMs() - startMs)
    const fields = {
      event: 'delivery',
      delivery: claimed.id,
      channel: claimed.channelId,
      state: settled.state,
      attempt: settled.attempts,
    }
    const why = { status: result.status, ...(result.error ? { error: short(result.error) } : {}) }
    if (settled.state === 'dead')
      context.log.error({ ...fields, ...why }, 'a message could not be delivered and is a dead letter')
    else
      context.log.info(
        { ...fields, ...why },
        settled.state === 'delivered' ? 'a message was delivered' : 'a message will be tried again',
      )
  }

  const launch = (claimed: Claimed) => {
    const work = () =>
      one(claimed).catch((error: Error) => {
        // The claim runs out and the delivery is tried again, under the same id.
        const fields = { event: 'delivery_failed', delivery: claimed.id, error: short(String(error.message)) }
        context.log.error(fields, 'a delivery was not settled')
      })
    const job = context.clock.track?.(work) ?? work()
    running.add(job)
    void job.finally(() => {
      running.delete(job)
      if (!stopped) void pump().catch(() => {})
    })
  }

  const pump = async (): Promise<void> => {
    if (stopped) return
    if (pumping) {
      again = true
      return pumping
    }
    pumping = (async () => {
      do {
        again = false
        for (const claimed of await claimDue(context.state, o.owner, context.clock.nowMs(), o.claimMs)) launch(claimed)
      } while (again && !stopped)
    })()
    try {
      await pumping
    } finally {
      pumping = null
    }
  }

  const idle = async () => {
    while (running.size > 0 || pumping) {
      await pumping?.catch(() => {})
      await Promise.all(running)
    }
  }
  return {
    pump,
    idle,
    stop: async () => {
      stopped = true
      await idle()
    },
  }
}

type Attempt = { result: Result; channel: { id: string } | null }

const dead = (error: string): Attempt => ({
  result: { outcome: 'dead', status: null, error, retryAfterMs: null },
  channel: null,
})

/** One try: opens the channel's secret, renders, sends, and classifies what came back. */
async function attempt(context: DeliverContext, o: DelivererOptions, claimed: Claimed): Promise<Attempt> {
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
  const request = plugin.render(notificationFor(context, o, claimed), at)
  if (request === null)
    return { result: { outcome: 'delivered', status: null, error: null, retryAfterMs: null }, channel }
  const sent = await send(context, o, claimed, request, target.secrets)
  const outcome = sent.failure ? outcomeOf(sent.failure) : plugin.classify(sent.status ?? 0)
  const error = sent.failure?.message ?? (outcome === 'delivered' ? null : `the receiver answered ${sent.status}`)
  const retryAfterMs = parseRetryAfter(sent.retryAfter, context.clock.nowMs())
  return { result: { outcome, status: sent.status, error, retryAfterMs }, channel }
}

function notificationFor(context: DeliverContext, o: DelivererOptions, claimed: Claimed): Notification {
  if (claimed.event === 'test') return exampleNotification(iso(context.clock.nowMs()), o.baseUrl())
  return JSON.parse(claimed.payload) as Notification
}

function send(
  context: DeliverContext,
  o: DelivererOptions,
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
