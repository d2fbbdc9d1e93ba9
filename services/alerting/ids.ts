import { createHash } from 'node:crypto'

const hash = (...parts: (string | number)[]) =>
  createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 24)

/** Of what began it, so that two alerters that see the same make the same incident. */
export const incidentId = (key: string, firstAnomalyId: string): string => `inc_${hash(key, firstAnomalyId)}`

/** Of incident, channel and place in the incident's order; `webhook` is the receiver's key against repeats. */
export function deliveryIds(incident: string, channel: string, sequence: number): { id: string; webhook: string } {
  const token = hash(incident, channel, sequence)
  return { id: `dlv_${token}`, webhook: `msg_${token}` }
}
