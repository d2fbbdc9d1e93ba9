import { Link } from '@tanstack/react-router'
import { compact, ms, percent, plural, short, unitWord } from '../../lib/format.ts'
import type { RouteRow, ServiceDetail, VersionRow } from '../../lib/types.ts'
import { VerdictBadge } from '../../ui/Badge.tsx'
import { DeployLink, ServiceLink } from '../../ui/Bits.tsx'
import { type Column, Table } from '../../ui/Table.tsx'
import { Ago } from '../../ui/Time.tsx'

type Figures = { requests: number; error_ratio: number | null; latency_p99_ms: number | null }

const orDash = (value: number | null | undefined, show: (value: number) => string): string =>
  value === null || value === undefined ? '–' : show(value)

const requests = <T extends Figures>(title = 'Requests'): Column<T> => ({
  key: 'requests',
  title,
  number: true,
  by: (row) => row.requests,
  cell: (row) => compact(row.requests),
})
const errors = <T extends Figures>(): Column<T> => ({
  key: 'errors',
  title: 'Errors',
  number: true,
  by: (row) => row.error_ratio,
  cell: (row) => orDash(row.error_ratio, percent),
})
const p50 = <T extends { latency_p50_ms: number | null }>(): Column<T> => ({
  key: 'p50',
  title: 'p50',
  number: true,
  by: (row) => row.latency_p50_ms,
  cell: (row) => orDash(row.latency_p50_ms, ms),
})
const p99 = <T extends Figures>(): Column<T> => ({
  key: 'p99',
  title: 'p99',
  number: true,
  by: (row) => row.latency_p99_ms,
  cell: (row) => orDash(row.latency_p99_ms, ms),
})

const keep = (change: Record<string, string>) =>
  ((previous: Record<string, string>) => ({ ...previous, ...change })) as never

export function Routes({ detail }: { detail: ServiceDetail }) {
  const columns: Column<RouteRow>[] = [
    {
      key: 'route',
      title: 'Route',
      by: (row) => row.route,
      cell: (row) => (
        <Link to="." search={keep({ route: row.route })} className="mono">
          {row.route}
        </Link>
      ),
    },
    requests(),
    errors(),
    p50(),
    p99(),
    {
      key: 'traces',
      title: '',
      cell: (row) => (
        <Link to="/traces" search={{ service: detail.service, route: row.route } as never}>
          Traces<span className="visually-hidden"> of {row.route}</span>
        </Link>
      ),
    },
  ]
  return (
    <Table
      label="Routes"
      columns={columns}
      rows={detail.routes}
      rowKey={(row) => row.route}
      sort={{ key: 'requests', down: true }}
      empty="No requests in this window. Widen the time range, or check that spans of kind SERVER arrive."
    />
  )
}

/** What no version before it said. */
function newIn({ new_exceptions, new_log_patterns }: VersionRow): string {
  const parts = [...new_exceptions, ...(new_log_patterns > 0 ? [plural(new_log_patterns, 'log pattern')] : [])]
  return parts.join(', ') || '–'
}

