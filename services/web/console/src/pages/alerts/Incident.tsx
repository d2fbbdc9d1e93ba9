import { useQueries } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import { type ApiProblem, call } from '../../lib/api.ts'
import { effect, inUnit } from '../../lib/format.ts'
import { useRead } from '../../lib/queries.ts'
import { useNamedPage } from '../../lib/title.ts'
import type { Anomaly, Delivery, Incident as IncidentDocument, Page } from '../../lib/types.ts'
import { dimensionWord, findingTitle } from '../../lib/words.ts'
import { StateBadge } from '../../ui/Badge.tsx'
import { Facts, PageHead, Section, ServiceLink } from '../../ui/Bits.tsx'
import { Loaded } from '../../ui/Feedback.tsx'
import { Icon } from '../../ui/Icon.tsx'
import { PlumbStrip } from '../../ui/PlumbStrip.tsx'
import { At } from '../../ui/Time.tsx'
import { Deliveries } from './Deliveries.tsx'
import { Acknowledge } from './Incidents.tsx'
import { Note } from './Note.tsx'
import './alerts.css'

/** The anomalies of an incident, at most twenty. */
function useAnomalies(ids: string[]): Anomaly[] {
  const reads = useQueries({
    queries: ids.slice(0, 20).map((id) => ({
      queryKey: [`/anomalies/${id}`],
      queryFn: ({ signal }: { signal: AbortSignal }) =>
        call<Anomaly>(`/anomalies/${encodeURIComponent(id)}`, {}, { signal }),
    })),
  })
  return (reads as { data?: Anomaly; error: ApiProblem | null }[]).flatMap((read) => (read.data ? [read.data] : []))
}

function Signals({ ids }: { ids: string[] }) {
  const anomalies = useAnomalies(ids)
  return (
    <ul className="plain-list signals">
      {anomalies.map((anomaly) => (
        <li key={anomaly.id} className="card pad">
          <h3>
            <Link to="/anomalies/$id" params={{ id: anomaly.id }}>
              {findingTitle(anomaly.evidence.finding)}
            </Link>{' '}
            <code>{anomaly.evidence.finding.label ?? dimensionWord(anomaly.dimension)}</code>
          </h3>
          <p>
            {inUnit(anomaly.expected, anomaly.unit)} → <strong>{inUnit(anomaly.observed, anomaly.unit)}</strong>{' '}
            <span className="faint">
              {anomaly.direction === 'new' || anomaly.direction === 'vanished'
                ? anomaly.direction
                : effect(anomaly.effect, anomaly.effect_unit, anomaly.unit)}
            </span>
          </p>
          <PlumbStrip {...anomaly} />
        </li>
      ))}
    </ul>
  )
}

function Body({ incident }: { incident: IncidentDocument }) {
  useNamedPage(incident.title)
  const deliveries = useRead<Page<Delivery>>('/deliveries', { incident_id: incident.id })
  return (
    <>
      <PageHead title={incident.title}>
        <StateBadge state={incident.state} />
        {incident.deploy_id && (
          <Link to="/deploys/$id" params={{ id: incident.deploy_id }} className="button">
            <Icon name="plumb" size={14} /> Verdict of the deploy
          </Link>
        )}
        <Acknowledge incident={incident} />
      </PageHead>
      <div className="card pad">
        <Facts
          items={[
            ['Service', <ServiceLink key="s" service={incident.service} environment={incident.environment} />],
            ['Environment', incident.environment || 'none'],
            ['Severity', incident.severity],
            ['Began', <At key="b" at={incident.started_at} />],
            ['Resolved', incident.resolved_at ? <At key="r" at={incident.resolved_at} /> : 'not yet'],
            ['Note', <Note key="n" incident={incident} />],
          ]}
        />
      </div>
      <Section title="Signals in it" note={`${incident.anomaly_ids.length}`}>
        <Signals ids={incident.anomaly_ids} />
      </Section>
      <Section title="Who was told">
        <Loaded read={deliveries}>{(data) => <Deliveries items={data.items} ofOne />}</Loaded>
      </Section>
    </>
  )
}

/** One incident: what it holds, who has it, who was told. */
export default function Incident() {
  const { id } = useParams({ strict: false }) as { id: string }
  const read = useRead<IncidentDocument>(`/incidents/${encodeURIComponent(id)}`)
  return (
    <>
      <p className="crumbs">
        <Link to="/alerts">Alerts</Link>
      </p>
      <Loaded read={read}>{(incident) => <Body incident={incident} />}</Loaded>
    </>
  )
}
