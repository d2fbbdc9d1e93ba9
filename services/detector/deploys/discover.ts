import type { Deploy } from '../../../shared/model/deploy.ts'
import { listDeploys, recordSeen, recordSighting } from '../../../shared/state/deploys.ts'
import type { State } from '../../../shared/state/state.ts'
import type { ServicePresence } from './presence.ts'
import { findSightings } from './sightings.ts'

/** Deploys of a service that presence is compared with. */
const KNOWN_DEPLOYS = 200

/** Records what presence shows of versions, and returns the deploys that are new. */
export async function discoverDeploys(
  state: State,
  presences: readonly ServicePresence[],
  nowMs: number,
): Promise<Deploy[]> {
  const created: Deploy[] = []
  for (const all of presences) {
    const presence = { ...all, rows: all.rows.filter((r) => r.version !== '' || r.commit !== '') }
    if (presence.rows.length === 0) continue
    const known = await knownDeploys(state, presence)
    const { fresh, seen } = findSightings(presence, known)
    for (const sighting of fresh) {
      const told = await recordSighting(state, sighting, nowMs)
      if (told.created) created.push(told.deploy)
    }
    for (const s of seen) {
      const deploy = known.find((d) => d.id === s.deployId)
      const isNews =
        deploy &&
        (deploy.last_seen_at === null ||
          Date.parse(deploy.last_seen_at) < s.lastSeenMs ||
          Date.parse(deploy.first_seen_at ?? deploy.last_seen_at) > s.firstSeenMs)
      if (isNews) await recordSeen(state, s.deployId, s, nowMs)
    }
  }
  return created
}

async function knownDeploys(state: State, of: { service: string; environment: string }): Promise<Deploy[]> {
  const { items } = await listDeploys(state, {
    service: of.service,
    environment: of.environment,
    limit: KNOWN_DEPLOYS,
  })
  return items.reverse()
}
