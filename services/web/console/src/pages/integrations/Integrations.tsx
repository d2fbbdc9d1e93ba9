import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { plural } from '../../lib/format.ts'
import { useRead } from '../../lib/queries.ts'
import type { Integrations as Answer, Status } from '../../lib/types.ts'
import { useSearch } from '../../lib/useSearch.ts'
import type { Word } from '../../lib/words.ts'
import { Badge } from '../../ui/Badge.tsx'
import { DeployLink, PageHead, Section, ServiceLink } from '../../ui/Bits.tsx'
import { Snippet } from '../../ui/Copy.tsx'
import { Loaded } from '../../ui/Feedback.tsx'
import { type Column, Table } from '../../ui/Table.tsx'
import { Ago } from '../../ui/Time.tsx'
import { type Connection, grafana, languageWord, type Place, readers, sourceOf } from './recipes.ts'
import './integrations.css'

type Sender = Answer['senders'][number]
type Sdk = Sender['sdks'][number]

const connected: Word = { word: 'Connected', tone: 'good', mark: 'check', means: 'Something came this way.' }
const quiet: Word = { word: 'Nothing yet', tone: 'calm', mark: 'dash', means: 'Nothing came this way so far.' }
const off: Word = { word: 'Off', tone: 'thin', mark: 'pause', means: 'Switched off: nothing is sent.' }

function SdkName({ sdk }: { sdk: Sdk }) {
  if (!sdk.language && !sdk.name && !sdk.distro) return <div className="faint">not named by its telemetry</div>
  return (
    <div>
      {languageWord(sdk.language) || sdk.name} <span className="faint">{`${sdk.name} ${sdk.version}`.trim()}</span>
      {sdk.distro && <div className="faint">{`${sdk.distro} ${sdk.distro_version}`.trim()}</div>}
    </div>
  )
}

const when = (at: string | null) => (at ? <Ago at={at} /> : <span className="faint">–</span>)

const senderColumns: Column<Sender>[] = [
  {
    key: 'service',
    title: 'Service',
    by: (sender) => sender.service,
    cell: (sender) => (
      <>
        <ServiceLink service={sender.service} environment={sender.environment} />
        <div className="faint">{sender.environment}</div>
      </>
    ),
  },
  {
    key: 'sdk',
    title: 'Language and SDK',
    by: (sender) => sender.sdks[0]?.language ?? '',
    cell: (sender) => sender.sdks.map((sdk) => <SdkName key={JSON.stringify(sdk)} sdk={sdk} />),
  },
  { key: 'traces', title: 'Last traces', by: (sender) => sender.traces_at, cell: (sender) => when(sender.traces_at) },
  {
    key: 'metrics',
    title: 'Last metrics',
    by: (sender) => sender.metrics_at,
    cell: (sender) => when(sender.metrics_at),
  },
  { key: 'logs', title: 'Last logs', by: (sender) => sender.logs_at, cell: (sender) => when(sender.logs_at) },
]

/** What it is, whether something came, and what to paste. */
function Card({ connection, state, children }: { connection: Connection; state?: Word; children?: ReactNode }) {
  return (
    <li className="card pad connection">
      <div className="connection-head">
        <h3>{connection.title}</h3>
        {state && <Badge word={state} />}
      </div>
      <p>{connection.means}</p>
      {children}
      {connection.ways.length > 0 && (
        <details className="more">
          <summary>
            How to connect<span className="visually-hidden"> {connection.title}</span>
          </summary>
          {connection.ways.map((way) => (
            <div key={way.title}>
              <h4>
                {way.title} <span className="faint">{way.file}</span>
              </h4>
              <Snippet text={way.text} label={`${connection.title}: ${way.title}`} />
            </div>
          ))}
        </details>
      )}
    </li>
  )
}

function Sources({ sources, place }: { sources: Answer['deploy_sources']; place: Place }) {
  return (
    <ul className="connections">
      {sources.map(({ source, deploys, looked_at, last }) => (
        <Card key={source} connection={sourceOf(source, place)} state={last ? connected : quiet}>
          {last && (
            <p className="faint">
              Told of {deploys} of the {plural(looked_at, 'newest deploy')}; last: {last.service}{' '}
              <DeployLink id={last.id} version={last.version} />, <Ago at={last.started_at} />
            </p>
          )}
        </Card>
      ))}
    </ul>
  )
}

type Channel = Answer['channels'][number]

const channelColumns: Column<Channel>[] = [
  { key: 'name', title: 'Channel', by: (channel) => channel.name, cell: (channel) => channel.name },
  { key: 'kind', title: 'Kind', by: (channel) => channel.kind, cell: (channel) => channel.kind },
  {
    key: 'state',
    title: 'State',
    cell: (channel) => <Badge word={channel.enabled ? (channel.last_delivered_at ? connected : quiet) : off} />,
  },
  {
    key: 'last',
    title: 'Last message that arrived',
    by: (channel) => channel.last_delivered_at,
    cell: (channel) => <Ago at={channel.last_delivered_at} />,
  },
]

function Body({ data, status }: { data: Answer; status: Status }) {
  const search = useSearch()
  const fits = (sender: Sender) =>
    (!search.service || sender.service === search.service) && (!search.env || sender.environment === search.env)
  const senders = data.senders.filter(fits)
  const place = { web: window.location.origin, auth: status.auth }
  return (
    <>
      <Section title="Telemetry" note={`${plural(senders.length, 'service')} in the last 24 hours`}>
        <Table
          label="Who sends telemetry"
          columns={senderColumns}
          rows={senders}
          rowKey={(sender) => `${sender.service}\0${sender.environment}`}
          empty="Nobody sent anything in the last 24 hours."
        />
        <p className="after">
          A Collector between leaves the SDK’s own names in place. To connect another service:{' '}
          <Link to="/setup">what to paste, by language</Link>.
        </p>
      </Section>
      <Section title="Deploys" note="who tells of them; several may tell of the same one">
        <Sources sources={data.deploy_sources} place={place} />
      </Section>
      <Section title="Alert channels">
        <Table
          label="Alert channels"
          columns={channelColumns}
          rows={data.channels}
          rowKey={(channel) => channel.id}
          empty="No channel yet: nobody is told."
        />
        <p className="after">
          <Link to="/settings/channels">Add, test or change a channel</Link>: webhook, Slack, PagerDuty and more.
        </p>
      </Section>
      <Section title="Readers" note="who may read from here">
        <ul className="connections">
          {[...readers(place), grafana(status.engine)].map((connection) => (
            <Card key={connection.title} connection={connection} />
          ))}
        </ul>
      </Section>
    </>
  )
}

/** What is connected, and how to connect the rest. */
export default function Integrations() {
  const read = useRead<Answer>('/integrations')
  const status = useRead<Status>('/status', {}, { everyMs: false })
  return (
    <>
      <PageHead title="Integrations" lead="What is connected, and how to connect the rest." />
      <Loaded read={status}>
        {(known) => <Loaded read={read}>{(data) => <Body data={data} status={known} />}</Loaded>}
      </Loaded>
    </>
  )
}
