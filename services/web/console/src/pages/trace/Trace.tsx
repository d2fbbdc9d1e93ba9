import { Link, useParams } from '@tanstack/react-router'
import { useMemo } from 'react'
import { ms, plural, short } from '../../lib/format.ts'
import { useRead } from '../../lib/queries.ts'
import { useNamedPage } from '../../lib/title.ts'
import type { Span, TraceBaseline, Trace as TraceDocument } from '../../lib/types.ts'
import { useSearch, useSetSearch } from '../../lib/useSearch.ts'
import { PageHead, Section, ServiceLink } from '../../ui/Bits.tsx'
import { Id } from '../../ui/Copy.tsx'
import { Loaded } from '../../ui/Feedback.tsx'
import { Icon } from '../../ui/Icon.tsx'
import { At } from '../../ui/Time.tsx'
import { LogRow } from '../logs/LogRow.tsx'
import { SpanDetail } from './SpanDetail.tsx'
import { colours, totalMs } from './tree.ts'
import { Waterfall } from './Waterfall.tsx'
import './trace.css'

function Versions({ spans }: { spans: Span[] }) {
  const colour = colours(spans)
  const services = [...colour.keys()]
  return (
    <ul className="legend trace-legend">
      {services.map((service) => {
        const own = spans.filter((span) => span.service === service)
        const versions = [...new Set(own.map((span) => span.version).filter(Boolean))]
        const failed = own.filter((span) => span.failed).length
        return (
          <li key={service}>
            <span className="trace-dot" style={{ background: `var(${colour.get(service)})` }} aria-hidden="true" />
            <ServiceLink service={service} />
            <span className="faint">
              {versions.map(short).join(', ')} · {plural(own.length, 'span')}
              {failed > 0 && ` · ${failed} failed`}
            </span>
          </li>
        )
      })}
    </ul>
  )
}

function Body({ trace }: { trace: TraceDocument }) {
  const search = useSearch()
  const set = useSetSearch()
  const root = trace.spans.find((span) => span.parent_span_id === '') ?? trace.spans[0]
  useNamedPage(root ? `${root.name}, ${ms(totalMs(trace.spans))}` : 'Trace')
  const read = useRead<TraceBaseline>(`/traces/${encodeURIComponent(trace.trace_id)}/baseline`, {}, { everyMs: false })
  const baselines = useMemo(() => new Map(read.data?.items.map((item) => [item.span_id, item])), [read.data])
  const chosen = trace.spans.find((span) => span.span_id === search.span)
  const close = () => {
    document.getElementById(`span-${search.span}`)?.focus()
    set({ span: null }, true)
  }
  return (
    <>
      <PageHead
        title={root?.name ?? 'Trace'}
        lead={
          <>
            {ms(totalMs(trace.spans))}, {plural(trace.spans.length, 'span')}
            {trace.truncated && ' (more are not shown)'}, began <At at={root?.started_at} />
          </>
        }
      >
        <Id text={trace.trace_id} />
      </PageHead>
      <Versions spans={trace.spans} />
      {/* biome-ignore lint/a11y/noStaticElementInteractions: Escape is a shortcut for the Close button within */}
      <div
        className={chosen ? 'trace-columns' : undefined}
        onKeyDown={(event) => event.key === 'Escape' && chosen && close()}
      >
        <Waterfall
          spans={trace.spans}
          baselines={baselines}
          chosen={search.span}
          onChoose={(id) => set({ span: id === search.span ? null : id }, true)}
        />
        {chosen && <SpanDetail span={chosen} baseline={baselines.get(chosen.span_id)} onClose={close} />}
      </div>
      <Section title="Logs of this trace" note={plural(trace.logs.length, 'line')}>
        {trace.logs.length === 0 && <p className="faint">No log line carries this trace’s id.</p>}
        <div className="card log-list">
          {trace.logs.slice(0, 200).map((line) => (
            <LogRow key={`${line.time}${line.span_id}${line.body}`} line={line} />
          ))}
        </div>
        <p className="below">
          <Link className="button" to="/logs" search={{ trace: trace.trace_id } as never}>
            <Icon name="logs" size={14} /> All of them in Logs
          </Link>
        </p>
      </Section>
    </>
  )
}

/** Where did time go? */
export default function Trace() {
  const { id } = useParams({ strict: false }) as { id: string }
  const read = useRead<TraceDocument>(`/traces/${encodeURIComponent(id)}`, {}, { everyMs: 60_000 })
  return (
    <>
      <p className="crumbs">
        <Link to="/traces">Traces</Link>
      </p>
      <Loaded read={read} lines={12}>
        {(trace) => <Body trace={trace} />}
      </Loaded>
    </>
  )
}
