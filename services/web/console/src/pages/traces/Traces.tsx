import { Link } from '@tanstack/react-router'
import { now } from '../../lib/clock.ts'
import { count, ms, plural, short } from '../../lib/format.ts'
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

const named = ['route', 'version', 'min', 'exception', 'message', 'failed']

function Filters() {
  const search = useSearch()
  const set = useSetSearch()
  const apply = (form: FormData) => {
    const text = (name: string) => String(form.get(name) ?? '').trim()
    set({
      route: text('route'),
      version: text('version'),
      min: text('min'),
      exception: text('exception'),
      message: text('message'),
      failed: form.get('failed') ? 'true' : null,
    })
  }
  return (
    <form action={apply} className="filters" key={named.map((name) => search[name]).join('\n')}>
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
      <label>
        Exception
        <input name="exception" defaultValue={search.exception ?? ''} placeholder="TypeError" size={16} />
      </label>
      <label>
        Its message holds
        <input name="message" defaultValue={search.message ?? ''} placeholder="is undefined" size={16} />
      </label>
      <label className="check">
        <span>
          <input name="failed" type="checkbox" defaultChecked={search.failed === 'true'} /> Failed only
        </span>
      </label>
      <button type="submit" className="button primary">
        Search
      </button>
    </form>
  )
}

function Found({ data: { items, next } }: { data: Page<TraceItem> }) {
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
        The newest {plural(items.length, 'request')}
        {next && ' of more'}, {count(items.filter((item) => item.failed).length)} failed.
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
    exception: search.exception,
    exception_message: search.message,
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
        {(data) => <Found data={data} />}
      </Loaded>
    </>
  )
}
