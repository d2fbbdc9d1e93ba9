import { Link } from '@tanstack/react-router'
import { useMemo } from 'react'
import { useWindowed } from '../lib/queries.ts'
import { absoluteSpan, type Search } from '../lib/range.ts'
import type { Series, SeriesSignal } from '../lib/types.ts'
import { useSearch, useZoom } from '../lib/useSearch.ts'
import { Loaded } from '../ui/Feedback.tsx'
import { At } from '../ui/Time.tsx'
import { frameOf } from './align.ts'
import { Chart } from './Chart.tsx'
import type { Shade } from './plot.ts'

export type SeriesChartProps = {
  title: string
  service: string
  environment: string | undefined
  signal: SeriesSignal
  quantile?: number
  route?: string
  metric?: string
  by?: 'version' | 'route' | 'none'
  note?: string
  height?: number
  shade?: Shade | null
  /** A fixed window instead of the one in the URL, until somebody zooms. */
  window?: { from: string; to: string }
  syncKey?: string
}

const noDeploys: Series['deploys'] = []

/** What a point counts: the requests, or the log lines, of its step. A metric has neither. */
function linkOf(props: SeriesChartProps, stepS: number) {
  const { service, environment, signal, route } = props
  if (signal === 'metric') return undefined
  const isLog = signal === 'log_errors'
  return (atS: number) => {
    const span = { from: new Date(atS * 1000).toISOString(), to: new Date((atS + stepS) * 1000).toISOString() }
    const what = isLog ? { level: 'error' } : { route, ...(signal === 'error_ratio' && { failed: 'true' }) }
    return (
      <Link to={isLog ? '/logs' : '/traces'} search={{ service, env: environment, ...span, ...what } as never}>
        {isLog ? 'Error lines' : signal === 'error_ratio' ? 'Failed requests' : 'Requests'} of <At at={span.from} />
      </Link>
    )
  }
}

function Drawn({ data, props }: { data: Series; props: SeriesChartProps }) {
  const { zoom, reset } = useZoom()
  const pointLink = useMemo(() => linkOf(props, data.step_s), [props, data.step_s])
  const frame = useMemo(() => frameOf(data, props.title), [data, props.title])
  return (
    <Chart
      title={props.title}
      note={props.note}
      frame={frame}
      from={data.from}
      to={data.to}
      deploys={data.deploys ?? noDeploys}
      shade={props.shade ?? null}
      height={props.height ?? 180}
      syncKey={props.syncKey ?? 'page'}
      onZoom={zoom}
      onReset={reset}
      {...(pointLink && { pointLink })}
    />
  )
}

/** A chart that reads its own series; its zoom is the page's window in the URL. */
export function SeriesChart(props: SeriesChartProps) {
  const url = useSearch()
  const search: Search = props.window && !absoluteSpan(url) ? props.window : url
  const read = useWindowed<Series>(
    `/services/${encodeURIComponent(props.service)}/series`,
    search,
    {
      environment: props.environment,
      signal: props.signal,
      quantile: props.quantile,
      route: props.route,
      metric: props.metric,
      by: props.by ?? 'version',
    },
    { step: true },
  )
  return (
    <div className="card chart-card">
      <Loaded read={read} lines={5}>
        {(data) => <Drawn data={data} props={props} />}
      </Loaded>
    </div>
  )
}
