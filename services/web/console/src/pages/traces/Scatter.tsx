import { useNavigate } from '@tanstack/react-router'
import { clockTime, ms, short } from '../../lib/format.ts'
import { usePrefs } from '../../lib/prefs.ts'
import type { TraceItem } from '../../lib/types.ts'
import './traces.css'

const colours = ['--series-1', '--series-2', '--series-3', '--series-4', '--series-5', '--series-6']
const height = 150
const width = 1000

/** Durations over time, coloured and listed by version; failed ones are crosses. The table below is its text. */
export function Scatter({ items }: { items: TraceItem[] }) {
  const navigate = useNavigate()
  const { zone } = usePrefs()
  const times = items.map((item) => Date.parse(item.started_at))
  const from = Math.min(...times)
  const to = Math.max(...times, from + 1)
  const top = Math.max(...items.map((item) => item.duration_ms), 1)
  const versions = [...new Set(items.map((item) => item.version))]
  const x = (item: TraceItem) => 8 + ((Date.parse(item.started_at) - from) / (to - from)) * (width - 16)
  const heightOf = (durationMs: number) => height - 8 - (durationMs / top) * (height - 16)
  const y = (item: TraceItem) => heightOf(item.duration_ms)
  const colour = (item: TraceItem) => `var(${colours[versions.indexOf(item.version) % colours.length]})`
  return (
    <figure className="card pad scatter">
      <ul className="legend">
        {versions.slice(0, 6).map((version, index) => (
          <li key={version}>
            <span className="trace-dot" style={{ background: `var(${colours[index]})` }} aria-hidden="true" />
            {short(version) || 'no version'}
          </li>
        ))}
        <li className="faint">cross: failed</li>
      </ul>
      <div className="scatter-plot">
        {[top, top / 2].map((durationMs) => (
          <span
            key={durationMs}
            className="scatter-scale faint"
            style={{ top: `${(heightOf(durationMs) / height) * 100}%` }}
            aria-hidden="true"
          >
            {ms(durationMs)}
          </span>
        ))}
        <svg
          viewBox={`0 0 ${width} ${height}`}
          role="img"
          aria-label={`Durations of ${items.length} requests, up to ${ms(top)}; the table below lists them`}
        >
          <path d={`M0 ${height - 8}H${width}`} className="scatter-axis" />
          {items.map((item) => (
            // biome-ignore lint/a11y/noStaticElementInteractions: a shortcut for the mouse; the table below has the links
            <g
              key={`${item.trace_id}${item.span_id}`}
              onClick={() => void navigate({ to: '/traces/$id', params: { id: item.trace_id } })}
              className="scatter-point"
              style={{ color: colour(item) }}
            >
              {item.failed ? (
                <path d={`M${x(item) - 4} ${y(item) - 4}l8 8m0 -8l-8 8`} />
              ) : (
                <circle cx={x(item)} cy={y(item)} r={3.5} />
              )}
            </g>
          ))}
        </svg>
      </div>
      <div className="scatter-times faint">
        <span>{clockTime(from, zone)}</span>
        <span>{clockTime(to, zone)}</span>
      </div>
    </figure>
  )
}
