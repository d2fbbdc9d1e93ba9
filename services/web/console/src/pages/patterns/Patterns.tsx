import { Link } from '@tanstack/react-router'
import { compact, short } from '../../lib/format.ts'
import { useRead, useWindowed } from '../../lib/queries.ts'
import type { LogPattern, Page, ServiceItem } from '../../lib/types.ts'
import { useSearch, useSetSearch } from '../../lib/useSearch.ts'
import { PageHead } from '../../ui/Bits.tsx'
import { Empty, Loaded } from '../../ui/Feedback.tsx'
import { Sparkline } from '../../ui/Sparkline.tsx'
import { type Column, Table } from '../../ui/Table.tsx'
import { Ago } from '../../ui/Time.tsx'
import { goneWith } from './gone.ts'
import { Values } from './Values.tsx'
import './patterns.css'

/** The variable slots of a template stand out from its fixed words. */
function Template({ text }: { text: string }) {
  return (
    <code className="template">
      {text.split(/(<[^>]*>)/).map((part, index) =>
        /^<[^>]*>$/.test(part) ? (
          // biome-ignore lint/suspicious/noArrayIndexKey: a part is its place
          <span key={index} className="slot">
            {part}
          </span>
        ) : (
          part
        ),
      )}
    </code>
  )
}

/** A line of the pattern, and what stands in its slots: read when it is opened, and in the URL while it is. */
function More({ pattern }: { pattern: LogPattern }) {
  const search = useSearch()
  const set = useSetSearch()
  const isOpen = search.values === pattern.pattern_id
  return (
    <div className="pattern-more">
      <details className="more">
        <summary>A line of it</summary>
        <code>{pattern.sample}</code>
      </details>
      {pattern.template.includes('<*>') && (
        <button
          type="button"
          className="linkish"
          aria-expanded={isOpen}
          onClick={() => set({ values: isOpen ? null : pattern.pattern_id, split: null }, true)}
        >
          Values in its slots
        </button>
      )}
      {isOpen && <Values pattern={pattern} />}
    </div>
  )
}

const isNew = (pattern: LogPattern, version: string): boolean => version !== '' && pattern.first_version === version

const columnsOf = (version: string, gone: readonly LogPattern[]): Column<LogPattern>[] => [
  {
    key: 'template',
    title: 'Pattern',
    cell: (pattern) => (
      <>
        <span className={`pattern-level pattern-${pattern.severity.toLowerCase()}`}>
          {pattern.severity.toLowerCase()}
        </span>{' '}
        <Template text={pattern.template} />
        {isNew(pattern, version) && <span className="badge tone-watch">new with {short(version)}</span>}
        {gone.includes(pattern) && <span className="badge tone-calm">not said by {short(version)}</span>}
        <More pattern={pattern} />
      </>
    ),
  },
  {
    key: 'count',
    title: 'Lines',
    number: true,
    by: (pattern) => pattern.count,
    cell: (pattern) => compact(pattern.count),
  },
  {
    key: 'trend',
    title: 'Trend',
    wide: true,
    cell: (pattern) => (
      <Sparkline
        values={pattern.sparkline.counts}
        fromMs={Date.parse(pattern.sparkline.from)}
        stepS={pattern.sparkline.step_s}
        deploys={[]}
        label={`Lines over time, ${compact(pattern.count)} in all`}
      />
    ),
  },
  {
    key: 'first',
    title: 'First seen',
    by: (pattern) => pattern.first_seen_at,
    cell: (pattern) => (
      <>
        <Ago at={pattern.first_seen_at} />
        <div className="faint">{pattern.first_version ? `in ${short(pattern.first_version)}` : ''}</div>
      </>
    ),
  },
  {
    key: 'lines',
    title: '',
    cell: (pattern) => (
      <Link to="/logs" search={{ service: pattern.service, pattern: pattern.pattern_id } as never}>
        Lines
      </Link>
    ),
  },
]

function Choose({ services }: { services: string[] }) {
  return (
    <Empty title="Of which service?">
      <p>Patterns are kept by service. Choose one above, or here:</p>
      <p className="actions choose">
        {services.map((service) => (
          <Link key={service} to="/patterns" search={{ service } as never} className="button">
            {service}
          </Link>
        ))}
      </p>
    </Empty>
  )
}

function OfService({ service }: { service: string }) {
  const search = useSearch()
  const set = useSetSearch()
  const rows = useRead<Page<ServiceItem>>('/services', { environment: search.env })
  const version = rows.data?.items.find((item) => item.service === service)?.version ?? ''
  const read = useWindowed<Page<LogPattern>>(`/services/${encodeURIComponent(service)}/logs/patterns`, search, {
    environment: search.env,
    level: search.level,
    limit: 500,
  })
  return (
    <Loaded read={read} lines={10}>
      {(data) => {
        const gone = goneWith(data.items, version)
        const only: Record<string, LogPattern[]> = {
          new: data.items.filter((pattern) => isNew(pattern, version)),
          gone,
        }
        const shown = only[search.only ?? ''] ?? data.items
        return (
          <>
            <div className="filters">
              <label>
                Which
                <select value={search.only ?? ''} onChange={(event) => set({ only: event.target.value })}>
                  <option value="">all ({data.items.length})</option>
                  <option value="new">
                    new with {short(version) || 'this version'} ({only.new?.length})
                  </option>
                  <option value="gone">
                    not said by {short(version) || 'this version'} ({gone.length})
                  </option>
                </select>
              </label>
              <label>
                Level, at least
                <select value={search.level ?? ''} onChange={(event) => set({ level: event.target.value })}>
                  <option value="">any</option>
                  {['info', 'warn', 'error'].map((level) => (
                    <option key={level} value={level}>
                      {level}
                    </option>
                  ))}
                </select>
              </label>
            </div>
            <Table
              label="Log patterns"
              columns={columnsOf(version, gone)}
              rows={shown}
              rowKey={(pattern) => pattern.pattern_id}
              sort={{ key: 'first', down: true }}
              empty="No pattern here. Logs arrive with OTEL_LOGS_EXPORTER=otlp in the app’s environment."
            />
          </>
        )
      }}
    </Loaded>
  )
}

/** What new is it saying? */
export default function Patterns() {
  const search = useSearch()
  const rows = useRead<Page<ServiceItem>>('/services', { environment: search.env })
  const services = [...new Set((rows.data?.items ?? []).map((item) => item.service))].sort()
  return (
    <>
      <PageHead title="Log patterns" lead="Lines that say the same, counted; newest first." />
      {search.service ? <OfService service={search.service} /> : <Choose services={services} />}
    </>
  )
}
