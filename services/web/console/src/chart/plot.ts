/** uPlot, driven: options from a frame, and what is drawn beneath and above its lines. */
import uPlot from 'uplot'
import { clockTime, dayTime, sinceText, type Zone } from '../lib/format.ts'

import type { Frame } from './align.ts'

export type Shade = { fromS: number; toS: number }

export type PlotInput = {
  frame: Frame
  width: number
  height: number
  fromS: number
  toS: number
  zone: Zone
  /** The x axis counts from a deploy on instead of telling the time. */
  since: boolean
  show: (value: number) => string
  deployTimesS: number[]
  shade: Shade | null
  syncKey: string | null
  onZoom: (fromS: number, toS: number) => void
  onReset: () => void
  /** A point was clicked, at this second of the x axis. */
  onPick: ((atS: number) => void) | null
  onCursor: (index: number | null) => void
  onScale: (plot: uPlot) => void
  colour: (name: string) => string
}

/** Reads custom properties as real colours: `light-dark()` is resolved by the browser on a probe. */
export function colourReader(host: HTMLElement): (name: string) => string {
  const probe = document.createElement('span')
  host.append(probe)
  const cache = new Map<string, string>()
  return (name) => {
    let colour = cache.get(name)
    if (!colour) {
      probe.style.color = `var(${name})`
      colour = getComputedStyle(probe).color
      cache.set(name, colour)
    }
    return colour
  }
}

const mono = '11px Arial, system-ui, sans-serif'

/** Steps of an axis in bytes: powers of two, so that its labels are whole KiB, MiB, … */
const byteSteps = Array.from({ length: 50 }, (_, power) => 2 ** power)

/** Steps of an axis that counts from a deploy: whole seconds, minutes, hours. */
const sinceSteps = [1, 5, 10, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 43_200, 86_400]

function axes(input: PlotInput): uPlot.Axis[] {
  const base = {
    stroke: input.colour('--ink-3'),
    font: mono,
    grid: { stroke: input.colour('--line'), width: 1 },
    ticks: { stroke: input.colour('--line'), width: 1, size: 4 },
  }
  const long = input.toS - input.fromS > 86_400
  const clock = (seconds: number) =>
    long ? dayTime(seconds * 1000, input.zone) : clockTime(seconds * 1000, input.zone)
  const time = (seconds: number) => (input.since ? sinceText(seconds, input.toS) : clock(seconds))
  return [
    {
      ...base,
      grid: { show: false },
      space: long ? 90 : 64,
      size: 28,
      values: (_, splits) => splits.map(time),
      ...(input.since ? { incrs: sinceSteps } : {}),
    },
    {
      ...base,
      size: 68,
      space: 36,
      values: (_, splits) => splits.map((value) => input.show(value)),
      ...(['By', 'bytes'].includes(input.frame.unit) ? { incrs: byteSteps } : {}),
    },
  ]
}

function series(input: PlotInput): uPlot.Series[] {
  const lines = input.frame.lines.map(
    (line, index): uPlot.Series => ({
      stroke: input.colour(line.colour),
      width: index === 0 ? 2 : 1.5,
      points: { show: input.frame.xs.length < 3 },
      spanGaps: false,
      ...(line.dashed
        ? {
            dash: [
              [6, 3],
              [2, 3],
              [8, 3, 2, 3],
            ][(index - 1) % 3]!,
          }
        : {}),
    }),
  )
  if (!input.frame.band) return [{}, ...lines]
  const edge = { stroke: input.colour('--band-edge'), width: 1, points: { show: false } }
  const middle = { stroke: input.colour('--ink-3'), width: 1, dash: [1, 3], points: { show: false } }
  return [{}, edge, middle, edge, ...lines]
}

export function dataOf(frame: Frame): uPlot.AlignedData {
  const band = frame.band ? [frame.band.lower, frame.band.expected, frame.band.upper] : []
  return [frame.xs, ...band, ...frame.lines.map((line) => line.values)] as uPlot.AlignedData
}

