import { count, plural } from '../../lib/format.ts'
import type { Cardinality } from '../../lib/types.ts'
import { Section, ServiceLink } from '../../ui/Bits.tsx'
import { type Column, Table } from '../../ui/Table.tsx'

type Metric = Cardinality['metrics'][number]
type Names = Cardinality['names'][number]

const attributesOf = ({ attributes }: Metric): string =>
  attributes.map(({ key, values }) => `${key} (${plural(values, 'value')})`).join(', ') || '–'

/** What a person can do about it; nothing where nothing is too many. */
function advice(metric: Metric): string {
  const widest = metric.attributes.find(({ key }) => key !== 'otel.metric.overflow')
  if (metric.overflow_points === 0) return '–'
  const drop = widest ? `drop ${widest.key} by a view of the SDK or in the Collector` : 'drop an attribute of it'
  return `${plural(metric.overflow_points, 'point')} stored as one series: ${drop}`
}

const place = (row: Metric | Names) => <ServiceLink service={row.service} environment={row.environment} />

const metricColumns: Column<Metric>[] = [
  { key: 'metric', title: 'Metric', by: (row) => row.metric, cell: (row) => <code>{row.metric}</code> },
  { key: 'service', title: 'Service', by: (row) => row.service, cell: place },
  { key: 'series', title: 'Series', number: true, by: (row) => row.series, cell: (row) => count(row.series) },
  { key: 'by', title: 'Made by', cell: attributesOf, wide: true },
  { key: 'over', title: 'Too many', by: (row) => row.overflow_points, cell: advice },
]

const nameWords: Record<Names['what'], string> = {
  routes: 'routes',
  log_patterns: 'log patterns',
  instances: 'instances',
}

const nameColumns: Column<Names>[] = [
  { key: 'what', title: 'What', by: (row) => row.what, cell: (row) => nameWords[row.what] },
  { key: 'service', title: 'Service', by: (row) => row.service, cell: place },
  { key: 'n', title: 'Distinct', number: true, by: (row) => row.distinct, cell: (row) => count(row.distinct) },
  {
    key: 'folded',
    title: 'Too many',
    cell: (row) =>
      row.folded ? 'the rarest are counted as one, “(other)”: set http.route to the template, not to the path' : '–',
  },
]

/** Which metrics and names are many, which attribute makes them, what was too many, and what to do about it. */
export function CardinalityTables({ cardinality: { metrics, names } }: { cardinality: Cardinality }) {
  return (
    <Section title="Cardinality" note="the last 15 minutes">
      <div className="stack">
        <Table
          label="Metrics by series"
          columns={metricColumns}
          rows={metrics}
          rowKey={(row) => `${row.service}|${row.environment}|${row.metric}`}
          empty="No metric arrived."
        />
        <Table
          label="Services by names"
          columns={nameColumns}
          rows={names}
          rowKey={(row) => `${row.what}|${row.service}|${row.environment}`}
          empty="No service had more than one route, log pattern or instance."
        />
      </div>
    </Section>
  )
}
