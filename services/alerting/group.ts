import type { Silence } from '../../shared/model/alert.ts'
import type { Anomaly } from '../../shared/model/anomaly.ts'
import type { Signal } from './types.ts'

/** How sure a suspicion must be before an anomaly without a deploy of its own is laid to it. */
export const LEAST_SUSPICION = 0.5

export type Group = {
  key: string
  service: string
  environment: string
  deployId: string | null
  version: string
  commit: string
}

/**
 * Which incident an anomaly belongs to: that of the deploy that did it, wherever it hurts; else that of its service and
 * environment. A suspect beats the anomaly's own deploy only where both were weighed.
 */
export function groupOf(a: Anomaly): Group {
  const best = a.suspects[0]
  const own = a.deploy
  const ownScore = own ? a.suspects.find((s) => s.deploy_id === own.id)?.score : undefined
  const suspectWins =
    best !== undefined &&
    best.deploy_id !== '' &&
    best.deploy_id !== own?.id &&
    (own ? ownScore !== undefined && best.score > ownScore : best.score >= LEAST_SUSPICION)
  const at = { environment: a.environment }
  if (suspectWins) {
    const { service, version, commit } = best
    return { key: `deploy:${best.deploy_id}`, ...at, service, deployId: best.deploy_id, version, commit }
  }
  if (own)
    return {
      key: `deploy:${own.id}`,
      ...at,
      service: a.service,
      deployId: own.id,
      version: own.version,
      commit: own.commit,
    }
  const key = `service:${JSON.stringify([a.service, a.environment])}`
  return { key, ...at, service: a.service, deployId: null, version: '', commit: '' }
}

/** Whether a silence covers a signal of an incident: every matcher it has must hold. */
export function covers(
  silence: Silence,
  signal: Pick<Signal, 'service' | 'environment' | 'signal'>,
  deployId: string | null,
): boolean {
  const m = silence.matchers
  return (
    (m.service === undefined || m.service === signal.service) &&
    (m.environment === undefined || m.environment === signal.environment) &&
    (m.signal === undefined || m.signal === signal.signal) &&
    (m.deploy_id === undefined || m.deploy_id === deployId)
  )
}