/** The anomalous span, beneath the lines. */
function drawShade(plot: uPlot, shade: Shade, colour: string): void {
  const left = Math.max(plot.bbox.left, plot.valToPos(shade.fromS, 'x', true))
  const right = Math.min(plot.bbox.left + plot.bbox.width, plot.valToPos(shade.toS, 'x', true))
  if (right <= left) return
  plot.ctx.fillStyle = colour
  plot.ctx.fillRect(left, plot.bbox.top, right - left, plot.bbox.height)
}

/** Deploys: a plumb line from the top with its bob resting on the axis. */
function drawDeploys(plot: uPlot, timesS: number[], colour: string): void {
  const { ctx, bbox } = plot
  const ratio = devicePixelRatio
  ctx.save()
  ctx.strokeStyle = colour
  ctx.fillStyle = colour
  ctx.lineWidth = 1.5 * ratio
  ctx.setLineDash([])
  for (const time of timesS) {
    const x = plot.valToPos(time, 'x', true)
    if (x < bbox.left || x > bbox.left + bbox.width) continue
    const foot = bbox.top + bbox.height
    ctx.beginPath()
    ctx.moveTo(x, bbox.top)
    ctx.lineTo(x, foot - 8 * ratio)
    ctx.stroke()
    ctx.beginPath()
    ctx.moveTo(x - 4.5 * ratio, foot - 9 * ratio)
    ctx.lineTo(x + 4.5 * ratio, foot - 9 * ratio)
    ctx.lineTo(x, foot)
    ctx.fill()
  }
  ctx.restore()
}

function hooks(input: PlotInput): uPlot.Hooks.Arrays {
  return {
    drawClear: [(plot) => input.shade && drawShade(plot, input.shade, input.colour('--shade'))],
    ready: [
      (plot) => {
        const { onPick } = input
        if (!onPick) return
        plot.over.classList.add('pickable')
        plot.over.addEventListener('click', () => {
          const { idx } = plot.cursor
          const at = idx === null || idx === undefined ? undefined : input.frame.xs[idx]
          if (at !== undefined) onPick(at)
        })
      },
    ],
    draw: [(plot) => drawDeploys(plot, input.deployTimesS, input.colour('--plumb')), input.onScale],
    setCursor: [(plot) => input.onCursor(plot.cursor.idx ?? null)],
    setSelect: [
      (plot) => {
        const { left, width } = plot.select
        if (width < 4) return
        input.onZoom(plot.posToVal(left, 'x'), plot.posToVal(left + width, 'x'))
        plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false)
      },
    ],
  }
}

const floor: Record<string, number> = { ratio: 0.01, ms: 1, per_minute: 1 }

export function makePlot(host: HTMLElement, input: PlotInput): uPlot {
  const fromZero: uPlot.Range.Function = (_, low, high) => {
    const top = Math.max(high ?? 0, floor[input.frame.unit] ?? 1e-9) * 1.08
    return [low !== null && low < 0 ? low * 1.08 : 0, top]
  }
  const options: uPlot.Options = {
    width: input.width,
    height: input.height,
    legend: { show: false },
    padding: [10, 20, 0, 0],
    scales: { x: { time: !input.since, range: () => [input.fromS, input.toS] }, y: { range: fromZero } },
    axes: axes(input),
    series: series(input),
    bands: input.frame.band ? [{ series: [3, 1], fill: input.colour('--band') }] : [],
    hooks: hooks(input),
    cursor: {
      y: false,
      drag: { x: true, y: false, setScale: false },
      bind: {
        dblclick: () => () => {
          input.onReset()
          return null
        },
      },
      ...(input.syncKey ? { sync: { key: input.syncKey, setSeries: false } } : {}),
    },
  }
  return new uPlot(options, dataOf(input.frame), host)
}
