import { Link } from '@tanstack/react-router'
import { now } from '../../lib/clock.ts'
import { count, ms, short } from '../../lib/format.ts'
import { useWindowed } from '../../lib/queries.ts'
import { spanOf, spanParams } from '../../lib/range.ts'
import type { Page, TraceItem } from '../../lib/types.ts'
import { useSearch, useSetSearch } from '../../lib/useSearch.ts'
import { Badge } from '../../ui/Badge.tsx'
import { PageHead, ServiceLink } from '../../ui/Bits.tsx'
import { Csv } from '../../ui/Csv.tsx'
import { Empty, Loaded } from '../../ui/Feedback.tsx'
import { type Column, Table } from '../../ui/Table.tsx'
import { At } from '../../ui/Time.tsx'
import { Scatter } from './Scatter.tsx'

const failed = { word: 'Failed', tone: 'bad', mark: 'cross', means: 'The request failed.' } as const

const columns: Column<TraceItem>[] = [
  { key: 'at', title: 'Began', by: (item) => item.started_at, cell: (item) => <At at={item.started_at} /> },
  {
    key: 'route',
    title: 'Request',
    by: (item) => item.route,
    cell: (item) => (
      <Link to="/traces/$id" params={{ id: item.trace_id }} className="mono strong">
        {item.route || item.name}
      </Link>
    ),
  },
  {
    key: 'service',
    title: 'Service',
    by: (item) => item.service,
    cell: (item) => <ServiceLink service={item.service} environment={item.environment} />,
  },
  { key: 'version', title: 'Version', by: (item) => item.version, cell: (item) => short(item.version) },
  {
    key: 'duration',
    title: 'Took',
    number: true,
    by: (item) => item.duration_ms,
    cell: (item) => ms(item.duration_ms),
  },
  {
    key: 'status',
    title: 'Status',
    by: (item) => Number(item.failed),
    cell: (item) => (
      <>
        {item.failed && <Badge word={failed} />} {item.http_status ?? (item.failed ? '' : 'ok')}
      </>
    ),
  },
  {
    key: 'exception',
    title: 'Exception',
    wide: true,
    cell: (item) => (item.exception_type ? <code>{item.exception_type}</code> : '–'),
  },
]

function Filters() {
  const search = useSearch()
  const set = useSetSearch()
  const apply = (form: FormData) => {
    const text = (name: string) => String(form.get(name) ?? '').trim()
    set({
      route: text('route'),
      version: text('version'),
      min: text('min'),
      failed: form.get('failed') ? 'true' : null,
    })
  }
  return (
    <form action={apply} className="filters" key={`${search.route}${search.version}${search.min}${search.failed}`}>
      <label>
        Route
        <input name="route" defaultValue={search.route ?? ''} placeholder="POST /checkout" />
      </label>
      <label>
        Version
        <input name="version" defaultValue={search.version ?? ''} size={12} />
      </label>
      <label>
        Slower than (ms)
        <input name="min" type="number" min={0} defaultValue={search.min ?? ''} />
      </label>
      <label className="check">
        <span>
          <input name="failed" type="checkbox" defaultChecked={search.failed === 'true'} /> Failed only
        </span>
      </label>
      <button type="submit" className="button primary">
        Search
      </button>
      {search.exception && (
        <button type="button" className="button" onClick={() => set({ exception: null })}>
          Only {search.exception} ✕
        </button>
      )}
    </form>
  )
}

/** The exception is looked for among what was read: the API does not filter by it. */
function Found({ data, exception }: { data: Page<TraceItem>; exception: string | undefined }) {
  const items = data.items.filter((item) => !exception || item.exception_type === exception)
  if (items.length === 0) {
    return (
      <Empty title="No request matches">
        <p>
          Widen the time range or take a filter away. If nothing ever shows up here, see how to{' '}
          <Link to="/setup">send traces</Link>.
        </p>
      </Empty>
    )
  }
  return (
    <>
      <p className="faint">
        {exception && `${count(items.length)} with ${exception} among `}
        {exception ? 'the' : 'The'} newest {count(data.items.length)} requests{data.next && ' of more'},{' '}
        {count(items.filter((item) => item.failed).length)} failed.
      </p>
      <Scatter items={items} />
      <Table label="Traces" columns={columns} rows={items} rowKey={(item) => `${item.trace_id}${item.span_id}`} />
    </>
  )
}

/** Find the slow one, or the failed one. */
export default function Traces() {
  const search = useSearch()
  const filter = {
    service: search.service,
    environment: search.env,
    route: search.route,
    version: search.version,
    min_ms: search.min,
    failed: search.failed === 'true' ? 'true' : undefined,
  }
  const read = useWindowed<Page<TraceItem>>('/traces', search, { ...filter, limit: 300 })
  return (
    <>
      <PageHead title="Traces">
        <Csv path="/traces" params={{ ...filter, ...spanParams(spanOf(search, now())) }} />
      </PageHead>
      <Filters />
      <Loaded read={read} lines={12}>
        {(data) => <Found data={data} exception={search.exception} />}
      </Loaded>
    </>
  )
}
