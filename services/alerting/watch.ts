import type { Anomaly } from '../../shared/model/anomaly.ts'
import type { Context } from '../../shared/runtime/service.ts'
import { getCursor } from '../../shared/state/cursors.ts'
import { acquireLease, releaseLease } from '../../shared/state/leases.ts'
import { msOf } from '../../shared/state/page.ts'
import { changedSince } from '../../shared/store/anomalies.ts'
import { alert, type Transition } from './alert.ts'
import { isolator } from './isolate.ts'
import type { Timing } from './lifecycle.ts'

export type WatchContext = Pick<Context, 'state' | 'store' | 'clock'>

const CURSOR = 'alerting'
const LEASE = 'alerting'
/** After this long another alerter takes over from one that died. */
const LEASE_MS = 15_000
/** Rows of one detector pass share a time and arrive in any order: what is this close to the last is read again. */
const OVERLAP_MS = 30_000
const BATCH = 500
const BATCHES_A_PASS = 20

/** The cursor of `changedSince` right before a time. */
export const cursorAt = (ms: number): string => Buffer.from(JSON.stringify([Math.max(0, ms), ''])).toString('base64url')

export type Watcher = { pass(): Promise<Transition[]>; release(): Promise<void> }

/** Follows the anomalies' table and keeps the incidents up to it; of several watchers on one state, one works. */
export function createWatcher(
  context: WatchContext,
  o: {
    owner: string
    timing: Timing
    baseUrl: () => string
    /** Hears of an anomaly that cannot be taken into an incident, and of which nobody will be told. */
    onRefused?: (anomaly: Anomaly, error: Error) => void
  },
): Watcher {
  let lease = { fencing: 0, renewMs: 0 }
  let positionMs: number | null = null
  const seen = new Map<string, string>()

  const holdsLease = async (): Promise<boolean> => {
    const nowMs = context.clock.nowMs()
    if (nowMs < lease.renewMs) return true
    const got = await acquireLease(context.state, { name: LEASE, owner: o.owner, ttlMs: LEASE_MS, nowMs })
    if (got.held && got.fencing !== lease.fencing) positionMs = null
    lease = { fencing: got.fencing, renewMs: got.held ? nowMs + LEASE_MS / 3 : 0 }
    return got.held
  }

  const write = (anomalies: readonly Anomaly[], cursorMs: number | null) =>
    alert(context, anomalies, {
      timing: o.timing,
      baseUrl: o.baseUrl(),
      lease: { name: LEASE, fencing: lease.fencing },
      ...(cursorMs !== null && { cursor: { name: CURSOR, position: String(cursorMs) } }),
    })

  let transitions: Transition[] = []
  let toMs = 0
  const apart = isolator<Anomaly>({
    keyOf: (a) => `${a.id} ${a.updated_at}`,
    write: async (anomalies, isRest) => void transitions.push(...(await write(anomalies, isRest ? toMs : null))),
    refused: (anomaly, error) => o.onRefused?.(anomaly, error),
  })

  const remember = (anomalies: readonly Anomaly[]) => {
    for (const a of anomalies) seen.set(a.id, a.updated_at)
    const fromMs = (positionMs ?? 0) - OVERLAP_MS
    for (const [id, updatedAt] of seen) if (msOf(updatedAt) < fromMs) seen.delete(id)
  }

  const pass = async (): Promise<Transition[]> => {
    if (!(await holdsLease())) return []
    if (positionMs === null) {
      positionMs = Number((await getCursor(context.state, CURSOR)) ?? 0)
      seen.clear()
    }
    transitions = []
    let writtenMs: number = positionMs
    let cursor: string | null = cursorAt(writtenMs - OVERLAP_MS)
    let wrote = false
    for (let i = 0; i < BATCHES_A_PASS; i++) {
      const page = await changedSince(context.store, cursor, BATCH)
      const fresh = page.items.filter((a) => seen.get(a.id) !== a.updated_at)
      toMs = page.items.reduce((max, a) => Math.max(max, msOf(a.updated_at)), writtenMs)
      if (fresh.length > 0) await apart.write(fresh)
      wrote ||= fresh.length > 0
      // Not before it is written: what failed is read again.
      positionMs = writtenMs = toMs
      remember(fresh)
      cursor = page.next
      if (page.items.length < BATCH) break
    }
    if (!wrote && (await someActive(context))) transitions.push(...(await write([], null)))
    return transitions
  }
  return { pass, release: () => releaseLease(context.state, LEASE, o.owner) }
}

const someActive = async (context: WatchContext) =>
  (await context.state.get("SELECT 1 AS one FROM incidents WHERE phase <> 'resolved' LIMIT 1")) !== undefined
