import type { Context } from '../../shared/runtime/service.ts'
import { openTarget } from '../../shared/state/channels.ts'
import { iso } from '../../shared/state/page.ts'
import alertmanager from './channels/alertmanager.ts'
import { type SendOptions, sendHttp } from './send.ts'
import type { Notification, Tracking } from './types.ts'

type Row = { channel_id: string; payload: string; tracking: string }

const MAX_A_PASS = 500

/** The last thing that each Alertmanager was told of an incident that fires, where that was delivered. */
const STANDING = `SELECT d.channel_id AS channel_id, d.payload AS payload, i.tracking AS tracking
  FROM incidents i JOIN deliveries d ON d.incident_id = i.id JOIN channels c ON c.id = d.channel_id
  WHERE i.phase = 'firing' AND c.kind = 'alertmanager' AND c.enabled = 1 AND d.event = 'firing' AND d.state = 'delivered'
    AND NOT EXISTS (SELECT 1 FROM deliveries e WHERE e.incident_id = i.id AND e.channel_id = d.channel_id AND e.sequence > d.sequence)
  ORDER BY i.id, d.channel_id LIMIT ?`

/**
 * Tells every Alertmanager once more what fires: it forgets its alerts when it restarts, and counts on being told again. Nobody
 * is notified by it, so it is no delivery. An incident that is quiet may be resolved meanwhile and is left out.
 * @returns how many took it
 */
export async function resend(
  context: Pick<Context, 'state' | 'clock' | 'config'>,
  send: Omit<SendOptions, 'allow'> = {},
): Promise<number> {
  const rows = await context.state.all<Row>(STANDING, MAX_A_PASS)
  let taken = 0
  for (const row of rows) {
    if ((JSON.parse(row.tracking) as Tracking).quiet_since_ms !== null) continue
    const target = await openTarget(context, row.channel_id)
    if (!target) continue
    const told = JSON.parse(row.payload) as Notification
    const at = { name: target.channel.name, url: target.url, secrets: target.secrets, thread: null }
    const request = alertmanager.render({ ...told, made_at: iso(context.clock.nowMs()) }, at)
    if (request?.transport !== 'http') continue
    const sent = await sendHttp(request, {}, { ...send, allow: context.config.allowPrivateTargets })
    if (sent.status !== null && alertmanager.classify(sent.status) === 'delivered') taken += 1
  }
  return taken
}
