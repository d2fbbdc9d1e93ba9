/** Series of the API to the columns that uPlot draws. Pure. */
import { short } from '../lib/format.ts'
import type { Series } from '../lib/types.ts'

export type Line = {
  label: string
  /** The whole name, where the label is cut. */
  title: string
  values: (number | null)[]
  samples: number
  colour: string
  dashed: boolean
}

export type Frame = {
  xs: number[]
  lines: Line[]
  band: { lower: (number | null)[]; expected: (number | null)[]; upper: (number | null)[] } | null
  unit: string
  stepS: number
}

const colours = ['--series-1', '--series-2', '--series-3', '--series-4', '--series-5', '--series-6']

const keyText = (key: Series['series'][number]['key']): string => key.version ?? key.route ?? ''

/** The step that is still going on holds too little to be compared: it would look like a drop. */
function withoutUnfinished(series: Series): Series {
  const endS = Date.parse(series.to) / 1000
  const done = ([time]: readonly [number, ...unknown[]]) => time + series.step_s <= endS
  return { ...series, series: series.series.map((line) => ({ ...line, points: line.points.filter(done) })) }
}

/** Evenly spaced times over the window, so that a hole in the data is a hole in the line. */
function timesOf(series: Series): number[] {
  const times = new Set<number>()
  for (const line of series.series) for (const [time] of line.points) times.add(time)
  for (const [time] of series.band?.points ?? []) times.add(time)
  const sorted = [...times].sort((a, b) => a - b)
  const first = sorted[0]
  const last = sorted.at(-1)
  if (first === undefined || last === undefined || series.step_s <= 0) return sorted
  if ((last - first) / series.step_s > 20_000) return sorted
  for (let time = first; time < last; time += series.step_s) times.add(time)
  return [...times].sort((a, b) => a - b)
}

/** The newest version (the one with the latest point) first and solid; older ones dashed. */
export function frameOf(whole: Series, name: string): Frame {
  const series = withoutUnfinished(whole)
  const xs = timesOf(series)
  const at = new Map(xs.map((time, index) => [time, index]))
  const newest = (line: Series['series'][number]) => line.points.findLast(([, value]) => value !== null)?.[0] ?? 0
  const oldest = (line: Series['series'][number]) => line.points.find(([, value]) => value !== null)?.[0] ?? 0
  const ordered = [...series.series].sort((a, b) => newest(b) - newest(a) || oldest(b) - oldest(a)).slice(0, 12)
  const lines = ordered.map((line, index): Line => {
    const values: (number | null)[] = xs.map(() => null)
    for (const [time, value] of line.points) values[at.get(time)!] = value
    const text = keyText(line.key)
    return {
      label: text ? short(text) : name,
      title: text || name,
      values,
      samples: line.samples.reduce((sum, [, samples]) => sum + samples, 0),
      colour: colours[index % colours.length]!,
      dashed: index > 0,
    }
  })
  return { xs, lines, band: bandOf(series, xs, at), unit: series.unit, stepS: series.step_s }
}

function bandOf(series: Series, xs: number[], at: Map<number, number>): Frame['band'] {
  if (!series.band || series.band.points.length === 0) return null
  const empty = () => xs.map((): number | null => null)
  const band = { lower: empty(), expected: empty(), upper: empty() }
  for (const [time, lower, expected, upper] of series.band.points) {
    const index = at.get(time)!
    band.lower[index] = lower
    band.expected[index] = expected
    band.upper[index] = upper
  }
  return band
}

const known = (values: (number | null)[]): number[] => values.filter((value): value is number => value !== null)

/** What the picture says, in a sentence, for those who do not see it. */
export function summaryOf(frame: Frame, name: string, show: (value: number) => string, deploys: number): string {
  if (frame.lines.length === 0) return `${name}: no data in this window.`
  const parts = frame.lines.slice(0, 4).map((line) => {
    const values = known(line.values)
    if (values.length === 0) return `${line.title}: no data`
    const low = Math.min(...values)
    const high = Math.max(...values)
    return `${line.title}: from ${show(low)} to ${show(high)}, last ${show(values.at(-1)!)}`
  })
  const band = frame.band ? ' With the baseline band.' : ''
  return `${name}. ${parts.join('; ')}.${band} ${deploys} deploy${deploys === 1 ? '' : 's'} in this window.`
}
