import type { Channel } from '../../shared/model/alert.ts'
import type { Deploy } from '../../shared/model/deploy.ts'
import type { Context } from '../../shared/runtime/service.ts'
import { listChannels } from '../../shared/state/channels.ts'
import { enqueue } from '../../shared/state/deliveries.ts'
import { iso } from '../../shared/state/page.ts'
import { infoOf } from './book.ts'
import type { DeployNotice } from './channel.ts'
import { deliveryIds } from './ids.ts'

/** An older deploy is history, such as an import, and no news. */
const WITHIN_MS = 3_600_000
/** What telemetry alone has shown waits this long for the event that names its commits. */
const WAIT_FOR_EVENT_MS = 60_000
const MAX_A_PASS = 500

/** Whether a channel wants to hear of this deploy: it was there before it, and its filter names it. Severities do not apply. */
function wantsDeploy(channel: Channel, d: Pick<Deploy, 'service' | 'environment' | 'started_at'>): boolean {
  const { services, environments } = channel.filter ?? {}
  if (!channel.enabled || d.started_at < channel.created_at) return false
  return (
    (!services?.length || services.includes(d.service)) &&
    (!environments?.length || environments.includes(d.environment))
  )
}

/** A restart is no change; the first version that is ever seen is none that anybody made now, unless somebody says so. */
function isNews(d: Deploy, nowMs: number): boolean {
  const announced = d.sources.some((source) => source !== 'telemetry')
  if (d.kind === 'restart' || (!announced && d.previous_version === null)) return false
  return announced || nowMs - Date.parse(d.started_at) >= WAIT_FOR_EVENT_MS
}

const noticeOf = (d: Deploy, baseUrl: string, nowMs: number): DeployNotice => ({
  deploy: { ...infoOf(d), environment: d.environment, commits: d.commits.slice(0, 10) },
  base_url: baseUrl,
  made_at: iso(nowMs),
})

/**
 * Puts a notice of every new deploy into the outbox of each channel of these kinds: once, by an id that is made of both.
 * @returns how many are new
 */
export async function tellDeploys(
  context: Pick<Context, 'state' | 'clock'>,
  o: { kinds: ReadonlySet<string>; baseUrl: string },
): Promise<number> {
  const nowMs = context.clock.nowMs()
  const { items } = await listChannels(context.state, { limit: 1000 })
  const channels = items.filter((c) => o.kinds.has(c.kind) && c.enabled)
  if (channels.length === 0) return 0
  const rows = await context.state.all<{ document: string }>(
    'SELECT document FROM deploys WHERE started_at_ms > ? AND started_at_ms <= ? ORDER BY started_at_ms DESC LIMIT ?',
    ...[nowMs - WITHIN_MS, nowMs, MAX_A_PASS],
  )
  const told = await context.state.all<{ id: string }>(
    "SELECT id FROM deliveries WHERE event = 'deploy' AND created_at_ms > ?",
    nowMs - 2 * WITHIN_MS,
  )
  const known = new Set(told.map((row) => row.id))
  const news = rows.map((row) => JSON.parse(row.document) as Deploy).filter((d) => isNews(d, nowMs))
  const owed = news
    .flatMap((d) => channels.filter((c) => wantsDeploy(c, d)).map((channel) => ({ d, channel })))
    .map((one) => ({ ...one, ids: deliveryIds(`deploy:${one.d.id}`, one.channel.id, 0) }))
    .filter((one) => !known.has(one.ids.id))
  if (owed.length === 0) return 0
  return context.state.transaction(async (tx) => {
    let added = 0
    for (const { d, channel, ids } of owed) {
      const payload = JSON.stringify(noticeOf(d, o.baseUrl, nowMs))
      const delivery = { channel, incidentId: null, sequence: 0, event: 'deploy' as const, payload, nowMs }
      if (await enqueue(tx, { id: ids.id, webhookId: ids.webhook, ...delivery })) added += 1
    }
    return added
  })
}
