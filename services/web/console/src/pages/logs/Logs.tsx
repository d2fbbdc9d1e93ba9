import { useVirtualizer } from '@tanstack/react-virtual'
import { useMemo, useRef } from 'react'
import { now } from '../../lib/clock.ts'
import { count } from '../../lib/format.ts'
import { useWindowed } from '../../lib/queries.ts'
import { spanOf, spanParams } from '../../lib/range.ts'
import type { LogLine, Page } from '../../lib/types.ts'
import { useSearch, useSetSearch } from '../../lib/useSearch.ts'
import { PageHead } from '../../ui/Bits.tsx'
import { Csv } from '../../ui/Csv.tsx'
import { Empty, Loaded } from '../../ui/Feedback.tsx'
import { LogRow } from './LogRow.tsx'
import { parseQuery } from './query.ts'

const levels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal']

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

/** How many lines of those shown fall into each sixtieth of their span. */
function Histogram({ lines }: { lines: LogLine[] }) {
  const bars = useMemo(() => {
    const times = lines.map((line) => Date.parse(line.time))
    const from = Math.min(...times)
    const to = Math.max(...times)
    const counts = Array.from({ length: 60 }, () => ({ all: 0, bad: 0 }))
    lines.forEach((line, index) => {
      const bucket = counts[Math.min(59, Math.floor(((times[index]! - from) / Math.max(1, to - from)) * 60))]!
      bucket.all += 1
      if (line.severity_number >= 17) bucket.bad += 1
    })
    return counts
  }, [lines])
  const top = Math.max(1, ...bars.map((bar) => bar.all))
  const errors = lines.filter((line) => line.severity_number >= 17).length
  return (
    <svg
      className="histogram"
      viewBox="0 0 600 40"
      preserveAspectRatio="none"
      role="img"
      aria-label={`${lines.length} lines over time, ${errors} of them errors`}
    >
      {bars.map((bar, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a bar is its place in time
        <g key={index}>
          <rect
            x={index * 10}
            y={40 - (bar.all / top) * 40}
            width={9}
            height={(bar.all / top) * 40}
            className="histogram-all"
          />
          <rect
            x={index * 10}
            y={40 - (bar.bad / top) * 40}
            width={9}
            height={(bar.bad / top) * 40}
            className="histogram-bad"
          />
        </g>
      ))}
    </svg>
  )
}

function Lines({ lines, more }: { lines: LogLine[]; more: boolean }) {
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
              <LogRow line={lines[item.index]!} />
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
            <Lines lines={data.items} more={data.next !== null} />
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
