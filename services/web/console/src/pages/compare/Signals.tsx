import { useMemo } from 'react'
import type { Frame } from '../../chart/align.ts'
import { Chart } from '../../chart/Chart.tsx'
import { compact, effect, inUnit, ms, percent, short } from '../../lib/format.ts'
import type { Compare } from '../../lib/types.ts'

type Signal = Compare['signals'][number]

const titles: Record<Signal['signal'], string> = {
  requests: 'Requests',
  error_ratio: 'Error ratio',
  latency_p50: 'Latency p50',
  latency_p95: 'Latency p95',
  latency_p99: 'Latency p99',
  log_errors: 'Error logs',
}

const none: never[] = []
const nothing = () => {}

/** Both sides on one axis of seconds since the deploy. */
function frameOf(signal: Signal, compare: Compare): Frame {
  const xs = [...new Set([...signal.a.points, ...signal.b.points].map(([time]) => time))].sort((x, y) => x - y)
  const values = (points: Signal['a']['points']) => {
    const at = new Map(points)
    return xs.map((time) => at.get(time) ?? null)
  }
  const line = (side: 'a' | 'b', colour: string, dashed: boolean) => {
    const { deploy } = compare[side]
    const version = deploy ? deploy.version || deploy.commit : 'last week'
    return {
      label: `${side.toUpperCase()} ${short(version)}`,
      title: `${side.toUpperCase()} ${version}`,
      values: values(signal[side].points),
      samples: signal[side].n,
      colour,
      dashed,
    }
  }
  return {
    xs,
    lines: [line('a', '--series-1', false), line('b', '--series-2', true)],
    band: null,
    unit: signal.unit,
    stepS: compare.step_s,
  }
}

function SignalChart({ signal, compare }: { signal: Signal; compare: Compare }) {
  const frame = useMemo(() => frameOf(signal, compare), [signal, compare])
  const change =
    signal.change === null
      ? signal.b.value === 0
        ? 'from none'
        : 'no data on one side'
      : effect(signal.change, signal.change_unit)
  return (
    <div className="card chart-card">
      <Chart
        title={titles[signal.signal]}
        note={`${inUnit(signal.b.value, signal.unit)} → ${inUnit(signal.a.value, signal.unit)}, ${change}`}
        frame={frame}
        from={new Date(0).toISOString()}
        to={new Date(compare.window_s * 1000).toISOString()}
        deploys={none}
        height={140}
        syncKey="compare"
        since
        onZoom={nothing}
        onReset={nothing}
      />
    </div>
  )
}

/** Shares of requests by duration, both sides overlaid. */
function LatencyHistogram({ compare }: { compare: Compare }) {
  const bins = compare.latency_histogram
  const top = Math.max(0.0001, ...bins.flatMap((bin) => [bin.a, bin.b]))
  if (bins.length === 0) return null
  const text = `Shares of requests by duration. Most of A by ${ms(bins.reduce((best, bin) => (bin.a > best.a ? bin : best)).upper_ms)}, most of B by ${ms(bins.reduce((best, bin) => (bin.b > best.b ? bin : best)).upper_ms)}.`
  return (
    <figure className="card pad latency-histogram">
      <figcaption>
        <h3>Durations, as shares of requests</h3>
        <span className="faint">
          filled: A, n {compact(compare.a.requests)} · outlined: B, n {compact(compare.b.requests)}
        </span>
      </figcaption>
      <svg viewBox={`0 0 ${bins.length * 40} 120`} preserveAspectRatio="none" role="img" aria-label={text}>
        {bins.map((bin, index) => (
          <g key={bin.upper_ms}>
            <rect
              x={index * 40 + 2}
              y={120 - (bin.a / top) * 116}
              width={36}
              height={(bin.a / top) * 116}
              className="histogram-a"
            >
              <title>{`up to ${ms(bin.upper_ms)}: A ${percent(bin.a)}, B ${percent(bin.b)}`}</title>
            </rect>
            <rect
              x={index * 40 + 2}
              y={120 - (bin.b / top) * 116}
              width={36}
              height={(bin.b / top) * 116}
              className="histogram-b"
            />
          </g>
        ))}
      </svg>
      <div className="histogram-axis faint" aria-hidden="true">
        {bins.map((bin, index) => (
          <span key={bin.upper_ms}>{index % Math.ceil(bins.length / 10) === 0 ? ms(bin.upper_ms) : ''}</span>
        ))}
      </div>
    </figure>
  )
}

export function Signals({ compare }: { compare: Compare }) {
  return (
    <div className="stack">
      <div className="charts charts-3">
        {compare.signals.map((signal) => (
          <SignalChart key={signal.signal} signal={signal} compare={compare} />
        ))}
      </div>
      <LatencyHistogram compare={compare} />
    </div>
  )
}
