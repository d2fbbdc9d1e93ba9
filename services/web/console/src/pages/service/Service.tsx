import { Link, useParams } from '@tanstack/react-router'
import { SeriesChart } from '../../chart/SeriesChart.tsx'
import { ApiProblem } from '../../lib/api.ts'
import { useRead, useWindowed } from '../../lib/queries.ts'
import { useNamedPage } from '../../lib/title.ts'
import type { Page, ServiceDetail, ServiceItem } from '../../lib/types.ts'
import { useSearch, useSetSearch } from '../../lib/useSearch.ts'
import { pages } from '../../shell/pages.ts'
import { HealthBadge } from '../../ui/Badge.tsx'
import { DeployLink, PageHead, TabPanel, Tabs } from '../../ui/Bits.tsx'
import { Loaded, Problem } from '../../ui/Feedback.tsx'
import { Icon } from '../../ui/Icon.tsx'
import { Ago } from '../../ui/Time.tsx'
import { Dependencies, Exceptions, Metrics, Routes, Versions } from './tables.tsx'

const tabTitles: [string, string, (detail: ServiceDetail) => number][] = [
  ['routes', 'Routes', (detail) => detail.routes.length],
  ['versions', 'Versions', (detail) => detail.versions.length],
  ['dependencies', 'Dependencies', (detail) => detail.dependencies.length],
  ['exceptions', 'Exceptions', (detail) => detail.exceptions.length],
  ['metrics', 'Metrics', (detail) => detail.metrics.length],
]

function Panel({ open, detail, services }: { open: string; detail: ServiceDetail; services: string[] }) {
  if (open === 'versions') return <Versions detail={detail} />
  if (open === 'dependencies') return <Dependencies detail={detail} services={services} />
  if (open === 'exceptions') return <Exceptions detail={detail} />
  if (open === 'metrics') return <Metrics detail={detail} />
  return <Routes detail={detail} />
}

/** Where the service's own requests, lines and what they say stand; its window goes along in the URL. */
const explorers = pages.filter((page) => ['/traces', '/logs', '/patterns'].includes(page.to))

function Head({ service, row }: { service: string; row: ServiceItem | undefined }) {
  useNamedPage(service)
  return (
    <PageHead
      title={service}
      lead={
        row && (
          <>
            {row.environment || 'no environment'}, runs{' '}
            {row.deploy_id ? <DeployLink id={row.deploy_id} version={row.version} commit={row.commit} /> : row.version}{' '}
            since <Ago at={row.version_since} />
          </>
        )
      }
    >
      {row && <HealthBadge health={row.health} />}
      {explorers.map(({ to, title, icon }) => (
        <Link key={to} to={to} search={{ service } as never} className="button">
          <Icon name={icon} size={14} /> {title}
        </Link>
      ))}
    </PageHead>
  )
}

function Charts({
  service,
  environment,
  route,
}: {
  service: string
  environment: string | undefined
  route: string | undefined
}) {
  const search = useSearch()
  const set = useSetSearch()
  const quantile = Number(search.q ?? '0.95')
  const common = { service, environment, ...(route ? { route } : {}) }
  return (
    <>
      <div className="filters">
        <label>
          Latency quantile
          <select value={String(quantile)} onChange={(event) => set({ q: event.target.value }, true)}>
            {['0.5', '0.9', '0.95', '0.99'].map((value) => (
              <option key={value} value={value}>
                p{Number(value) * 100}
              </option>
            ))}
          </select>
        </label>
        {route && (
          <button type="button" className="button" onClick={() => set({ route: null })}>
            Only {route} ✕
          </button>
        )}
        <span className="faint">Drag on a chart to zoom, double click to go back.</span>
      </div>
      <div className="charts charts-3">
        <SeriesChart {...common} title="Requests" signal="requests" note="by version" />
        <SeriesChart {...common} title="Error ratio" signal="error_ratio" note="by version" />
        <SeriesChart
          {...common}
          title={`Latency p${quantile * 100}`}
          signal="latency"
          quantile={quantile}
          note="by version"
        />
      </div>
    </>
  )
}

/** What changed here? Rate, errors and latency by version over their baseline, and the tables behind them. */
export default function Service() {
  const { service } = useParams({ strict: false }) as { service: string }
  const search = useSearch()
  const set = useSetSearch()
  const rows = useRead<Page<ServiceItem>>('/services', { environment: search.env })
  const row = rows.data?.items.find((item) => item.service === service)
  const environment = search.env ?? row?.environment
  const detail = useWindowed<ServiceDetail>(`/services/${encodeURIComponent(service)}`, search, { environment })
  const open = search.tab ?? 'routes'
  if (detail.error instanceof ApiProblem && detail.error.status === 404)
    return (
      <>
        <Head service={service} row={row} />
        <Problem error={detail.error} retry={() => void detail.refetch()} />
      </>
    )
  return (
    <>
      <Head service={service} row={row} />
      <Charts service={service} environment={environment} route={search.route} />
      <Loaded read={detail}>
        {(data) => (
          <>
            <Tabs
              label="What the service does"
              items={tabTitles.map(([key, title, count]) => ({ key, title, count: count(data) }))}
              open={open}
              onOpen={(key) => set({ tab: key }, true)}
            />
            <TabPanel open={open}>
              <Panel open={open} detail={data} services={(rows.data?.items ?? []).map((item) => item.service)} />
            </TabPanel>
          </>
        )}
      </Loaded>
    </>
  )
}
