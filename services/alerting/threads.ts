import type { Tx } from '../../shared/state/state.ts'

/** Where a channel keeps the messages of this incident together; null before the first. */
export async function threadOf(tx: Tx, incidentId: string | null, channelId: string): Promise<string | null> {
  if (incidentId === null) return null
  const row = await tx.get<{ thread: string }>(
    'SELECT thread FROM incident_threads WHERE incident_id = ? AND channel_id = ?',
    incidentId,
    channelId,
  )
  return row?.thread ?? null
}

/** Keeps it; the first stands. Null forgets it, where its messages are gone. */
export async function keepThread(
  tx: Tx,
  at: { incidentId: string; channelId: string },
  thread: string | null,
): Promise<void> {
  const { incidentId, channelId } = at
  if (thread === null)
    await tx.run('DELETE FROM incident_threads WHERE incident_id = ? AND channel_id = ?', incidentId, channelId)
  else
    await tx.run(
      'INSERT INTO incident_threads (incident_id, channel_id, thread) VALUES (?, ?, ?) ON CONFLICT (incident_id, channel_id) DO NOTHING',
      incidentId,
      channelId,
      thread.slice(0, 200),
    )
}