export function Versions({ detail }: { detail: ServiceDetail }) {
  const total = detail.versions.reduce((sum, row) => sum + row.requests, 0)
  const columns: Column<VersionRow>[] = [
    {
      key: 'version',
      title: 'Version',
      cell: (row) =>
        row.deploy_id ? (
          <DeployLink id={row.deploy_id} version={row.version} commit={row.commit} />
        ) : (
          short(row.version)
        ),
    },
    { key: 'verdict', title: 'Verdict', cell: (row) => <VerdictBadge verdict={row.verdict} /> },
    { key: 'new', title: 'New in it', cell: newIn, wide: true },
    {
      key: 'first',
      title: 'First seen',
      by: (row) => row.first_seen_at,
      cell: (row) => <Ago at={row.first_seen_at} />,
    },
    {
      key: 'last',
      title: 'Last seen',
      by: (row) => row.last_seen_at,
      cell: (row) => <Ago at={row.last_seen_at} />,
      wide: true,
    },
    requests(),
    {
      key: 'share',
      title: 'Of the traffic',
      number: true,
      by: (row) => row.requests,
      cell: (row) => (total > 0 ? percent(row.requests / total) : '–'),
    },
    errors(),
    p50(),
    p99(),
    {
      key: 'compare',
      title: '',
      cell: (row) => {
        const other = detail.versions.find((each) => each.deploy_id && each.deploy_id !== row.deploy_id)
        if (!row.deploy_id || !other?.deploy_id) return null
        return (
          <Link to="/compare" search={{ a: row.deploy_id, b: other.deploy_id } as never}>
            Compare
            <span className="visually-hidden">
              {' '}
              {row.version} with {other.version}
            </span>
          </Link>
        )
      },
    },
  ]
  return (
    <Table label="Versions" columns={columns} rows={detail.versions} rowKey={(row) => `${row.version}|${row.commit}`} />
  )
}

type Dependency = ServiceDetail['dependencies'][number]
type Exception = ServiceDetail['exceptions'][number]
type Metric = ServiceDetail['metrics'][number]

/** `services`: the names that have a page here; the others are known by what is called only. */
export function Dependencies({ detail, services }: { detail: ServiceDetail; services: string[] }) {
  const columns: Column<Dependency>[] = [
    {
      key: 'peer',
      title: 'Calls to',
      by: (row) => row.peer,
      cell: (row) =>
        services.includes(row.peer) ? (
          <ServiceLink service={row.peer} environment={detail.environment} />
        ) : (
          <span className="strong">{row.peer}</span>
        ),
    },
    requests('Calls'),
    errors(),
    p99(),
  ]
  return (
    <Table
      label="Dependencies"
      columns={columns}
      rows={detail.dependencies}
      rowKey={(row) => row.peer}
      sort={{ key: 'requests', down: true }}
      empty="No calls to others in this window. Client spans with server.address or peer.service make them seen."
    />
  )
}

export function Exceptions({ detail }: { detail: ServiceDetail }) {
  const columns: Column<Exception>[] = [
    { key: 'type', title: 'Exception', by: (row) => row.type, cell: (row) => <code>{row.type}</code> },
    { key: 'count', title: 'Count', number: true, by: (row) => row.count, cell: (row) => compact(row.count) },
    {
      key: 'first',
      title: 'First seen',
      by: (row) => row.first_seen_at,
      cell: (row) => <Ago at={row.first_seen_at} />,
    },
    {
      key: 'traces',
      title: '',
      cell: (row) => (
        <Link to="/traces" search={{ service: detail.service, exception: row.type } as never}>
          Traces<span className="visually-hidden"> with {row.type}</span>
        </Link>
      ),
    },
  ]
  return (
    <Table
      label="Exceptions"
      columns={columns}
      rows={detail.exceptions}
      rowKey={(row) => row.type}
      sort={{ key: 'count', down: true }}
      empty="No exceptions in this window."
    />
  )
}

export function Metrics({ detail }: { detail: ServiceDetail }) {
  const columns: Column<Metric>[] = [
    {
      key: 'metric',
      title: 'Metric',
      by: (row) => row.metric,
      cell: (row) => (
        <Link to="/metrics" search={{ service: detail.service, metric: row.metric } as never} className="mono">
          {row.metric}
        </Link>
      ),
    },
    { key: 'kind', title: 'Kind', by: (row) => row.kind, cell: (row) => row.kind },
    { key: 'unit', title: 'Unit', cell: (row) => unitWord(row.unit) },
    { key: 'series', title: 'Series', number: true, by: (row) => row.series, cell: (row) => compact(row.series) },
  ]
  return (
    <Table
      label="Metrics"
      columns={columns}
      rows={detail.metrics}
      rowKey={(row) => `${row.metric} ${row.kind} ${row.unit}`}
      empty="No metrics from this service. Set OTEL_METRICS_EXPORTER=otlp in its environment."
    />
  )
}
