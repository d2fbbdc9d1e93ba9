import { useVirtualizer } from '@tanstack/react-virtual'
import { useMemo, useRef, useState } from 'react'
import { ms } from '../../lib/format.ts'
import type { Span, SpanBaseline } from '../../lib/types.ts'
import { Icon } from '../../ui/Icon.tsx'
import { colours, type Row, rowsOf, totalMs } from './tree.ts'
import { type Mark, markOf } from './usual.ts'

type RowProps = {
  row: Row
  total: number
  colour: string
  mark: Mark | null
  /** The far side of a call. */
  peer: string | null
  chosen: boolean
  folded: boolean
  onChoose: () => void
  onFold: () => void
}

function SpanRow({ row, total, colour, mark, peer, chosen, folded, onChoose, onFold }: RowProps) {
  const { span } = row
  const left = (row.startMs / total) * 100
  const width = Math.max(0.15, ((row.endMs - row.startMs) / total) * 100)
  const after = left + width <= 80
  const inside = !after && left < 12
  const timePlace = after ? { left: `${left + width}%` } : { right: `${inside ? 100 - left - width : 100 - left}%` }
  return (
    <div className={`span-row${chosen ? ' span-chosen' : ''}`}>
      <div className="span-name" style={{ paddingLeft: `${Math.min(row.depth, 14) * 14}px` }}>
        {row.children > 0 ? (
          <button
            type="button"
            className="span-fold"
            onClick={onFold}
            aria-expanded={!folded}
            aria-label={`${folded ? 'Unfold' : 'Fold'} ${span.name}, ${row.children} children`}
          >
            <Icon name="chevron" size={10} />
          </button>
        ) : (
          <span className="span-leaf" />
        )}
        <button
          type="button"
          id={`span-${span.span_id}`}
          className="span-open"
          onClick={onChoose}
          aria-pressed={chosen}
          title={`${span.service}: ${span.name}${peer ? ` → ${peer}` : ''}`}
        >
          {span.failed && (
            <span className="span-failed">
              <Icon name="cross" size={11} />
              <span className="visually-hidden">failed</span>
            </span>
          )}
          <span className="strong">{span.service}</span> {span.name}
          {peer && <span className="faint"> → {peer}</span>}
        </button>
      </div>
      <div className={`span-usual${mark?.beyond ? ' span-beyond' : ''}`} title={mark?.means}>
        {mark?.beyond && <Icon name="up" size={11} />}
        {mark?.text ?? '–'}
        {mark?.beyond && <span className="visually-hidden">, slower than usual</span>}
      </div>
      <div className="span-line" aria-hidden="true">
        <span
          className={`span-bar${span.failed ? ' span-bar-failed' : ''}${row.critical ? ' span-bar-critical' : ''}`}
          style={{ left: `${left}%`, width: `${width}%`, background: `var(${colour})` }}
        />
        <span className={`span-time${inside ? ' span-time-inside' : ''}`} style={timePlace}>
          {ms(span.duration_ms)}
        </span>
      </div>
    </div>
  )
}

function Ruler({ total }: { total: number }) {
  return (
    <div className="span-row span-ruler" aria-hidden="true">
      <div className="span-name">Service and operation</div>
      <div className="span-usual">Usually</div>
      <div className="span-line">
        {[0, 0.25, 0.5, 0.75, 1].map((part) => (
          <span key={part} style={{ left: `${part * 100}%` }} className={`span-tick span-tick-${part * 4}`}>
            {ms(total * part)}
          </span>
        ))}
      </div>
    </div>
  )
}

/** Rows of spans over time; only what is seen is drawn. Underlined bars are the critical path. */
export function Waterfall({
  spans,
  baselines,
  chosen,
  onChoose,
}: {
  spans: Span[]
  /** By span; of those whose operation has durations to be held against. */
  baselines: ReadonlyMap<string, SpanBaseline>
  chosen: string | undefined
  onChoose: (id: string) => void
}) {
  const [folded, setFolded] = useState<ReadonlySet<string>>(new Set())
  const rows = useMemo(() => rowsOf(spans, folded), [spans, folded])
  const colour = useMemo(() => colours(spans), [spans])
  const total = totalMs(spans)
  const scroller = useRef<HTMLElement>(null)
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => 28,
    overscan: 20,
  })
  const fold = (id: string) =>
    setFolded((before) => {
      const next = new Set(before)
      if (!next.delete(id)) next.add(id)
      return next
    })
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrollable region must be reachable by keyboard
    <section className="card waterfall" aria-label="Spans over time" ref={scroller} tabIndex={0}>
      <Ruler total={total} />
      <div className="span-rows" style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map((item) => {
          const row = rows[item.index]!
          return (
            <div key={row.span.span_id} className="span-slot" style={{ transform: `translateY(${item.start}px)` }}>
              <SpanRow
                row={row}
                total={total}
                mark={markOf(baselines.get(row.span.span_id), row.span.duration_ms)}
                peer={baselines.get(row.span.span_id)?.peer ?? null}
                colour={colour.get(row.span.service) ?? '--series-6'}
                chosen={row.span.span_id === chosen}
                folded={folded.has(row.span.span_id)}
                onChoose={() => onChoose(row.span.span_id)}
                onFold={() => fold(row.span.span_id)}
              />
            </div>
          )
        })}
      </div>
      <p className="faint waterfall-note">
        Bars with a line beneath are the critical path: what the whole had to wait for. Usually: the p50 of the
        operation under the versions before, or its own where there are none; an arrow where the span took longer than
        their p95.
      </p>
    </section>
  )
}
