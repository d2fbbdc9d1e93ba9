import type { Silence } from '../../shared/model/alert.ts'
import type { Anomaly } from '../../shared/model/anomaly.ts'
import type { Signal } from './types.ts'

/** How sure a suspicion must be before an anomaly that is tied to no deploy joins the incident of a suspect. */
export const LEAST_SUSPICION = 0.5

export type Group = {
  key: string
  service: string
  environment: string
  deployId: string | null
  version: string
  commit: string
}

/** Which incident an anomaly belongs to: that of the deploy it is tied to, wherever it hurts; else that of its service. */
export function groupOf(a: Anomaly): Group {
  const { service, environment, deploy } = a
  if (!deploy) {
    const key = `service:${JSON.stringify([service, environment])}`
    return { key, service, environment, deployId: null, version: '', commit: '' }
  }
  const deployed = a.suspects.find((s) => s.deploy_id === deploy.id)?.service ?? service
  return deployGroup(deploy.id, deployed, environment, deploy)
}

/**
 * The incident that an anomaly joins instead, where there is one already: that of a likely suspect for one without a deploy, of a
 * likelier one for a deploy of the same service.
 */
export function suspectedGroup(a: Anomaly): Group | null {
  const best = a.suspects[0]
  if (!best || best.deploy_id === '' || best.deploy_id === a.deploy?.id || best.score < LEAST_SUSPICION) return null
  const own = a.deploy && a.suspects.find((s) => s.deploy_id === a.deploy?.id)
  // A deploy elsewhere that the detector tied it to is its finding, not a guess.
  if (a.deploy && (!own || own.service !== a.service || own.score >= best.score)) return null
  return deployGroup(best.deploy_id, best.service, a.environment, best)
}

const deployGroup = (
  id: string,
  service: string,
  environment: string,
  build: { version: string; commit: string },
): Group => ({ key: `deploy:${id}`, service, environment, deployId: id, version: build.version, commit: build.commit })

/** Whether a silence covers a signal of an incident: every matcher it has must hold. */
export function covers(
  silence: Silence,
  signal: Pick<Signal, 'service' | 'environment' | 'signal' | 'dimension'>,
  deployId: string | null,
): boolean {
  const m = silence.matchers
  return (
    (m.service === undefined || m.service === signal.service) &&
    (m.environment === undefined || m.environment === signal.environment) &&
    (m.signal === undefined || m.signal === signal.signal) &&
    (m.dimension === undefined || m.dimension === signal.dimension) &&
    (m.deploy_id === undefined || m.deploy_id === deployId)
  )
}
