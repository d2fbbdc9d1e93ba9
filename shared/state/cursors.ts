import type { Tx } from './state.ts'

/** Where a reader of a table stands, or what it must remember over a restart. Null where nothing was kept. */
export async function getCursor(tx: Tx, name: string): Promise<string | null> {
  const row = await tx.get<{ position: string }>('SELECT position FROM cursors WHERE name = ?', name)
  return row?.position ?? null
}

export async function setCursor(tx: Tx, name: string, position: string, nowMs: number): Promise<void> {
  await tx.run(
    `INSERT INTO cursors (name, position, updated_at_ms) VALUES (?, ?, ?)
     ON CONFLICT (name) DO UPDATE SET position = excluded.position, updated_at_ms = excluded.updated_at_ms`,
    name,
    position,
    nowMs,
  )
}
