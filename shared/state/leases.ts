import type { State, Tx } from './state.ts'

/** `fencing` grows with each change of hands: what an old owner still writes can be told from the new one's. */
export type Lease = { held: boolean; owner: string; fencing: number; expires_at_ms: number }

type Row = { owner: string; expires_at_ms: number; fencing: number }

/**
 * Takes the lease, or renews it where `owner` has it. Call again at a third of `ttlMs`. A lease that ran out goes to who
 * asks first.
 */
export function acquireLease(
  state: State,
  o: { name: string; owner: string; ttlMs: number; nowMs: number },
): Promise<Lease> {
  return state.transaction(async (tx) => {
    const row = await tx.get<Row>('SELECT owner, expires_at_ms, fencing FROM leases WHERE name = ?', o.name)
    if (row && row.owner !== o.owner && Number(row.expires_at_ms) > o.nowMs)
      return { held: false, owner: row.owner, fencing: Number(row.fencing), expires_at_ms: Number(row.expires_at_ms) }
    const fencing = !row ? 1 : Number(row.fencing) + (row.owner === o.owner ? 0 : 1)
    const expiresMs = o.nowMs + o.ttlMs
    await tx.run(
      `INSERT INTO leases (name, owner, expires_at_ms, fencing) VALUES (?, ?, ?, ?)
       ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, expires_at_ms = excluded.expires_at_ms, fencing = excluded.fencing`,
      o.name,
      o.owner,
      expiresMs,
      fencing,
    )
    return { held: true, owner: o.owner, fencing, expires_at_ms: expiresMs }
  })
}

/** Whether the lease is still that of `fencing`: asked inside the transaction that writes what the lease protects. */
export async function stillHeld(tx: Tx, name: string, fencing: number): Promise<boolean> {
  const row = await tx.get<Row>('SELECT owner, expires_at_ms, fencing FROM leases WHERE name = ?', name)
  return row !== undefined && Number(row.fencing) === fencing
}

/** Gives the lease back, so that another need not wait for its end. */
export async function releaseLease(state: State, name: string, owner: string): Promise<void> {
  await state.run('UPDATE leases SET expires_at_ms = 0 WHERE name = ? AND owner = ?', name, owner)
}
