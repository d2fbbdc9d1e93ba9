import { Link } from '@tanstack/react-router'
import { now } from '../../lib/clock.ts'
import { compact, ms, percent, short } from '../../lib/format.ts'
import { useRead } from '../../lib/queries.ts'
import type { Page, ServiceItem } from '../../lib/types.ts'
import { useSearch, useSetSearch } from '../../lib/useSearch.ts'
import { healthOrder, healthWord } from '../../lib/words.ts'
import { HealthBadge } from '../../ui/Badge.tsx'
import { DeployLink, PageHead, ServiceLink } from '../../ui/Bits.tsx'
import { Empty, Loaded } from '../../ui/Feedback.tsx'
import { Sparkline } from '../../ui/Sparkline.tsx'
import { type Column, Table } from '../../ui/Table.tsx'
import { Ago } from '../../ui/Time.tsx'
import './services.css'

const rank = (item: ServiceItem): number => healthOrder.indexOf(item.health) * 1000 - item.open_anomalies

/** Without the step that is still going on: it would look like a drop. */
const finished = (item: ServiceItem, values: (number | null)[]): (number | null)[] => {
  const { from, step_s } = item.sparkline
  return values.slice(0, Math.max(2, Math.floor((now() - Date.parse(from)) / 1000 / step_s)))
}

const spark = (item: ServiceItem, values: (number | null)[], label: string) => (
  <Sparkline
    values={finished(item, values)}
    fromMs={Date.parse(item.sparkline.from)}
    stepS={item.sparkline.step_s}
    deploys={item.deploys}
    label={`${label} of ${item.service}, with ${item.deploys.length} deploys`}
  />
)

const columns: Column<ServiceItem>[] = [
  {
    key: 'service',
    title: 'Service',
    by: (item) => item.service,
    cell: (item) => (
      <>
        <ServiceLink service={item.service} environment={item.environment} />
        <div className="faint">{item.environment || 'no environment'}</div>
      </>
    ),
  },
  { key: 'health', title: 'Health', by: rank, cell: (item) => <HealthCell item={item} /> },
  {
    key: 'version',
    title: 'Runs',
    cell: (item) => (
      <>
        {item.deploy_id ? (
          <DeployLink id={item.deploy_id} version={item.version} commit={item.commit} />
        ) : (
          short(item.version)
        )}
        <div className="faint">
          <Ago at={item.version_since} />
        </div>
      </>
    ),
  },
  {
    key: 'rate',
    title: 'Requests',
    number: true,
    by: (item) => item.requests_per_minute,
    cell: (item) => (item.requests_per_minute === null ? '–' : `${compact(item.requests_per_minute)} /min`),
  },
  {
    key: 'rates',
    title: 'Requests, 3 h',
    wide: true,
    cell: (item) => spark(item, item.sparkline.requests, 'Requests'),
  },
  {
    key: 'errors',
    title: 'Errors',
    number: true,
    by: (item) => item.error_ratio,
    cell: (item) => (item.error_ratio === null ? '–' : percent(item.error_ratio)),
  },
  { key: 'errorLine', title: 'Errors, 3 h', cell: (item) => spark(item, item.sparkline.error_ratio, 'Errors') },
  {
    key: 'p99',
    title: 'p50 · p99',
    number: true,
    by: (item) => item.latency_p99_ms,
    cell: (item) =>
      item.latency_p99_ms === null
        ? '–'
        : `${item.latency_p50_ms === null ? '–' : ms(item.latency_p50_ms)} · ${ms(item.latency_p99_ms)}`,
  },
  {
    key: 'p99Line',
    title: 'p99, 3 h',
    wide: true,
    cell: (item) => spark(item, item.sparkline.latency_p99_ms, 'Latency p99'),
  },
]

function HealthCell({ item }: { item: ServiceItem }) {
  return (
    <>
      <HealthBadge health={item.health} />
      {item.open_anomalies > 0 && (
        <div>
          <Link to="/anomalies" search={{ service: item.service, state: 'open' } as never}>
            {item.open_anomalies} open {item.open_anomalies === 1 ? 'anomaly' : 'anomalies'}
          </Link>
        </div>
      )}
      {item.health === 'idle' && (
        <div className="faint">
          last seen <Ago at={item.last_seen_at} />
        </div>
      )}
    </>
  )
}

/** How many of each health, as filters that stand in the URL. */
function Tally({ items }: { items: ServiceItem[] }) {
  const search = useSearch()
  const set = useSetSearch()
  return (
    <div className="tally">
      {healthOrder.map((health) => {
        const count = items.filter((item) => item.health === health).length
        const word = healthWord(health)
        return (
          <button
            key={health}
            type="button"
            className={`tally-item tone-${word.tone}`}
            aria-pressed={search.health === health}
            disabled={count === 0}
            onClick={() => set({ health: search.health === health ? null : health })}
          >
            <strong>{count}</strong>
            <span>{word.word}</span>
          </button>
        )
      })}
    </div>
  )
}

function headline(items: ServiceItem[]): string {
  const bad = items.filter((item) => item.health === 'regressed')
  if (bad.length === 0) return 'Nothing differs from its baseline for the worse.'
  const names = bad.slice(0, 3).map((item) => item.service)
  if (bad.length > 3) names.push(`${bad.length - 3} more`)
  const all = names.length > 1 ? `${names.slice(0, -1).join(', ')} and ${names.at(-1)}` : names[0]
  return `${all} ${bad.length === 1 ? 'differs' : 'differ'} from baseline.`
}

function Board({ items }: { items: ServiceItem[] }) {
  const search = useSearch()
  const shown = items.filter((item) => !search.health || item.health === search.health)
  const worstFirst = [...shown].sort(
    (a, b) => rank(a) - rank(b) || (b.requests_per_minute ?? 0) - (a.requests_per_minute ?? 0),
  )
  return (
    <>
      <PageHead title="Services" lead={headline(items)}>
        <Tally items={items} />
      </PageHead>
      <Table
        label="Services, worst first"
        columns={columns}
        rows={worstFirst}
        rowKey={(item) => `${item.service}|${item.environment}`}
        rowClass={(item) => `service-row service-${item.health}`}
        empty="No service has this health now."
      />
    </>
  )
}

/** What is bad now? One row per service and environment, worst first. */
export function Services() {
  const search = useSearch()
  const read = useRead<Page<ServiceItem>>('/services', { environment: search.env })
  return (
    <Loaded read={read} lines={10}>
      {(data) =>
        data.items.length > 0 ? (
          <Board items={data.items} />
        ) : (
          <Empty title={search.env ? `Nothing from ${search.env} yet` : 'Waiting for the first telemetry'}>
            <p>Point an OpenTelemetry SDK or a Collector here; a service shows up within a minute of its first span.</p>
            <p>
              <Link to="/setup" className="button primary">
                Show me how to send data
              </Link>
            </p>
          </Empty>
        )
      }
    </Loaded>
  )
}
