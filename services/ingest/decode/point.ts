import type { Blocks } from './blocks.ts'
import { firstHash, secondHash } from './dict.ts'
import type { MapColumn } from './map.ts'
import { valueEnd, valueStart } from './map.ts'
import type { MetricRow, PointBlock } from './metric-columns.ts'
import { Ranges } from './ranges.ts'
import { type Core, MAX_TIME_HI } from './reader.ts'
import type { ResourceRow } from './resource.ts'
import { VARYING } from './roles.ts'
import { encodeText } from './utf8.ts'
import type { Wire } from './wire.ts'

/** Bit 0 of a point's flags: the series has ended, the value means nothing. */
export const NO_RECORDED_VALUE = 1

/** AggregationTemporality: the value is a total since the start. */
const CUMULATIVE = 2
/** The attribute that the SDK's own overflow series has. */
const OVERFLOW = encodeText('otel.metric.overflow')

/** Reads the points of one kind of metric into its table. */
export abstract class PointReader<B extends PointBlock> {
  protected readonly core: Core
  protected readonly wire: Wire
  protected readonly exemplars = new Ranges()
  protected startLo = 0
  protected startHi = 0
  protected timeLo = 0
  protected timeHi = 0
  protected flags = 0
  readonly #blocks: Blocks<B>
  readonly #hash = new Uint32Array(2)

  constructor(core: Core, blocks: Blocks<B>) {
    this.core = core
    this.wire = core.wire
    this.#blocks = blocks
  }

  /** Forgets the last point. */
  protected clear(): void {
    this.startLo = this.startHi = this.timeLo = this.timeHi = this.flags = 0
    this.exemplars.clear()
    this.core.attributes.clear()
  }

  /** Reads the point's fields up to `to`, and writes nothing yet. */
  protected abstract scan(to: number): void
  /** Why the point cannot be stored, or ''. */
  protected abstract refusal(): string
  /** Writes the columns that its kind alone has; `Attributes` are done. */
  protected abstract write(block: B): void

  /** Start and time, which all kinds have in fields 2 and 3. False: another field. */
  protected times(tag: number): boolean {
    const w = this.wire
    if (tag === 17) {
      w.fixed64()
      this.startLo = w.lo
      this.startHi = w.hi
      return true
    }
    if (tag !== 25) return false
    w.fixed64()
    this.timeLo = w.lo
    this.timeHi = w.hi
    return true
  }

  point(to: number, metric: MetricRow): void {
    const { intake, place } = this.core
    intake.item()
    this.clear()
    this.wire.lim = to
    this.scan(to)
    if ((this.timeLo | this.timeHi) === 0) {
      intake.reject('data points without a time rejected')
      return
    }
    const refusal = this.refusal()
    if (refusal !== '') {
      intake.reject(refusal)
      return
    }
    if (!place.at(this.timeLo, this.timeHi, intake)) {
      intake.reject('data points older than the retention rejected')
      return
    }
    const block = this.#blocks.at(Math.floor(place.minute / 1440))
    const isNew = block.context !== this.core.context
    this.core.settle(block)
    if (isNew) block.metrics.begin(metric, block.rows)
    this.#head(block, metric)
    this.write(block)
    block.added(place.minute)
    intake.accept()
  }

  #head(block: B, metric: MetricRow): void {
    const { intake, attributes, place } = this.core
    if (this.startHi > MAX_TIME_HI) block.start.push64(0xffffffff, MAX_TIME_HI)
    else block.start.push64(this.startLo, this.startHi)
    block.time.push64(place.lo, place.hi)
    block.clientTime.push64(place.clientLo, place.clientHi)
    attributes.write(block.attributes, intake.limits.metricValueBytes, 0)
    block.attributes.end()
    const resource = this.core.resource!
    seriesId(resource, metric, block.attributes, this.#hash)
    const isOver = !intake.ceilings.admits(this.#hash[0]!, this.#hash[1]!, metric, resource)
    if (isOver) this.#overflow(block, metric)
    // Totals of several writers under one name are no counter any more: readers pass over the value.
    block.flags.push(isOver && metric.temporality === CUMULATIVE ? this.flags | NO_RECORDED_VALUE : this.flags)
    block.series.push64(this.#hash[0]!, this.#hash[1]!)
  }

  /** One series too many of its metric: it goes under the one that stands for all of these. */
  #overflow(block: B, metric: MetricRow): void {
    const { intake, attributes } = this.core
    block.attributes.undo()
    block.attributes.begin()
    attributes.note(block.attributes, OVERFLOW, 'true')
    block.attributes.end()
    seriesId(this.core.resource!, metric, block.attributes, this.#hash)
    intake.overflow('series')
  }
}

const mix = (h: number): number => {
  const a = Math.imul(h ^ (h >>> 16), 0x7feb352d)
  const b = Math.imul(a ^ (a >>> 15), 0x846ca68b)
  return b ^ (b >>> 16)
}

/**
 * The identity of a series over deploys: service, environment, metric name and the attributes of the map just ended, in any order;
 * not version, commit or instance, of the resource or among the attributes. 64 bits into `hash`, low half first.
 */
const seriesId = (resource: ResourceRow, metric: MetricRow, map: MapColumn, hash: Uint32Array): void => {
  const { dict, keys, values } = map
  let lo = 0
  let hi = 0
  let at = map.firstValue
  for (let i = map.firstKey; i < keys.used; i++) {
    const key = keys.data[i]!
    const start = valueStart(values.data, at)
    const end = valueEnd(values.data, at)
    if (dict.flags[key] === VARYING) {
      at = end
      continue
    }
    lo = (lo + mix(dict.hash[key]! ^ Math.imul(firstHash(values.data, start, end), 0x9e3779b1))) | 0
    hi = (hi + mix(dict.hash2[key]! ^ Math.imul(secondHash(values.data, start, end), 0x85ebca77))) | 0
    at = end
  }
  hash[0] = mix(mix(mix(lo) ^ metric.hashLo) + resource.hashLo)
  hash[1] = mix(mix(mix(hi) ^ metric.hashHi) + resource.hashHi)
}
