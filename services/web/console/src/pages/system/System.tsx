import { bytes, compact, count, duration, ms } from '../../lib/format.ts'
import { useRead } from '../../lib/queries.ts'
import type { Cardinality, Status, System as SystemDocument } from '../../lib/types.ts'
import { Badge } from '../../ui/Badge.tsx'
import { Facts, PageHead, Section } from '../../ui/Bits.tsx'
import { Loaded } from '../../ui/Feedback.tsx'
import { type Column, Table } from '../../ui/Table.tsx'
import { Ago } from '../../ui/Time.tsx'
import { CardinalityTables } from './CardinalityTable.tsx'
import './system.css'

const ready = { word: 'Ready', tone: 'good', mark: 'check', means: 'Every target works.' } as const
const notReady = { word: 'Not ready', tone: 'bad', mark: 'cross', means: 'See the reasons.' } as const

type Figure = { name: string; help: string; labels: string; value: number }
type Group = SystemDocument['figures'][keyof SystemDocument['figures']]

const labelText = (labels: Record<string, string | number>): string =>
  Object.entries(labels)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ')

/** One line a figure; a sum with its count becomes their mean. */
function figuresOf(group: Group): Figure[] {
  return (group ?? []).flatMap(({ name, help: told, values }) => {
    const help = told.replace(/\.$/, '')
    const rows: Figure[] = []
    const counts = new Map<string, number>()
    for (const { labels, value } of values)
      if (labels.of === 'count') counts.set(labelText({ ...labels, of: '' }), value)
    for (const { labels, value } of values.slice(0, 200)) {
      if (labels.of === 'count') continue
      const { of, ...own } = labels
      const times = of === 'sum' ? counts.get(labelText({ ...labels, of: '' })) : undefined
      if (times === undefined) rows.push({ name, help, labels: labelText(labels), value })
      else
        rows.push({
          name,
          help: `${help}, mean of ${count(times)}`,
          labels: labelText(own),
          value: times > 0 ? value / times : 0,
        })
    }
    return rows
  })
}

const amount = (figure: Figure): string => {
  if (figure.name.endsWith('_bytes') || figure.name.endsWith('_bytes_total')) return bytes(figure.value)
  if (figure.name.includes('start_time')) return new Date(figure.value * 1000).toISOString()
  return figure.name.endsWith('_seconds') || figure.name.endsWith('_seconds_total')
    ? ms(figure.value * 1000)
    : compact(figure.value)
}

const figureColumns: Column<Figure>[] = [
  { key: 'help', title: 'What', cell: (figure) => figure.help },
  { key: 'labels', title: 'Of', cell: (figure) => figure.labels || '–' },
  { key: 'value', title: 'Value', number: true, by: (figure) => figure.value, cell: amount },
  { key: 'name', title: 'Name in /metrics', wide: true, cell: (figure) => <code>{figure.name}</code> },
]

type Stored = SystemDocument['storage'][number]

const storageColumns: Column<Stored>[] = [
  { key: 'table', title: 'Table', by: (row) => row.table, cell: (row) => <code>{row.table}</code> },
  { key: 'rows', title: 'Rows', number: true, by: (row) => row.rows, cell: (row) => count(row.rows) },
  { key: 'bytes', title: 'On disk', number: true, by: (row) => row.bytes, cell: (row) => bytes(row.bytes) },
  { key: 'each', title: 'A row', number: true, cell: (row) => (row.rows > 0 ? bytes(row.bytes / row.rows) : '–') },
  { key: 'parts', title: 'Parts', number: true, by: (row) => row.parts, cell: (row) => count(row.parts) },
  {
    key: 'oldest',
    title: 'Oldest',
    by: (row) => row.oldest_at,
    cell: (row) => (row.oldest_at ? <Ago at={row.oldest_at} /> : '–'),
  },
]

const groups = ['ingest', 'detector', 'alerting', 'web', 'process'] as const

function State({ system }: { system: SystemDocument }) {
  const stored = system.storage.reduce((sum, row) => sum + row.bytes, 0)
  return (
    <div className="card pad">
      <Facts
        items={[
          ['State', <Badge key="r" word={system.ready ? ready : notReady} />],
          ['Version', system.version],
          ['Engine', `${system.engine}, state in ${system.state}`],
          ['Up for', duration(system.uptime_s * 1000)],
          ['Memory', bytes(system.memory.rss_bytes)],
          ['On disk', bytes(stored)],
        ]}
      />
      {system.reasons.length > 0 && (
        <ul>
          {system.reasons.map((reason) => (
            <li key={reason}>{reason}</li>
          ))}
        </ul>
      )}
    </div>
  )
}

function Body({ system }: { system: SystemDocument }) {
  return (
    <>
      <Section title="Storage">
        <Table
          label="Storage"
          columns={storageColumns}
          rows={system.storage}
          rowKey={(row) => row.table}
          sort={{ key: 'bytes', down: true }}
          empty="Nothing is stored yet."
        />
      </Section>
      {groups
        .filter((group) => figuresOf(system.figures[group]).length > 0)
        .map((group) => (
          <details key={group} className="section figures" open={group !== 'web' && group !== 'process'}>
            <summary>
              <h2>{group[0]!.toUpperCase() + group.slice(1)}</h2>
            </summary>
            <Table
              label={group}
              columns={figureColumns}
              rows={figuresOf(system.figures[group])}
              rowKey={(figure) => `${figure.name}${figure.labels}`}
            />
          </details>
        ))}
    </>
  )
}

function Arrivals({ status }: { status: Status }) {
  const rows: [string, React.ReactNode][] = (['traces', 'metrics', 'logs'] as const).map((signal) => [
    `Newest ${signal}`,
    <Ago key={signal} at={status[signal].last_at} />,
  ])
  return (
    <div className="card pad">
      <Facts
        items={[
          ...rows,
          ['Newest deploy', <Ago key="deploy" at={status.deploys.last_at} />],
          ['Services', count(status.services)],
        ]}
      />
    </div>
  )
}

/** Can I trust it? What arrives, what is dropped, how far behind it is, what it stores. */
export default function System() {
  const system = useRead<SystemDocument>('/system')
  const status = useRead<Status>('/status')
  const cardinality = useRead<Cardinality>('/system/cardinality', {}, { everyMs: false })
  return (
    <>
      <PageHead title="System" lead="Plumbline about itself." />
      <Loaded read={system}>{(data) => <State system={data} />}</Loaded>
      <Section title="Arrivals">
        <Loaded read={status}>{(data) => <Arrivals status={data} />}</Loaded>
      </Section>
      <Loaded read={cardinality}>{(data) => <CardinalityTables cardinality={data} />}</Loaded>
      {system.data && <Body system={system.data} />}
    </>
  )
}
