import { useRead } from '../../lib/queries.ts'
import type { Delivery, Incident, Page, Silence } from '../../lib/types.ts'
import { useSearch, useSetSearch } from '../../lib/useSearch.ts'
import { PageHead, TabPanel, Tabs } from '../../ui/Bits.tsx'
import { Loaded } from '../../ui/Feedback.tsx'
import { Deliveries } from './Deliveries.tsx'
import { Incidents } from './Incidents.tsx'
import { Rules } from './Rules.tsx'
import { Silences } from './Silences.tsx'
import './alerts.css'

function lead(incidents: Incident[], deliveries: Delivery[]): string {
  const firing = incidents.filter((incident) => incident.state === 'firing')
  const open = firing.filter((incident) => !incident.acknowledged_at).length
  const dead = deliveries.filter((delivery) => delivery.state === 'dead').length
  const first = firing.length === 0 ? 'Nothing is firing.' : `${firing.length} firing, ${open} not yet acknowledged.`
  return dead > 0 ? `${first} ${dead} ${dead === 1 ? 'message did' : 'messages did'} not arrive.` : first
}

/** Was I paged, and did it arrive? Incidents, the messages about them, what is silenced, and what would be told to whom. */
export default function Alerts() {
  const search = useSearch()
  const set = useSetSearch()
  const incidents = useRead<Page<Incident>>('/incidents', {
    service: search.service,
    environment: search.env,
    state: search.state,
  })
  const deliveries = useRead<Page<Delivery>>('/deliveries', { incident_id: search.incident })
  const silences = useRead<Page<Silence>>('/silences')
  const open = search.tab ?? (search.silence ? 'silences' : 'incidents')
  const items = [
    { key: 'incidents', title: 'Incidents', count: incidents.data?.items.length },
    { key: 'deliveries', title: 'Deliveries', count: deliveries.data?.items.length },
    { key: 'silences', title: 'Silences', count: silences.data?.items.length },
    { key: 'rules', title: 'Rules' },
  ]
  return (
    <>
      <PageHead title="Alerts" lead={lead(incidents.data?.items ?? [], deliveries.data?.items ?? [])} />
      <Tabs label="Alerting" items={items} open={open} onOpen={(key) => set({ tab: key, silence: null }, true)} />
      <TabPanel open={open}>
        {open === 'incidents' && <Loaded read={incidents}>{(data) => <Incidents items={data.items} />}</Loaded>}
        {open === 'deliveries' && <Loaded read={deliveries}>{(data) => <Deliveries items={data.items} />}</Loaded>}
        {open === 'silences' && <Loaded read={silences}>{(data) => <Silences items={data.items} />}</Loaded>}
        {open === 'rules' && <Loaded read={silences}>{(data) => <Rules silences={data.items} />}</Loaded>}
      </TabPanel>
    </>
  )
}
