import { Link } from '@tanstack/react-router'
import { SeriesChart } from '../../chart/SeriesChart.tsx'
import { count, unitWord } from '../../lib/format.ts'
import { useRead, useWindowed } from '../../lib/queries.ts'
import type { Page, ServiceDetail, ServiceItem } from '../../lib/types.ts'
import { useSearch, useSetSearch } from '../../lib/useSearch.ts'
import { PageHead } from '../../ui/Bits.tsx'
import { Empty, Loaded } from '../../ui/Feedback.tsx'
import './metrics.css'

type Metric = ServiceDetail['metrics'][number]

function List({ metrics, chosen }: { metrics: Metric[]; chosen: string | undefined }) {
  const set = useSetSearch()
  const search = useSearch()
  const shown = metrics.filter((metric) => metric.metric.toLowerCase().includes((search.find ?? '').toLowerCase()))
  return (
    <div className="card metric-list">
      <input
        type="search"
        aria-label="Find a metric"
        placeholder="Find a metric"
        defaultValue={search.find ?? ''}
        onChange={(event) => set({ find: event.target.value }, true)}
      />
      <ul className="plain-list">
        {shown.map((metric) => (
          <li key={`${metric.metric} ${metric.kind} ${metric.unit}`}>
            <button
              type="button"
              aria-pressed={metric.metric === chosen}
              onClick={() => set({ metric: metric.metric })}
            >
              <span className="mono">{metric.metric}</span>
              <span className="faint">
                {metric.kind} · {unitWord(metric.unit)} · {count(metric.series)} series
              </span>
            </button>
          </li>
        ))}
      </ul>
      {shown.length === 0 && <p className="faint pad">No metric by that name.</p>}
    </div>
  )
}

function OfService({ service }: { service: string }) {
  const search = useSearch()
  const read = useWindowed<ServiceDetail>(`/services/${encodeURIComponent(service)}`, search, {
    environment: search.env,
  })
  return (
    <Loaded read={read} lines={10}>
      {(detail) => {
        const chosen = detail.metrics.find((metric) => metric.metric === search.metric) ?? detail.metrics[0]
        if (!chosen) {
          return (
            <Empty title={`${service} sends no metrics`}>
              <p>
                Set <code>OTEL_METRICS_EXPORTER=otlp</code> in its environment, or see{' '}
                <Link to="/setup">how to send data</Link>.
              </p>
            </Empty>
          )
        }
        return (
          <div className="metric-columns">
            <List metrics={detail.metrics} chosen={chosen.metric} />
            <SeriesChart
              title={chosen.metric}
              note={`${chosen.kind}, by version`}
              service={service}
              environment={search.env ?? detail.environment}
              signal="metric"
              metric={chosen.metric}
              height={320}
            />
          </div>
        )
      }}
    </Loaded>
  )
}

/** Any metric a service sends, by version, with its band and the deploys. */
export default function Metrics() {
  const search = useSearch()
  const rows = useRead<Page<ServiceItem>>('/services', { environment: search.env })
  const services = [...new Set((rows.data?.items ?? []).map((item) => item.service))].sort()
  return (
    <>
      <PageHead title="Metrics" lead={search.service ? `Of ${search.service}.` : undefined} />
      {search.service ? (
        <OfService service={search.service} />
      ) : (
        <Empty title="Of which service?">
          <p className="actions choose">
            {services.map((service) => (
              <Link key={service} to="/metrics" search={{ service } as never} className="button">
                {service}
              </Link>
            ))}
          </p>
        </Empty>
      )}
    </>
  )
}
