import type { Blocks } from './blocks.ts'
import { firstHash, secondHash } from './dict.ts'
import { ExponentialReader } from './exponential.ts'
import { HistogramReader } from './histograms.ts'
import type { ExponentialBlock, HistogramBlock, MetricRow, NumberBlock, SummaryBlock } from './metric-columns.ts'
import { NumberReader } from './numbers.ts'
import type { Core } from './reader.ts'
import { type Pieces, piece, type ResourceRow, type ScopeRow } from './resource.ts'
import { SummaryReader } from './summaries.ts'
import { encodeText } from './utf8.ts'
import { fields, type Wire } from './wire.ts'

const KNOWN = fields(1, 2, 3, 5, 7, 9, 10, 11, 12)
const DATA_KNOWN = fields(1, 2, 3)
const MAX_CACHED = 4096
/** Tags of the kinds of data in Metric. */
const GAUGE = 42
const SUM = 58
const HISTOGRAM = 74
const EXPONENTIAL = 82
const SUMMARY = 90
const METADATA = 98

export type MetricBlocks = {
  gauge: Blocks<NumberBlock>
  sum: Blocks<NumberBlock>
  histogram: Blocks<HistogramBlock>
  exponential: Blocks<ExponentialBlock>
  summary: Blocks<SummaryBlock>
}

type Points = { point(to: number, metric: MetricRow): void }

/** Reads metrics into the five tables. */
export class MetricReader {
  readonly #core: Core
  readonly #wire: Wire
  readonly #readers: Record<number, Points>
  readonly #rows = new Map<string, MetricRow>()

  constructor(core: Core, blocks: MetricBlocks) {
    this.#core = core
    this.#wire = core.wire
    this.#readers = {
      [GAUGE]: new NumberReader(core, blocks.gauge),
      [SUM]: new NumberReader(core, blocks.sum),
      [HISTOGRAM]: new HistogramReader(core, blocks.histogram),
      [EXPONENTIAL]: new ExponentialReader(core, blocks.exponential),
      [SUMMARY]: new SummaryReader(core, blocks.summary),
    }
  }

  enter(resource: ResourceRow, scope: ScopeRow): void {
    this.#core.enter(resource, scope)
  }

  item(to: number): void {
    const w = this.#wire
    const name: Pieces = []
    const description: Pieces = []
    const unit: Pieces = []
    const data: Pieces = []
    let kind = 0
    w.lim = to
    while (w.pos < to) {
      const tag = w.tag()
      if (tag === 10) piece(w, name, true)
      else if (tag === 18) piece(w, description, true)
      else if (tag === 26) piece(w, unit, true)
      else if (tag in this.#readers) {
        piece(w, data, tag !== kind)
        kind = tag
      } else w.skip(tag, tag === METADATA ? 0 : KNOWN)
    }
    if (kind !== 0) this.#data(kind, name, description, unit, data)
    else for (const text of [name, description, unit]) this.#core.contexts.text(text)
  }

  #data(kind: number, name: Pieces, description: Pieces, unit: Pieces, data: Pieces): void {
    const w = this.#wire
    let temporality = 0
    let isMonotonic = 0
    for (let i = 0; i < data.length; i += 2) {
      w.range(data[i]!, data[i + 1]!)
      while (w.pos < w.lim) {
        const tag = w.tag()
        if (tag === 10) w.pos = w.until()
        else if (tag === 16) temporality = w.int32()
        else if (tag === 24) isMonotonic = w.uint32()
        else w.skip(tag, DATA_KNOWN)
      }
    }
    const needsTemporality = kind === SUM || kind === HISTOGRAM || kind === EXPONENTIAL
    const row = this.#row(
      name,
      description,
      unit,
      needsTemporality ? temporality : 0,
      kind === SUM && isMonotonic !== 0,
    )
    this.#core.context++
    for (let i = 0; i < data.length; i += 2)
      this.#points(kind, data[i]!, data[i + 1]!, needsTemporality && temporality === 0, row)
  }

  #points(kind: number, from: number, to: number, refuse: boolean, row: MetricRow): void {
    const w = this.#wire
    const reader = this.#readers[kind]!
    w.range(from, to)
    while (w.pos < to) {
      const tag = w.tag()
      if (tag !== 10) {
        w.skip(tag, 0)
        continue
      }
      const end = w.until()
      if (refuse) this.#core.intake.reject('data points of sums or histograms without aggregation temporality rejected')
      else reader.point(end, row)
      w.range(end, to)
    }
  }

  #row(name: Pieces, description: Pieces, unit: Pieces, temporality: number, isMonotonic: boolean): MetricRow {
    const { contexts, intake } = this.#core
    const key = `${contexts.latin1(name)}\n${contexts.latin1(unit)}\n${temporality}\n${isMonotonic}\n${contexts.latin1(description)}`
    const hit = this.#rows.get(key)
    if (hit !== undefined) return hit
    const { alterations } = intake
    const text = contexts.metricName(name)
    const bytes = encodeText(text)
    const row: MetricRow = {
      name: text,
      description: contexts.text(description),
      unit: contexts.text(unit),
      temporality,
      isMonotonic,
      hashLo: firstHash(bytes, 0, bytes.length),
      hashHi: secondHash(bytes, 0, bytes.length),
    }
    if (intake.alterations === alterations) {
      if (this.#rows.size >= MAX_CACHED) this.#rows.clear()
      this.#rows.set(key, row)
    }
    return row
  }
}
