import { Link } from '@tanstack/react-router'
import { useNow } from '../../lib/clock.ts'
import type { Delivery } from '../../lib/types.ts'
import { useWrite } from '../../lib/writes.ts'
import { StateBadge } from '../../ui/Badge.tsx'
import { Said } from '../../ui/Said.tsx'
import { type Column, Table } from '../../ui/Table.tsx'
import { Ago, At } from '../../ui/Time.tsx'

function Answer({ delivery }: { delivery: Delivery }) {
  const nowMs = useNow()
  const answered = [delivery.last_status ? `HTTP ${delivery.last_status}` : null, delivery.last_error]
    .filter(Boolean)
    .join(', ')
  if (delivery.state !== 'pending' || !delivery.next_attempt_at) return <>{answered || '–'}</>
  return (
    <>
      {answered || 'not tried yet'}; next try{' '}
      {Date.parse(delivery.next_attempt_at) > nowMs ? <Ago at={delivery.next_attempt_at} /> : 'is due'}
    </>
  )
}

function Again({ delivery }: { delivery: Delivery }) {
  const write = useWrite<Delivery>()
  return (
    <>
      <button
        type="button"
        className="button"
        disabled={write.busy}
        onClick={() => write.run({ path: `/deliveries/${encodeURIComponent(delivery.id)}/replay` })}
      >
        {write.done ? 'Queued' : 'Send again'}
      </button>
      <Said error={write.error} />
    </>
  )
}

const columns: Column<Delivery>[] = [
  { key: 'state', title: 'State', by: (each) => each.state, cell: (each) => <StateBadge state={each.state} /> },
  { key: 'at', title: 'Queued', by: (each) => each.created_at, cell: (each) => <At at={each.created_at} /> },
  { key: 'event', title: 'Says', by: (each) => each.event, cell: (each) => each.event },
  {
    key: 'channel',
    title: 'Channel',
    by: (each) => each.channel_name,
    cell: (each) => <Link to="/settings/channels">{each.channel_name}</Link>,
  },
  {
    key: 'incident',
    title: 'Incident',
    cell: (each) =>
      each.incident_id ? (
        <Link to="/incidents/$id" params={{ id: each.incident_id }}>
          Show<span className="visually-hidden"> incident</span>
        </Link>
      ) : (
        '–'
      ),
  },
  { key: 'attempts', title: 'Attempts', number: true, by: (each) => each.attempts, cell: (each) => each.attempts },
  { key: 'answer', title: 'Answer', cell: (each) => <Answer delivery={each} /> },
  { key: 'id', title: 'webhook-id', wide: true, cell: (each) => <code>{each.webhook_id}</code> },
  { key: 'again', title: '', cell: (each) => <Again delivery={each} /> },
]

/** Every message: when, where to, how often tried, what was answered. `ofOne`: all belong to the incident of the page. */
export function Deliveries({ items, ofOne = false }: { items: Delivery[]; ofOne?: boolean }) {
  return (
    <Table
      label="Deliveries"
      columns={ofOne ? columns.filter((column) => column.key !== 'incident') : columns}
      rows={items}
      rowKey={(each) => each.id}
      empty={
        <>
          No message was sent yet. Add a <Link to="/settings/channels">channel</Link> and press “Send test”.
        </>
      }
    />
  )
}
