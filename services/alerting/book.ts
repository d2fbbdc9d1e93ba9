import type { Incident } from '../../shared/model/alert.ts'
import type { Anomaly } from '../../shared/model/anomaly.ts'
import type { Deploy } from '../../shared/model/deploy.ts'
import { iso, msOf } from '../../shared/state/page.ts'
import type { Tx } from '../../shared/state/state.ts'
import type { Group } from './group.ts'
import { incidentId } from './ids.ts'
import { newTracking, type Timing } from './lifecycle.ts'
import { severityOf } from './severity.ts'
import type { DeployInfo, Signal, TrackedIncident, Tracking } from './types.ts'

/** The incidents' tables, as alerting reads and writes them; always inside the caller's transaction. */
type Row = { id: string; incident_key: string; document: string; tracking: string }

const COLUMNS = 'id, incident_key, document, tracking'
/** More signals in one incident would tell nobody more. */
const MAX_SIGNALS = 200
const MAX_ACTIVE = 1000

const trackedOf = (row: Row, signals: Signal[]): TrackedIncident => ({
  key: row.incident_key,
  incident: JSON.parse(row.document) as Incident,
  tracking: JSON.parse(row.tracking) as Tracking,
  signals,
})

async function read(tx: Tx, row: Row): Promise<TrackedIncident> {
  const signals = await tx.all<{ document: string }>(
    'SELECT document FROM incident_signals WHERE incident_id = ? ORDER BY anomaly_id LIMIT ?',
    row.id,
    MAX_SIGNALS,
  )
  return trackedOf(
    row,
    signals.map((s) => JSON.parse(s.document) as Signal),
  )
}

/** Every incident that is not resolved, with its signals. */
export async function loadActive(tx: Tx): Promise<TrackedIncident[]> {
  const active = "FROM incidents WHERE phase <> 'resolved' ORDER BY id LIMIT ?"
  const rows = await tx.all<Row>(`SELECT ${COLUMNS} ${active}`, MAX_ACTIVE)
  const found = new Map(rows.map((row) => [row.id, trackedOf(row, [])]))
  if (rows.length === 0) return []
  const signals = await tx.all<{ incident_id: string; document: string }>(
    `SELECT incident_id, document FROM incident_signals WHERE incident_id IN (SELECT id ${active}) ORDER BY anomaly_id`,
    MAX_ACTIVE,
  )
  for (const { incident_id, document } of signals) found.get(incident_id)?.signals.push(JSON.parse(document) as Signal)
  return [...found.values()]
}

async function load(tx: Tx, id: string): Promise<TrackedIncident | null> {
  const row = await tx.get<Row>(`SELECT ${COLUMNS} FROM incidents WHERE id = ?`, id)
  return row ? read(tx, row) : null
}

/** The incident that holds this anomaly already. */
export async function holderOf(tx: Tx, anomalyId: string): Promise<TrackedIncident | null> {
  const row = await tx.get<{ incident_id: string }>(
    'SELECT incident_id FROM incident_signals WHERE anomaly_id = ?',
    anomalyId,
  )
  return row ? load(tx, row.incident_id) : null
}

/** The incident that a new anomaly of this group joins: the active one, else the last where it is to be opened again. */
export async function findByKey(
  tx: Tx,
  group: Group,
  anomaly: Anomaly,
  timing: Timing,
): Promise<TrackedIncident | null> {
  const row = await tx.get<Row>(
    `SELECT ${COLUMNS} FROM incidents WHERE incident_key = ?
     ORDER BY CASE WHEN phase <> 'resolved' THEN 0 ELSE 1 END, updated_at_ms DESC, id LIMIT 1`,
    group.key,
  )
  if (!row) return null
  const found = await read(tx, row)
  if (found.tracking.phase !== 'resolved' || group.deployId !== null) return found
  const lastMs = Math.max(...found.signals.map((s) => msOf(s.ended_at ?? s.updated_at)))
  return Math.abs(msOf(anomaly.started_at) - lastMs) <= timing.reopenWithinMs ? found : null
}

export function newIncident(group: Group, a: Anomaly, nowMs: number): TrackedIncident {
  const at = iso(nowMs)
  return {
    key: group.key,
    tracking: newTracking(nowMs),
    signals: [],
    incident: {
      id: incidentId(group.key, a.id),
      service: group.service,
      services: [a.service],
      environment: group.environment,
      deploy_id: group.deployId,
      version: group.version,
      commit: group.commit,
      commits: a.deploy?.id === group.deployId ? (a.deploy?.commits ?? []) : [],
      state: 'firing',
      severity: severityOf(a),
      title: '',
      anomaly_ids: [],
      started_at: a.started_at,
      resolved_at: null,
      acknowledged_at: null,
      acknowledged_by: null,
      note: null,
      created_at: at,
      updated_at: at,
    },
  }
}

/** @returns false where the incident is full and the signal is not kept */
export async function putSignal(tx: Tx, to: TrackedIncident, signal: Signal): Promise<boolean> {
  const i = to.signals.findIndex((s) => s.id === signal.id)
  if (i < 0 && to.signals.length >= MAX_SIGNALS) return false
  if (i < 0) to.signals.push(signal)
  else to.signals[i] = signal
  await tx.run(
    `INSERT INTO incident_signals (anomaly_id, incident_id, document) VALUES (?, ?, ?)
     ON CONFLICT (anomaly_id) DO UPDATE SET document = excluded.document`,
    signal.id,
    to.incident.id,
    JSON.stringify(signal),
  )
  return true
}

/** What people see: `pending` until it fired once, or was over before anybody could be told. */
const shownState = (t: TrackedIncident, dropped: boolean) =>
  t.tracking.episode === 0 && !dropped ? 'pending' : t.incident.state

export async function save(tx: Tx, t: TrackedIncident, nowMs: number, dropped = false): Promise<void> {
  const { incident } = t
  await tx.run(
    `INSERT INTO incidents (id, incident_key, service, environment, deploy_id, state, phase, severity, started_at_ms, updated_at_ms, document, tracking)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET state = excluded.state, phase = excluded.phase, severity = excluded.severity, started_at_ms = excluded.started_at_ms,
       updated_at_ms = excluded.updated_at_ms, document = excluded.document, tracking = excluded.tracking`,
    incident.id,
    t.key,
    incident.service,
    incident.environment,
    incident.deploy_id,
    shownState(t, dropped),
    t.tracking.phase,
    incident.severity,
    msOf(incident.started_at),
    nowMs,
    JSON.stringify(incident),
    JSON.stringify(t.tracking),
  )
}

export async function deployInfo(tx: Tx, id: string | null): Promise<DeployInfo | null> {
  if (id === null) return null
  const row = await tx.get<{ document: string }>('SELECT document FROM deploys WHERE id = ?', id)
  if (!row) return null
  return infoOf(JSON.parse(row.document) as Deploy)
}

/** What messages need of a deploy. */
export function infoOf(d: Deploy): DeployInfo {
  const { id, service, version, commit, base_commit, commits } = d
  const { repository, kind, previous_version, started_at, url, actor } = d
  const rollback_command = d.attributes.rollback_command || null
  return {
    id,
    service,
    version,
    commit,
    base_commit,
    commits,
    repository,
    kind,
    previous_version,
    started_at,
    url,
    actor,
    rollback_command,
  }
}
