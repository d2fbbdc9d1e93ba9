import { short } from '../../shared/runtime/log.ts'
import type { Context } from '../../shared/runtime/service.ts'
import { type AttemptOptions, attempt } from './attempt.ts'
import type { AlertingMetrics } from './metrics.ts'
import { type Claimed, claimDue, settle } from './outbox.ts'

export type DeliverContext = Pick<Context, 'state' | 'clock' | 'config' | 'random' | 'log'>

export type Deliverer = {
  /** Starts what is due; does not wait for its end. */
  pump(): Promise<void>
  /** Resolves when no try is under way. */
  idle(): Promise<void>
  /** Claims nothing more and waits for the tries under way. */
  stop(): Promise<void>
}

export type DelivererOptions = AttemptOptions & {
  owner: string
  metrics?: AlertingMetrics | undefined
  /** How long a try is claimed; longer than it can take. */
  claimMs?: number | undefined
}

/** Tries one delivery and writes what came of it. */
async function deliverOne(context: DeliverContext, o: DelivererOptions, claimed: Claimed): Promise<void> {
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
    status: result.status,
    ...(result.error ? { error: short(result.error) } : {}),
  }
  if (settled.state === 'dead') context.log.error(fields, 'a message could not be delivered and is a dead letter')
  else
    context.log.info(
      fields,
      settled.state === 'delivered' ? 'a message was delivered' : 'a message will be tried again',
    )
}

/** Works off the outbox: claims, sends, settles. A slow receiver holds up nobody but itself. */
export function createDeliverer(context: DeliverContext, o: DelivererOptions): Deliverer {
  const running = new Set<Promise<void>>()
  let stopped = false
  let pumping: Promise<void> | null = null
  let again = false

  const launch = (claimed: Claimed) => {
    const work = () =>
      deliverOne(context, o, claimed).catch((error: Error) => {
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
