import type { Channel } from '../../shared/model/alert.ts'
import { listChannels } from '../../shared/state/channels.ts'
import { enqueue } from '../../shared/state/deliveries.ts'
import { iso } from '../../shared/state/page.ts'
import type { Tx } from '../../shared/state/state.ts'
import { deliveryIds } from './ids.ts'
import type { Action } from './lifecycle.ts'
import { notificationOf } from './notification.ts'
import { mergeOvertaken } from './outbox.ts'
import { byWeight } from './severity.ts'
import { toldSignals } from './signals.ts'
import type { DeployInfo, Signal, TrackedIncident } from './types.ts'
import { titleOf } from './wording.ts'

type Telling = { deploy: DeployInfo | null; muted: (s: Signal) => boolean; nowMs: number; baseUrl: string }

/** Whether a channel wants to hear of this incident. */
export function wants(channel: Channel, t: Pick<TrackedIncident, 'incident'>): boolean {
  const f = channel.filter
  if (!channel.enabled) return false
  if (!f) return true
  const { incident } = t
  return (
    (!f.services?.length ||
      incident.services.some((s) => f.services?.includes(s)) ||
      f.services.includes(incident.service)) &&
    (!f.environments?.length || f.environments.includes(incident.environment)) &&
    (!f.severities?.length || f.severities.includes(incident.severity))
  )
}

/** Puts what an action owes into the outbox; moves `tracking.sequence` on, and `told` back where nobody is there to tell. */
export async function tell(tx: Tx, t: TrackedIncident, action: Action, o: Telling): Promise<void> {
  if (action === 'tell_resolved') return tellResolved(tx, t, o)
  if (action !== 'tell_firing' && action !== 'tell_escalated') return
  const told = new Set(action === 'tell_escalated' ? await channelsTold(tx, t, false) : [])
  const channels = (await allChannels(tx)).filter((c) => wants(c, t) && !told.has(c.id))
  for (const channel of channels) await put(tx, t, 'firing', channel, o)
  if (channels.length === 0 && action === 'tell_firing')
    Object.assign(t.tracking, { told: false, told_severity: null, last_told_ms: null })
}

/** `resolved` goes to everyone who was told, or is still being told, that it fires: in this episode. */
async function tellResolved(tx: Tx, t: TrackedIncident, o: Telling): Promise<void> {
  const told = new Set(await channelsTold(tx, t, true))
  const channels = (await allChannels(tx)).filter((c) => told.has(c.id))
  for (const channel of channels) {
    await put(tx, t, 'resolved', channel, o)
    await mergeOvertaken(tx, { incidentId: t.incident.id, channelId: channel.id, nowMs: o.nowMs })
  }
}

async function put(
  tx: Tx,
  t: TrackedIncident,
  event: 'firing' | 'resolved',
  channel: Channel,
  o: Telling,
): Promise<void> {
  const sequence = t.tracking.sequence
  t.tracking.sequence += 1
  const ids = deliveryIds(t.incident.id, channel.id, sequence)
  const signals = toldSignals(t.signals, t.tracking, o.muted)
  const incident = { ...t.incident, title: titleOf(t.incident.services, [...signals].sort(byWeight)[0], o.deploy) }
  const madeAt = iso(o.nowMs)
  const notification = notificationOf({ event, incident, signals, deploy: o.deploy, baseUrl: o.baseUrl, madeAt })
  await enqueue(tx, {
    id: ids.id,
    webhookId: ids.webhook,
    channel,
    incidentId: incident.id,
    sequence,
    event,
    payload: JSON.stringify(notification),
    nowMs: o.nowMs,
  })
}

async function channelsTold(tx: Tx, t: TrackedIncident, withoutDead: boolean): Promise<string[]> {
  const rows = await tx.all<{ channel_id: string }>(
    `SELECT DISTINCT channel_id FROM deliveries WHERE incident_id = ? AND event = 'firing' AND sequence >= ?
     ${withoutDead ? "AND state <> 'dead'" : ''}`,
    t.incident.id,
    t.tracking.episode_sequence,
  )
  return rows.map((row) => row.channel_id)
}

async function allChannels(tx: Tx): Promise<Channel[]> {
  return (await listChannels(tx, { limit: 1000 })).items
}
