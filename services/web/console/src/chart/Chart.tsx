import { Link } from '@tanstack/react-router'
import { useEffect, useMemo, useRef, useState } from 'react'
import type uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { clockTime, compact, dayTime, inUnit, short, sinceText } from '../lib/format.ts'
import { usePrefs, useScheme } from '../lib/prefs.ts'
import type { SeriesDeploy } from '../lib/types.ts'
import { verdictWord } from '../lib/words.ts'
import { VerdictBadge } from '../ui/Badge.tsx'
import { Icon } from '../ui/Icon.tsx'
import { type Frame, type Line, summaryOf } from './align.ts'
import { ChartTable } from './ChartTable.tsx'
import { colourReader, makePlot, type Shade } from './plot.ts'
import './chart.css'

export type ChartProps = {
  title: string
  note?: string
  frame: Frame
  from: string
  to: string
  deploys: SeriesDeploy[]
  shade?: Shade | null
  height?: number
  syncKey?: string | null
  /** x is seconds since a deploy; no clock times then. */
  since?: boolean
  onZoom: (fromS: number, toS: number) => void
  onReset: () => void
  /** Offered beside the title once a point was clicked: where its requests or lines are. */
  pointLink?: (atS: number) => React.ReactNode
}

/** The element's width in whole pixels, kept up to date. */
function useWidth(): [React.RefObject<HTMLDivElement | null>, number] {
  const ref = useRef<HTMLDivElement>(null)
  const [width, setWidth] = useState(0)
  useEffect(() => {
    if (!ref.current) return
    const observer = new ResizeObserver(([entry]) => entry && setWidth(Math.floor(entry.contentRect.width)))
    observer.observe(ref.current)
    return () => observer.disconnect()
  }, [])
  return [ref, width]
}

type Flag = { deploy: SeriesDeploy; left: number }

/** Draws the canvas again whenever what it shows has changed. */
function usePlot(
  props: ChartProps,
  host: React.RefObject<HTMLDivElement | null>,
  width: number,
  onPick: ((atS: number) => void) | null,
) {
  const scheme = useScheme()
  const { zone } = usePrefs()
  const [index, setIndex] = useState<number | null>(null)
  const [flags, setFlags] = useState<Flag[]>([])
  const { frame, from, to, deploys, shade, height = 180, syncKey = null, since = false, onZoom, onReset } = props
  // biome-ignore lint/correctness/useExhaustiveDependencies: the colours follow the scheme, which is read from the page
  useEffect(() => {
    const node = host.current
    if (!node || width < 40) return
    const place = (plot: uPlot) =>
      setFlags(
        deploys
          .map((deploy) => ({
            deploy,
            left: plot.valToPos(Date.parse(deploy.started_at) / 1000, 'x') + plot.bbox.left / devicePixelRatio,
          }))
          .filter((flag) => flag.left >= plot.bbox.left / devicePixelRatio && flag.left <= width),
      )
    const plot = makePlot(node, {
      frame,
      width,
      height,
      fromS: Date.parse(from) / 1000,
      toS: Date.parse(to) / 1000,
      zone,
      since,
      show: (value) => inUnit(value, frame.unit),
      deployTimesS: deploys.map((deploy) => Date.parse(deploy.started_at) / 1000),
      shade: shade ?? null,
      syncKey,
      onZoom,
      onReset,
      onPick,
      onCursor: setIndex,
      onScale: place,
      colour: colourReader(node),
    })
    return () => {
      plot.destroy()
      node.replaceChildren()
    }
  }, [host, frame, width, height, from, to, deploys, shade, syncKey, onZoom, onReset, onPick, zone, since, scheme])
  return { index, flags }
}

function LegendItem({ line, index, unit }: { line: Line; index: number | null; unit: string }) {
  const value = index === null ? line.values.findLast((each) => each !== null) : line.values[index]
  return (
    <li title={line.title}>
      <svg width="18" height="8" aria-hidden="true" className="swatch" style={{ color: `var(${line.colour})` }}>
        <path d="M0 4H18" strokeDasharray={line.dashed ? '5 3' : undefined} />
      </svg>
      <span>{line.label}</span>
      <strong>{inUnit(value, unit)}</strong>
      {line.samples > 0 && <span className="faint">n {compact(line.samples)}</span>}
    </li>
  )
}

