import type { Silence } from '../../shared/model/alert.ts'
import type { Anomaly } from '../../shared/model/anomaly.ts'
import type { Context } from '../../shared/runtime/service.ts'
import { setCursor } from '../../shared/state/cursors.ts'
import { stillHeld } from '../../shared/state/leases.ts'
import { iso } from '../../shared/state/page.ts'
import { activeSilences } from '../../shared/state/silences.ts'
import type { Tx } from '../../shared/state/state.ts'
import { deployInfo, findByKey, holderOf, loadActive, newIncident, putSignal, save } from './book.ts'
import { covers, type Group, groupOf, suspectedGroup } from './group.ts'
import { type Action, step, type Timing } from './lifecycle.ts'
import { tell } from './notify.ts'
import { describe, signalOf, viewOf } from './signals.ts'
import type { Signal, TrackedIncident } from './types.ts'

export type AlertContext = Pick<Context, 'state' | 'clock'>

export type Transition = { incident: string; actions: Action[]; reason: string }

/**
 * Takes changed anomalies into incidents and moves every active incident on: read, decide (pure), write. Transitions and the
 * deliveries that they owe are one transaction, and so is the cursor; the same input twice changes nothing.
 */
export function alert(
  context: AlertContext,
  anomalies: readonly Anomaly[],
  o: {
    timing: Timing
    baseUrl: string
    cursor?: { name: string; position: string } | undefined
    /** The lease that must still be held when this is written. */
    lease?: { name: string; fencing: number } | undefined
  },
): Promise<Transition[]> {
  const nowMs = context.clock.nowMs()
  return context.state.transaction(async (tx) => {
    if (o.lease && !(await stillHeld(tx, o.lease.name, o.lease.fencing))) return []
    const touched = new Map<string, TrackedIncident>()
    const changed = new Set<string>()
    for (const anomaly of anomalies) await take(tx, anomaly, { touched, changed, nowMs, timing: o.timing })
    for (const active of await loadActive(tx)) {
      if (!touched.has(active.incident.id)) touched.set(active.incident.id, active)
    }
    const silences = touched.size > 0 ? await activeSilences(tx, nowMs) : []
    const transitions: Transition[] = []
    for (const tracked of touched.values()) {
      const moved = await move(tx, tracked, { silences, nowMs, ...o, changed: changed.has(tracked.incident.id) })
      if (moved) transitions.push(moved)
    }
    if (o.cursor) await setCursor(tx, o.cursor.name, o.cursor.position, nowMs)
    return transitions
  })
}

type Taking = { touched: Map<string, TrackedIncident>; changed: Set<string>; nowMs: number; timing: Timing }

/** Puts one anomaly into its incident, a new one where there is none. Harmless ones matter only where they were harmful. */
async function take(tx: Tx, anomaly: Anomaly, t: Taking): Promise<void> {
  let incident = await holderOf(tx, anomaly.id)
  if (!incident) {
    if (!anomaly.harmful) return
    incident = await joins(tx, anomaly, t)
  }
  incident = t.touched.get(incident.incident.id) ?? incident
  const before = incident.signals.find((s) => s.id === anomaly.id)
  if (before && before.updated_at > anomaly.updated_at) return
  const signal = signalOf(anomaly, before)
  if (before && JSON.stringify(before) === JSON.stringify(signal)) return
  if (!(await putSignal(tx, incident, signal))) return
  t.touched.set(incident.incident.id, incident)
  t.changed.add(incident.incident.id)
}

/** The incident that a new anomaly joins, a new one where there is none. */
async function joins(tx: Tx, anomaly: Anomaly, t: Taking): Promise<TrackedIncident> {
  const find = async (group: Group) =>
    [...t.touched.values()].find((i) => i.key === group.key && i.tracking.phase !== 'resolved') ??
    (await findByKey(tx, group, anomaly, t.timing))
  const suspected = suspectedGroup(anomaly)
  const there = suspected && (await find(suspected))
  if (there && there.tracking.phase !== 'resolved') return there
  const group = groupOf(anomaly)
  return (await find(group)) ?? newIncident(group, anomaly, t.nowMs)
}

type Moving = { silences: Silence[]; nowMs: number; timing: Timing; baseUrl: string; changed: boolean }

/** One step of one incident, and what it owes. @returns null where nothing but time passed */
async function move(tx: Tx, tracked: TrackedIncident, m: Moving): Promise<Transition | null> {
  const deploy = await deployInfo(tx, tracked.incident.deploy_id)
  const described = describe(tracked.incident, tracked.signals, deploy, iso(m.nowMs))
  const muted = (s: Signal) => m.silences.some((silence) => covers(silence, s, described.deploy_id))
  const view = viewOf(described, tracked.signals, muted)
  const { next, actions, reason } = step(tracked.tracking, view, m.nowMs, m.timing)
  const incident = { ...described }
  if (actions.includes('fire'))
    Object.assign(incident, { state: 'firing', resolved_at: null, acknowledged_at: null, acknowledged_by: null })
  if (actions.includes('resolve') || actions.includes('drop'))
    Object.assign(incident, { state: 'resolved', resolved_at: iso(view.endedMs ?? m.nowMs) })
  if (actions.length > 0) incident.updated_at = iso(m.nowMs)
  const after: TrackedIncident = { ...tracked, incident, tracking: { ...next } }
  for (const action of actions) await tell(tx, after, action, { deploy, muted, nowMs: m.nowMs, baseUrl: m.baseUrl })
  const same =
    !m.changed && described === tracked.incident && JSON.stringify(after.tracking) === JSON.stringify(tracked.tracking)
  if (!same) await save(tx, after, m.nowMs, actions.includes('drop'))
  // Where there is still nobody to tell, that was said when it fired.
  const nobody = actions.length === 1 && actions[0] === 'tell_firing' && !after.tracking.told
  return actions.length > 0 && !nobody ? { incident: incident.id, actions, reason } : null
}
