import { randomBytes } from 'node:crypto'
import type { Delivery, DeliveryState } from '../model/alert.ts'
import type { Context } from '../runtime/service.ts'
import { getChannel } from './channels.ts'
import { equal, iso, isoOrNull, type Page, type Paged, pageOf } from './page.ts'
import type { State, Tx } from './state.ts'

export type DeliveryFilter = {
  channel_id?: string | undefined
  incident_id?: string | undefined
  state?: DeliveryState | undefined
  event?: Delivery['event'] | undefined
}

type Document = Pick<Delivery, 'webhook_id' | 'channel_name' | 'last_status' | 'last_error' | 'delivered_at'>
type Row = {
  id: string
  channel_id: string
  incident_id: string | null
  event: Delivery['event']
  state: DeliveryState
  attempts: number
  next_attempt_ms: number | null
  created_at_ms: number
  document: string
}

export const DELIVERY_COLUMNS =
  'id, channel_id, incident_id, event, state, attempts, next_attempt_ms, created_at_ms, document'

const numberOrNull = (value: number | null) => (value === null ? null : Number(value))

export function readDelivery(row: Row): Delivery {
  const document = JSON.parse(row.document) as Document
  return {
    id: row.id,
    webhook_id: document.webhook_id,
    channel_id: row.channel_id,
    channel_name: document.channel_name,
    incident_id: row.incident_id,
    event: row.event,
    state: row.state,
    attempts: Number(row.attempts),
    last_status: document.last_status,
    last_error: document.last_error,
    next_attempt_at: row.state === 'pending' ? isoOrNull(numberOrNull(row.next_attempt_ms)) : null,
    created_at: iso(Number(row.created_at_ms)),
    delivered_at: document.delivered_at,
  }
}

/** What the outbox takes: everything a message needs, so that every try says the same. */
export type NewDelivery = {
  id: string
  webhookId: string
  channel: { id: string; name: string }
  incidentId: string | null
  /** Order inside one incident. */
  sequence: number
  event: Delivery['event']
  payload: string
  nowMs: number
}

/** Puts a delivery into the outbox, in the caller's transaction. @returns false where it stands there already */
export async function enqueue(tx: Tx, d: NewDelivery): Promise<boolean> {
  const document: Document = {
    webhook_id: d.webhookId,
    channel_name: d.channel.name,
    last_status: null,
    last_error: null,
    delivered_at: null,
  }
  const added = await tx.run(
    `INSERT INTO deliveries (id, channel_id, incident_id, sequence, event, state, attempts, next_attempt_ms, created_at_ms, document, payload)
     VALUES (?, ?, ?, ?, ?, 'pending', 0, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`,
    d.id,
    d.channel.id,
    d.incidentId,
    d.sequence,
    d.event,
    d.nowMs,
    d.nowMs,
    JSON.stringify(document),
    d.payload,
  )
  return added > 0
}

/** Deliveries, newest first; `state: 'dead'` lists the dead letters. */
export async function listDeliveries(
  state: State,
  filter: DeliveryFilter = {},
  page: Page = {},
): Promise<Paged<Delivery>> {
  const where = { sql: [] as string[], values: [] as (string | number)[] }
  equal(where, 'channel_id', filter.channel_id)
  equal(where, 'incident_id', filter.incident_id)
  equal(where, 'state', filter.state)
  equal(where, 'event', filter.event)
  const rows = await pageOf<Row>(state, {
    table: 'deliveries',
    columns: DELIVERY_COLUMNS,
    timeColumn: 'created_at_ms',
    where,
    page,
  })
  return { items: rows.items.map(readDelivery), next: rows.next }
}

export async function getDelivery(tx: Tx, id: string): Promise<Delivery | null> {
  const row = await tx.get<Row>(`SELECT ${DELIVERY_COLUMNS} FROM deliveries WHERE id = ?`, id)
  return row ? readDelivery(row) : null
}

/**
 * Sends a delivery again from the first try of the schedule, under the same ids, so that a receiver that had it knows.
 * @returns null where there is no such delivery; one that is still waiting is left as it is
 */
export function replayDelivery(context: Pick<Context, 'state' | 'clock'>, id: string): Promise<Delivery | null> {
  return context.state.transaction(async (tx) => {
    await tx.run(
      "UPDATE deliveries SET state = 'pending', attempts = 0, next_attempt_ms = ?, claimed_by = NULL, claim_until_ms = NULL WHERE id = ? AND state <> 'pending'",
      context.clock.nowMs(),
      id,
    )
    return getDelivery(tx, id)
  })
}

/** The payload of a test: rendered with an example incident when it is sent, and marked as a test. */
export const TEST_PAYLOAD = '{"test":true}'

/** Queues a true-looking message marked as a test. @returns null where there is no such channel */
export function enqueueTest(context: Pick<Context, 'state' | 'clock'>, channelId: string): Promise<Delivery | null> {
  const nowMs = context.clock.nowMs()
  const token = randomBytes(9).toString('hex')
  return context.state.transaction(async (tx) => {
    const channel = await getChannel(tx, channelId)
    if (!channel) return null
    const id = `dlv_${token}`
    await enqueue(tx, {
      id,
      webhookId: `msg_${token}`,
      channel,
      incidentId: null,
      sequence: 0,
      event: 'test',
      payload: TEST_PAYLOAD,
      nowMs,
    })
    return getDelivery(tx, id)
  })
}
