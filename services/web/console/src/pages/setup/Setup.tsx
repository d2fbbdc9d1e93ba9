import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { count } from '../../lib/format.ts'
import { useRead } from '../../lib/queries.ts'
import type { Status } from '../../lib/types.ts'
import { useSearch, useSetSearch } from '../../lib/useSearch.ts'
import { PageHead, Section, TabPanel, Tabs } from '../../ui/Bits.tsx'
import { Id, Snippet } from '../../ui/Copy.tsx'
import { Loaded } from '../../ui/Feedback.tsx'
import { Icon } from '../../ui/Icon.tsx'
import { Ago } from '../../ui/Time.tsx'
import { type Address, deployRecipes, type Recipe, recipes } from './snippets.ts'
import './setup.css'

type Tick = { name: string; count: number; last: string | null; unit: string; more: ReactNode }

const ticksOf = (status: Status): Tick[] => [
  {
    name: 'Traces',
    count: status.traces.rows,
    last: status.traces.last_at,
    unit: 'spans',
    more: <Link to="/">See your services</Link>,
  },
  {
    name: 'Metrics',
    count: status.metrics.rows,
    last: status.metrics.last_at,
    unit: 'points',
    more: <Link to="/metrics">Look at metrics</Link>,
  },
  {
    name: 'Logs',
    count: status.logs.rows,
    last: status.logs.last_at,
    unit: 'lines',
    more: <Link to="/logs">Read logs</Link>,
  },
  {
    name: 'A deploy',
    count: status.deploys.count,
    last: status.deploys.last_at,
    unit: 'deploys',
    more: <Link to="/deploys">See deploys</Link>,
  },
]

/** Is my data arriving? Four ticks, asked anew every two seconds. */
function Arrivals({ status }: { status: Status }) {
  return (
    <ol className="arrivals" aria-live="polite">
      {ticksOf(status).map((tick) => (
        <li key={tick.name} className={tick.count > 0 ? 'arrived' : 'waiting'}>
          <Icon name={tick.count > 0 ? 'check' : 'clock'} size={18} />
          <div>
            <strong>{tick.name}</strong>
            {tick.count > 0 ? (
              <>
                <div>
                  {count(tick.count)} {tick.unit}, <Ago at={tick.last} />
                </div>
                {tick.more}
              </>
            ) : (
              <div>waiting for the first…</div>
            )}
          </div>
        </li>
      ))}
    </ol>
  )
}

function Recipes({
  items,
  open,
  onOpen,
  label,
}: {
  items: Recipe[]
  open: string | undefined
  onOpen: (key: string) => void
  label: string
}) {
  const recipe = items.find((item) => item.key === open) ?? items[0]!
  return (
    <>
      <Tabs label={label} items={items} open={recipe.key} onOpen={onOpen} />
      <TabPanel open={recipe.key}>
        <Snippet text={recipe.text} label={`${recipe.title}, ${recipe.file}`} />
        {recipe.note && <p className="faint note">{recipe.note}</p>}
      </TabPanel>
    </>
  )
}

function Marking({ address }: { address: Address }) {
  return (
    <div className="marking">
      {deployRecipes(address).map((recipe) => (
        <div key={recipe.key}>
          <h3>{recipe.title}</h3>
          <Snippet text={recipe.text} label={`${recipe.title}, ${recipe.file}`} />
        </div>
      ))}
    </div>
  )
}

/** Bound to every address of the machine: then the one in the browser's bar is the one to name. */
const reachable = (url: string): string => url.replace(/(?:0\.0\.0\.0|\[::\])(?=:\d)/, window.location.hostname)

function Body({ status }: { status: Status }) {
  const search = useSearch()
  const set = useSetSearch()
  const address = {
    http: reachable(status.otlp_http ?? `http://${window.location.hostname}:4318`),
    grpc: reachable(status.otlp_grpc ?? `http://${window.location.hostname}:4317`).replace(/^http:\/\//, ''),
    web: window.location.origin,
  }
  return (
    <>
      <Arrivals status={status} />
      <Section title="1. Point OpenTelemetry here" note="the stock SDKs, no agent of ours">
        <p className="endpoints">
          OTLP over HTTP <Id text={address.http} /> · over gRPC <Id text={address.grpc} />
          {status.auth && (
            <>
              {' '}
              · with <code>OTEL_EXPORTER_OTLP_HEADERS=authorization=Bearer%20YOUR_KEY</code>{' '}
              <Link to="/settings">make a key</Link>
            </>
          )}
        </p>
        <Recipes
          label="Language"
          items={recipes(address)}
          open={search.with}
          onOpen={(key) => set({ with: key }, true)}
        />
      </Section>
      <Section title="2. Say what was deployed" note="optional: a new service.version is a deploy by itself">
        <p>
          Telemetry alone shows <em>that</em> a version changed. Telling Plumbline the commit lets it name it in the
          alert, link the diff and gate the pipeline.
        </p>
        <Marking address={address} />
        <p className="after-marking">
          Other ways, as GitLab CI, GitHub’s webhook and CDEvents: <Link to="/settings/integrations">Integrations</Link>
          .
        </p>
      </Section>
      <Section title="3. Be told">
        <p>
          Add a <Link to="/settings/channels">channel</Link>: one message for each bad deploy, one more when it is over.
        </p>
      </Section>
    </>
  )
}

/** First run: how to send data, and whether it arrives. */
export default function Setup() {
  const read = useRead<Status>('/status', {}, { everyMs: 2_000 })
  return (
    <>
      <PageHead
        title="Send data"
        lead="From nothing to a verdict in three steps. The ticks below turn as your data arrives."
      />
      <Loaded read={read}>{(status) => <Body status={status} />}</Loaded>
    </>
  )
}
