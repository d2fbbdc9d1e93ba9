import { inUnit } from '../lib/format.ts'

type Props = { observed: number; expected: number; lower: number; upper: number; unit: string; harmful: boolean }

/** The signature figure: a plumb line hangs at what was expected, inside its band; the bob shows how far off it is. */
export function PlumbStrip({ observed, expected, lower, upper, unit, harmful }: Props) {
  const values = [observed, expected, lower, upper].filter(Number.isFinite)
  const low = Math.min(...values)
  const high = Math.max(...values)
  const pad = (high - low || Math.abs(high) || 1) * 0.12
  const x = (value: number) => 4 + ((value - low + pad) / (high - low + 2 * pad)) * 292
  const text = `Expected ${inUnit(expected, unit)}, between ${inUnit(lower, unit)} and ${inUnit(upper, unit)}; observed ${inUnit(observed, unit)}.`
  const at = x(observed)
  const home = x(expected)
  return (
    <svg className={`strip ${harmful ? 'strip-bad' : 'strip-good'}`} viewBox="0 0 300 34" role="img" aria-label={text}>
      <title>{text}</title>
      <path className="strip-axis" d="M0 24H300" />
      <rect className="strip-band" x={x(lower)} y={6} width={Math.max(2, x(upper) - x(lower))} height={24} rx={2} />
      <path className="strip-home" d={`M${home} 2V32`} />
      <path className="strip-off" d={`M${home} 16H${at}`} />
      <path className="strip-bob" d={`M${at - 6} 10H${at + 6}L${at} 24Z`} />
    </svg>
  )
}
