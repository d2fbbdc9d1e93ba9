import { useVirtualizer } from '@tanstack/react-virtual'
import { useRef } from 'react'
import { now } from '../../lib/clock.ts'
import { compact, count, short } from '../../lib/format.ts'
import { useWindowed } from '../../lib/queries.ts'
import { spanOf, spanParams } from '../../lib/range.ts'
import type { LogLine, Page } from '../../lib/types.ts'
import { useSearch, useSetSearch } from '../../lib/useSearch.ts'
import { PageHead } from '../../ui/Bits.tsx'
import { Csv } from '../../ui/Csv.tsx'
import { Empty, Loaded } from '../../ui/Feedback.tsx'
import { facetsOf } from './facets.ts'
import { Histogram } from './Histogram.tsx'
import { LogRow } from './LogRow.tsx'
import { levels } from './level.ts'
import { parseQuery } from './query.ts'

function Filters() {
  const search = useSearch()
  const set = useSetSearch()
  return (
    <form action={(form) => set({ q: String(form.get('q') ?? '') })} className="filters" key={search.q}>
      <label className="log-search">
        Search
        <input
          name="q"
          type="search"
          defaultValue={search.q ?? ''}
          placeholder='text, or service:checkout level>=warn version:2.14.0 "out of range"'
        />
      </label>
      <label>
        Level, at least
        <select value={search.level ?? ''} onChange={(event) => set({ level: event.target.value })}>
          <option value="">any</option>
          {levels.map((level) => (
            <option key={level} value={level}>
              {level}
            </option>
          ))}
        </select>
      </label>
      <button type="submit" className="button primary">
        Search
      </button>
      {(search.pattern || search.trace) && (
        <button type="button" className="button" onClick={() => set({ pattern: null, trace: null })}>
          {search.pattern ? 'Of one pattern' : 'Of one trace'} ✕
        </button>
      )}
    </form>
  )
}

/** What the lines shown differ in, with how many of each: pressed, the search keeps to it. */
function Facets({ lines }: { lines: LogLine[] }) {
  const set = useSetSearch()
  const search = useSearch()
  const add = (word: string) => set({ q: [search.q, word].filter(Boolean).join(' ') })
  return (
    <div className="facets">
      {facetsOf(lines).map(({ name, values }) => (
        <fieldset key={name} className="facet">
          <legend className="faint">{name}</legend>
          {values.map(({ value, lines: number, word }) => (
            <button key={value} type="button" className="button quiet" onClick={() => add(word)}>
              {short(value)} <span className="count">{compact(number)}</span>
            </button>
          ))}
        </fieldset>
      ))}
    </div>
  )
}

function Lines({ lines, more, at }: { lines: LogLine[]; more: boolean; at: string | undefined }) {
  const scroller = useRef<HTMLElement>(null)
  const virtual = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => 27,
    overscan: 30,
  })
  const errors = lines.filter((line) => line.severity_number >= 17).length
  return (
    <>
      <p className="faint">
        The newest {count(lines.length)} lines{more && ' (there are more: narrow the search or the time)'},{' '}
        {count(errors)} errors.
      </p>
      <Facets lines={lines} />
      <Histogram lines={lines} />
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrollable region must be reachable by keyboard */}
      <section className="card log-list log-scroll" aria-label="Log lines, newest first" ref={scroller} tabIndex={0}>
        <div className="log-rows" style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map((item) => (
            <div
              key={item.key}
              data-index={item.index}
              ref={virtual.measureElement}
              className="log-slot"
              style={{ transform: `translateY(${item.start}px)` }}
            >
              <LogRow line={lines[item.index]!} marked={lines[item.index]!.time === at} />
            </div>
          ))}
        </div>
      </section>
    </>
  )
}

/** Find the line. */
export default function Logs() {
  const search = useSearch()
  const typed = parseQuery(search.q ?? '')
  const filter = {
    service: typed.service ?? search.service,
    environment: typed.environment ?? search.env,
    version: typed.version,
    level: typed.level ?? search.level,
    trace_id: typed.trace ?? search.trace,
    pattern_id: search.pattern,
    q: typed.text,
  }
  const read = useWindowed<Page<LogLine>>('/logs', search, { ...filter, limit: 500 })
  return (
    <>
      <PageHead title="Logs">
        <Csv path="/logs" params={{ ...filter, ...spanParams(spanOf(search, now())) }} />
      </PageHead>
      <Filters />
      <Loaded read={read} lines={14}>
        {(data) =>
          data.items.length > 0 ? (
            <Lines lines={data.items} more={data.next !== null} at={search.at} />
          ) : (
            <Empty title="No line matches">
              <p>
                Widen the time range or take a filter away. Lines arrive with OTEL_LOGS_EXPORTER=otlp in the app’s
                environment.
              </p>
            </Empty>
          )
        }
      </Loaded>
    </>
  )
}
