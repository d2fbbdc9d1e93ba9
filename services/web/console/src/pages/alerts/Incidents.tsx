import { Link } from '@tanstack/react-router'
import type { Incident } from '../../lib/types.ts'
import { useWrite } from '../../lib/writes.ts'
import { StateBadge } from '../../ui/Badge.tsx'
import { DeployLink, ServiceLink } from '../../ui/Bits.tsx'
import { Empty } from '../../ui/Feedback.tsx'
import { Icon } from '../../ui/Icon.tsx'
import { Said } from '../../ui/Said.tsx'
import { Ago, At } from '../../ui/Time.tsx'

/** Takes an incident, so that others know; the messages stop repeating. */
export function Acknowledge({ incident }: { incident: Incident }) {
  const write = useWrite<Incident>()
  if (incident.acknowledged_at) {
    return (
      <span className="faint nowrap">
        <Icon name="check" size={12} /> taken by {incident.acknowledged_by ?? 'somebody'},{' '}
        <Ago at={incident.acknowledged_at} />
      </span>
    )
  }
  if (incident.state !== 'firing') return null
  return (
    <>
      <button
        type="button"
        className="button primary"
        disabled={write.busy}
        onClick={() => write.run({ path: `/incidents/${encodeURIComponent(incident.id)}/ack` })}
      >
        Acknowledge
      </button>
      <Said error={write.error} />
    </>
  )
}

export function Incidents({ items }: { items: Incident[] }) {
  if (items.length === 0) {
    return (
      <Empty title="Nobody was told anything">
        <p>
          An incident opens when a deploy regresses or a signal leaves its baseline. Make sure somebody hears of it: add
          a <Link to="/settings/channels">channel</Link>.
        </p>
      </Empty>
    )
  }
  const sorted = [...items].sort(
    (a, b) =>
      Number(a.state === 'resolved') - Number(b.state === 'resolved') || b.started_at.localeCompare(a.started_at),
  )
  return (
    <ul className="plain-list stack">
      {sorted.map((incident) => (
        <li key={incident.id} className={`card incident incident-${incident.state}`}>
          <div className="incident-main">
            <div className="incident-tags">
              <StateBadge state={incident.state} />
              <span className="faint">{incident.severity}</span>
            </div>
            <h2>
              <Link to="/incidents/$id" params={{ id: incident.id }}>
                {incident.title}
              </Link>
            </h2>
            <p className="faint">
              <ServiceLink service={incident.service} environment={incident.environment} /> ·{' '}
              {incident.environment || 'no environment'} ·{' '}
              {incident.deploy_id ? (
                <DeployLink id={incident.deploy_id} version={incident.version} commit={incident.commit} />
              ) : (
                'no deploy nearby'
              )}{' '}
              · {incident.anomaly_ids.length} {incident.anomaly_ids.length === 1 ? 'signal' : 'signals'} · began{' '}
              <At at={incident.started_at} />
              {incident.resolved_at && (
                <>
                  {' '}
                  · resolved <Ago at={incident.resolved_at} />
                </>
              )}
            </p>
          </div>
          <div className="incident-side">
            <Acknowledge incident={incident} />
          </div>
        </li>
      ))}
    </ul>
  )
}
