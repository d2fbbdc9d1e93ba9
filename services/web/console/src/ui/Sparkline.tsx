import { useMemo } from 'react'
import type { DeployMark } from '../lib/types.ts'

type Props = {
  values: (number | null)[]
  fromMs: number
  stepS: number
  deploys: DeployMark[]
  label: string
  fill?: boolean
}

const width = 132
const height = 30

/** A path through the values that breaks where there are none. */
function pathOf(values: (number | null)[], top: number): string {
  let pen = 'M'
  let path = ''
  values.forEach((value, index) => {
    if (value === null || !Number.isFinite(value)) {
      pen = 'M'
      return
    }
    const x = (index / Math.max(1, values.length - 1)) * width
    const y = height - 3 - (value / top) * (height - 7)
    path += `${pen}${x.toFixed(1)} ${y.toFixed(1)}`
    pen = 'L'
  })
  return path
}

/** A small line from zero with a plumb line for each deploy. */
export function Sparkline({ values, fromMs, stepS, deploys, label }: Props) {
  const shape = useMemo(() => {
    const numbers = values.filter((value): value is number => value !== null)
    return pathOf(values, Math.max(...numbers, 1e-9))
  }, [values])
  const widthMs = Math.max(1, values.length - 1) * stepS * 1000
  const ticks = deploys
    .map((deploy) => ({ id: deploy.id, x: ((Date.parse(deploy.started_at) - fromMs) / widthMs) * width }))
    .filter((tick) => tick.x >= 0 && tick.x <= width)
  return (
    <svg
      className="sparkline"
      width={width}
      height={height}
      viewBox={`0 0 ${width} ${height}`}
      role="img"
      aria-label={label}
    >
      <path className="sparkline-base" d={`M0 ${height - 3}H${width}`} />
      {ticks.map((tick) => (
        <g key={tick.id} className="sparkline-deploy">
          <path d={`M${tick.x} 0V${height - 6}`} />
          <path d={`M${tick.x - 2.5} ${height - 7}h5L${tick.x} ${height - 1}z`} />
        </g>
      ))}
      <path className="sparkline-line" d={shape} />
    </svg>
  )
}
