import { useMemo } from 'react'
import type { LogLine } from '../../lib/types.ts'
import { At } from '../../ui/Time.tsx'

/** How many lines of those shown fall into each sixtieth of their span. */
export function Histogram({ lines }: { lines: LogLine[] }) {
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
  const times = lines.map((line) => Date.parse(line.time))
  return (
    <figure className="histogram-figure">
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
      <figcaption className="faint">
        <At at={new Date(Math.min(...times)).toISOString()} />
        <span>all lines, and in red the errors</span>
        <At at={new Date(Math.max(...times)).toISOString()} />
      </figcaption>
    </figure>
  )
}
