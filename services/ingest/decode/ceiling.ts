import type { MetricRow } from './metric-columns.ts'
import type { ResourceRow } from './resource.ts'

/** Attribute sets of one metric of one service and hour, the SDKs' own limit for a metric; distinct names of an hour. */
export const MAX_SERIES = 2000
export const MAX_NAMES = 10_000
/** Series of all metrics of an hour that are told apart: 16 bytes each, at most half of the slots in use. */
const MAX_KNOWN = 1_000_000
const FIRST_SLOTS = 4096
/** Slots looked at for one id. At half load a run this long does not come by chance. */
const MAX_PROBES = 512
const HOUR_MS = 3_600_000

/** A set of 64-bit ids as two halves. An id whose slots are all taken, as by ids made to collide, cannot be put in. */
class IdSet {
  size = 0
  #slots = new Uint32Array(FIRST_SLOTS * 2)

  has(lo: number, hi: number): boolean {
    const at = this.#find(lo, hi)
    return at >= 0 && this.#slots[at] === lo && this.#slots[at + 1] === hi
  }

  /** Whether there was room for it. */
  add(lo: number, hi: number): boolean {
    if ((this.size + 1) * 4 > this.#slots.length) this.#grow()
    return this.#put(lo, hi)
  }

  #put(lo: number, hi: number): boolean {
    const at = this.#find(lo, hi)
    if (at < 0) return false
    this.#slots[at] = lo
    this.#slots[at + 1] = hi
    this.size++
    return true
  }

  clear(): void {
    if (this.size > 0) this.#slots = new Uint32Array(FIRST_SLOTS * 2)
    this.size = 0
  }

  /** Where an id is or would go; -1 where too many stand in its way. 0, 0 marks a free slot and is never an id. */
  #find(lo: number, hi: number): number {
    const slots = this.#slots
    const mask = slots.length - 1
    for (let at = (lo << 1) & mask, probes = 0; probes < MAX_PROBES; at = (at + 2) & mask, probes++) {
      const first = slots[at]!
      const second = slots[at + 1]!
      if ((first === lo && second === hi) || (first === 0 && second === 0)) return at
    }
    return -1
  }

  #grow(): void {
    const old = this.#slots
    this.#slots = new Uint32Array(old.length * 2)
    this.size = 0
    for (let i = 0; i < old.length; i += 2) if (old[i] !== 0 || old[i + 1] !== 0) this.#put(old[i]!, old[i + 1]!)
  }
}

type Count = { series: number }

/**
 * What an hour of receipt may hold that is distinct: series of a metric, and names. Decided from the bodies and their receive times
 * alone. A decoder that begins anew, as after a restart, counts anew: then an hour may have up to twice as many. The number of rows
 * never depends on it, so recovery, which counts rows, is exact all the same.
 */
export class Ceilings {
  #hour = -1
  readonly #known = new IdSet()
  readonly #counts = new Map<string, Count>()
  readonly #names = new Map<string, Set<string>>()
  #lastMetric: MetricRow | null = null
  #lastResource: ResourceRow | null = null
  #last: Count = { series: 0 }

  begin(receivedAtMs: number): void {
    const hour = Math.floor(receivedAtMs / HOUR_MS)
    if (hour === this.#hour) return
    this.#hour = hour
    this.#known.clear()
    this.#counts.clear()
    this.#names.clear()
    this.#lastMetric = null
  }

  /** Whether a series is known or may still be told apart. */
  admits(lo: number, hi: number, metric: MetricRow, resource: ResourceRow): boolean {
    if (this.#known.has(lo, hi)) return true
    const count = this.#countOf(metric, resource)
    if (count.series >= MAX_SERIES || this.#known.size >= MAX_KNOWN || !this.#known.add(lo, hi)) return false
    count.series++
    return true
  }

  #countOf(metric: MetricRow, resource: ResourceRow): Count {
    if (metric === this.#lastMetric && resource === this.#lastResource) return this.#last
    const key = `${resource.service}\0${resource.environment}\0${metric.name}`
    let count = this.#counts.get(key)
    if (count === undefined) {
      count = { series: 0 }
      this.#counts.set(key, count)
    }
    this.#lastMetric = metric
    this.#lastResource = resource
    this.#last = count
    return count
  }

  /** Whether a name of a kind is known or may still be kept apart. */
  admitsName(kind: string, name: string): boolean {
    let names = this.#names.get(kind)
    if (names === undefined) {
      names = new Set()
      this.#names.set(kind, names)
    }
    if (names.has(name)) return true
    if (names.size >= MAX_NAMES) return false
    names.add(name)
    return true
  }
}
