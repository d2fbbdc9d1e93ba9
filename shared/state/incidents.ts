import type { Incident, IncidentState } from '../model/alert.ts'
import type { Context } from '../runtime/service.ts'
import { equal, iso, type Page, type Paged, pageOf } from './page.ts'
import type { State, Tx } from './state.ts'

export type IncidentFilter = {
  service?: string | undefined
  environment?: string | undefined
  deploy_id?: string | undefined
  state?: IncidentState | undefined
  severity?: Incident['severity'] | undefined
  /** Bounds on `started_at`, from inclusive, to exclusive. */
  fromMs?: number | undefined
  toMs?: number | undefined
}

type Row = { id: string; document: string }
const read = (row: Row) => JSON.parse(row.document) as Incident

/** Incidents that were told (or are silenced, or nobody is there to tell), newest first. */
export async function listIncidents(
  state: State,
  filter: IncidentFilter = {},
  page: Page = {},
): Promise<Paged<Incident>> {
  const where = { sql: ["state <> 'pending'"], values: [] as (string | number)[] }
  equal(where, 'service', filter.service)
  equal(where, 'environment', filter.environment)
  equal(where, 'deploy_id', filter.deploy_id)
  equal(where, 'state', filter.state)
  equal(where, 'severity', filter.severity)
  if (filter.fromMs !== undefined) {
    where.sql.push('started_at_ms >= ?')
    where.values.push(filter.fromMs)
  }
  if (filter.toMs !== undefined) {
    where.sql.push('started_at_ms < ?')
    where.values.push(filter.toMs)
  }
  const rows = await pageOf<Row>(state, {
    table: 'incidents',
    columns: 'id, document',
    timeColumn: 'started_at_ms',
    where,
    page,
  })
  return { items: rows.items.map(read), next: rows.next }
}

/** Null where there is no such incident, or it has not lasted long enough to be one. */
export async function getIncident(tx: Tx, id: string): Promise<Incident | null> {
  const row = await tx.get<Row>("SELECT id, document FROM incidents WHERE id = ? AND state <> 'pending'", id)
  return row ? read(row) : null
}

/** Says that somebody is on it: it is not repeated. The first acknowledgement stands. */
export function acknowledgeIncident(
  context: Pick<Context, 'state' | 'clock'>,
  id: string,
  by: string,
): Promise<Incident | null> {
  const at = iso(context.clock.nowMs())
  return change(context, id, (incident) =>
    incident.acknowledged_at === null
      ? { ...incident, acknowledged_at: at, acknowledged_by: by.slice(0, 200) }
      : incident,
  )
}

/** Sets the note, or takes it away with null. At most 10 000 characters are kept. */
export function noteIncident(
  context: Pick<Context, 'state' | 'clock'>,
  id: string,
  note: string | null,
): Promise<Incident | null> {
  return change(context, id, (incident) => ({ ...incident, note: note === null ? null : note.slice(0, 10_000) }))
}

function change(
  context: Pick<Context, 'state' | 'clock'>,
  id: string,
  edit: (incident: Incident) => Incident,
): Promise<Incident | null> {
  const nowMs = context.clock.nowMs()
  return context.state.transaction(async (tx) => {
    const before = await getIncident(tx, id)
    if (!before) return null
    const edited = edit(before)
    if (edited === before) return before
    const after = { ...edited, updated_at: iso(nowMs) }
    await tx.run('UPDATE incidents SET document = ?, updated_at_ms = ? WHERE id = ?', JSON.stringify(after), nowMs, id)
    return after
  })
}
