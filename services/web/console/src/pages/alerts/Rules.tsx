import { Link } from '@tanstack/react-router'
import { now } from '../../lib/clock.ts'
import { plural } from '../../lib/format.ts'
import { useRead } from '../../lib/queries.ts'
import type { Channel, Page, RunningSettings, Silence } from '../../lib/types.ts'
import { Section } from '../../ui/Bits.tsx'
import { Loaded } from '../../ui/Feedback.tsx'
import { type Column, Table } from '../../ui/Table.tsx'

type Rule = { what: string; when: string; severity: string }

/** What is told, in the order in which it matters: services/alerting/severity.ts decides, this says it. */
const rules: Rule[] = [
  {
    what: 'Errors',
    when: 'a larger share of a route’s requests, or of its calls, fails than its baseline allows; new exceptions, error logs',
    severity: 'critical from five points more failed requests; else warning',
  },
  {
    what: 'Latency',
    when: 'a route, or a call of it, is slower than its baseline allows',
    severity: 'critical from twice as slow; else warning',
  },
  {
    what: 'Traffic',
    when: 'requests of a route or of the service fall away or stop, while others go on',
    severity: 'critical from half of them, and for silence; else warning',
  },
  {
    what: 'Secrets',
    when: 'a deploy began to send what redaction masks',
    severity: 'critical; warning for tokens that expire and card numbers',
  },
  {
    what: 'Metrics',
    when: 'a metric whose name says which way is bad leaves its baseline that way',
    severity: 'warning',
  },
]

const columns: Column<Rule>[] = [
  { key: 'what', title: 'What', cell: (rule) => <strong>{rule.what}</strong> },
  { key: 'when', title: 'Told when', cell: (rule) => rule.when },
  { key: 'severity', title: 'Severity', cell: (rule) => rule.severity },
]

const hears = ({ filter }: Channel): string => {
  const parts = [
    filter?.severities?.join(' and '),
    filter?.services && `of ${filter.services.join(', ')}`,
    filter?.environments && `in ${filter.environments.join(', ')}`,
  ].filter(Boolean)
  return parts.length > 0 ? parts.join(' ') : 'everything'
}

const channelColumns: Column<Channel>[] = [
  { key: 'name', title: 'Channel', by: (channel) => channel.name, cell: (channel) => <strong>{channel.name}</strong> },
  { key: 'kind', title: 'Kind', by: (channel) => channel.kind, cell: (channel) => channel.kind },
  { key: 'hears', title: 'Hears of', cell: hears },
  {
    key: 'state',
    title: 'State',
    cell: (channel) => (channel.enabled ? 'on' : `off${channel.disabled_reason ? `: ${channel.disabled_reason}` : ''}`),
  },
]

function Sensitivity({ settings: { sensitivity, watch_minutes, settle_minutes } }: { settings: RunningSettings }) {
  const settle = settle_minutes === 0 ? '' : `, from ${plural(settle_minutes, 'minute')} after its first request`
  return (
    <p>
      Sensitivity is <strong>{sensitivity}</strong>; a deploy is watched for {plural(watch_minutes, 'minute')}
      {settle}. What another sensitivity would have told: <Link to="/settings">try it on your own history</Link>.
    </p>
  )
}

function Muted({ silences }: { silences: Silence[] }) {
  const open = silences.filter((silence) => Date.parse(silence.ends_at) > now())
  return (
    <p>
      {open.length === 0
        ? 'Nothing is silenced.'
        : `${plural(open.length, 'silence holds', 'silences hold')} back what matches.`}{' '}
      What was called expected on an anomaly is told again once it is one and a half times as far off, or when the next
      deploy changes it.
    </p>
  )
}

/** What would be told, to whom, and what holds it back. */
export function Rules({ silences }: { silences: Silence[] }) {
  const settings = useRead<RunningSettings>('/system/settings', {}, { everyMs: false })
  const channels = useRead<Page<Channel>>('/channels')
  return (
    <>
      <Section
        title="What is told"
        note="one message when it fires, one when it is over, again after 4 h if nobody took it"
      >
        <Loaded read={settings}>{(data) => <Sensitivity settings={data} />}</Loaded>
        <Table label="What is told" columns={columns} rows={rules} rowKey={(rule) => rule.what} />
      </Section>
      <Section title="To whom">
        <Loaded read={channels}>
          {(data) => (
            <Table
              label="To whom"
              columns={channelColumns}
              rows={data.items}
              rowKey={(channel) => channel.id}
              empty="To nobody: no channel is set up."
            />
          )}
        </Loaded>
        <p className="below">
          <Link className="button" to="/settings/channels">
            Channels
          </Link>
        </p>
      </Section>
      <Section title="What holds it back">
        <Muted silences={silences} />
      </Section>
    </>
  )
}
