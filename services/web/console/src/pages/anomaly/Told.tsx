import { Link } from '@tanstack/react-router'
import { useRead } from '../../lib/queries.ts'
import type { Anomaly, Incident, Page } from '../../lib/types.ts'
import { StateBadge } from '../../ui/Badge.tsx'
import { Loaded } from '../../ui/Feedback.tsx'
import { At } from '../../ui/Time.tsx'

function Of({ incident }: { incident: Incident }) {
  return (
    <li>
      <StateBadge state={incident.state} />
      <div>
        <Link to="/incidents/$id" params={{ id: incident.id }}>
          {incident.title}
        </Link>
      </div>
      <div className="faint">
        <span>
          began <At at={incident.started_at} />
        </span>
        <span>
          {incident.acknowledged_at ? `taken by ${incident.acknowledged_by ?? 'somebody'}` : 'nobody took it'}
        </span>
      </div>
    </li>
  )
}

/** The incidents that hold this anomaly: who was told stands there. */
export function Told({ anomaly }: { anomaly: Anomaly }) {
  const read = useRead<Page<Incident>>('/incidents', { environment: anomaly.environment, limit: 200 })
  return (
    <section className="card pad side-card" aria-label="Incident">
      <h2>Incident</h2>
      <Loaded read={read} lines={2}>
        {(data) => {
          const own = data.items.filter((incident) => incident.anomaly_ids.includes(anomaly.id))
          if (own.length === 0) return <p className="faint">No incident holds it: nobody was told.</p>
          return (
            <ul className="plain-list commits">
              {own.map((incident) => (
                <Of key={incident.id} incident={incident} />
              ))}
            </ul>
          )
        }}
      </Loaded>
    </section>
  )
}
