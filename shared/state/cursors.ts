import type { State } from './state.ts'

/** Where a reader of a table stands, or what it must remember over a restart. Null where nothing was kept. */
export async function getCursor(state: State, name: string): Promise<string | null> {
  const row = await state.get<{ position: string }>('SELECT position FROM cursors WHERE name = ?', name)
  return row?.position ?? null
}

export async function setCursor(state: State, name: string, position: string, nowMs: number): Promise<void> {
  await state.run(
    `INSERT INTO cursors (name, position, updated_at_ms) VALUES (?, ?, ?)
     ON CONFLICT (name) DO UPDATE SET position = excluded.position, updated_at_ms = excluded.updated_at_ms`,
    name,
    position,
    nowMs,
  )
}