function Legend({ frame, index }: { frame: Frame; index: number | null }) {
  const where = index ?? frame.band?.lower.findLastIndex((each) => each !== null) ?? -1
  const lower = frame.band?.lower[where]
  const upper = frame.band?.upper[where]
  return (
    <ul className="legend">
      {frame.lines.map((line) => (
        <LegendItem key={line.title} line={line} index={index} unit={frame.unit} />
      ))}
      {frame.band && (
        <li>
          <span className="swatch-band" aria-hidden="true" />
          <span>baseline</span>
          {lower !== null && lower !== undefined && (
            <strong>
              {inUnit(lower, frame.unit)} – {inUnit(upper, frame.unit)}
            </strong>
          )}
        </li>
      )}
    </ul>
  )
}

/** The time under the cursor, or nothing. */
function Pointed({ frame, index, since }: { frame: Frame; index: number | null; since: boolean }) {
  const { zone } = usePrefs()
  const at = index === null ? undefined : frame.xs[index]
  const text = at === undefined ? '' : since ? sinceText(at, frame.xs.at(-1) ?? 0) : dayTime(at * 1000, zone)
  return <span className="legend-at">{text}</span>
}

/** The deploys in the window as links: what the vertical lines say, for keyboards and screen readers too. */
function DeployList({ deploys }: { deploys: SeriesDeploy[] }) {
  const { zone } = usePrefs()
  if (deploys.length === 0) return null
  return (
    <ul className="chart-deploys" aria-label="Deploys in this window">
      {deploys.slice(-8).map((deploy) => (
        <li key={deploy.id}>
          <Link to="/deploys/$id" params={{ id: deploy.id }}>
            <Icon name="plumb" size={12} /> {clockTime(deploy.started_at, zone)}{' '}
            {short(deploy.version || deploy.commit)}
          </Link>
          <VerdictBadge verdict={deploy.verdict} />
        </li>
      ))}
    </ul>
  )
}

function Flags({ flags }: { flags: Flag[] }) {
  return flags.map(({ deploy, left }) => (
    <Link
      key={deploy.id}
      to="/deploys/$id"
      params={{ id: deploy.id }}
      className={`flag tone-${verdictWord(deploy.verdict).tone}`}
      style={{ left }}
      tabIndex={-1}
      aria-hidden="true"
      title={`${short(deploy.version)}: ${verdictWord(deploy.verdict).word}`}
    >
      <Icon name={verdictWord(deploy.verdict).mark} size={10} />
    </Link>
  ))
}

/** One chart: legend with values under the cursor, band, deploy lines, drag to zoom, double click to reset, as a table on demand. */
export function Chart(props: ChartProps) {
  const { title, note, frame, deploys, height = 180 } = props
  const [box, width] = useWidth()
  const host = useRef<HTMLDivElement>(null)
  const [picked, setPicked] = useState<number | null>(null)
  const { index, flags } = usePlot(props, host, width, props.pointLink ? setPicked : null)
  const [asTable, setAsTable] = useState(false)
  const summary = useMemo(
    () => summaryOf(frame, title, (value) => inUnit(value, frame.unit), deploys.length),
    [frame, title, deploys.length],
  )
  return (
    <figure className="chart">
      <figcaption>
        <h3>{title}</h3>
        {note && <span className="faint">{note}</span>}
        <Pointed frame={frame} index={index} since={props.since ?? false} />
        {picked !== null && props.pointLink?.(picked)}
        <button
          type="button"
          className="button quiet"
          aria-pressed={asTable}
          title={asTable ? 'Show as chart' : 'Show as table'}
          onClick={() => setAsTable(!asTable)}
        >
          <Icon name="table" size={14} /> <span>{asTable ? 'Show as chart' : 'Show as table'}</span>
        </button>
      </figcaption>
      <Legend frame={frame} index={index} />
      {asTable && <ChartTable frame={frame} label={title} since={props.since ?? false} />}
      <div ref={box} className="chart-box" hidden={asTable} style={{ height }}>
        <div ref={host} role="img" aria-label={summary} className="chart-canvas" />
        <Flags flags={flags} />
        {frame.lines.length === 0 && <p className="chart-none">No data in this window.</p>}
      </div>
      <DeployList deploys={deploys} />
    </figure>
  )
}
