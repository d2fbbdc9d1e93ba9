import { Words } from './columns.ts'
import { writeExemplars } from './exemplars.ts'
import type { HistogramBlock } from './metric-columns.ts'
import { NO_RECORDED_VALUE, PointReader } from './point.ts'
import { fields, type Wire } from './wire.ts'

const KNOWN = fields(2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12)
const TWO_32 = 4_294_967_296

/** A sum of 64-bit counts, exact. */
export class CountSum {
  #lo = 0
  #hi = 0

  clear(): void {
    this.#lo = this.#hi = 0
  }
  add(lo: number, hi: number): void {
    this.#lo += lo
    this.#hi += hi
  }
  is(lo: number, hi: number): boolean {
    const carry = Math.floor(this.#lo / TWO_32)
    return this.#lo - carry * TWO_32 === lo && this.#hi + carry === hi
  }
}

/** Reads a packed list of 8-byte numbers into `into`. */
const packed64 = (w: Wire, into: Words): void => {
  const outer = w.lim
  const to = w.until()
  w.lim = to
  while (w.pos < to) {
    w.fixed64()
    into.push64(w.lo, w.hi)
  }
  w.lim = outer
}

/** Reads the points of histograms with explicit bounds. */
export class HistogramReader extends PointReader<HistogramBlock> {
  readonly #counts = new Words()
  readonly #bounds = new Words()
  readonly #total = new CountSum()
  #countLo = 0
  #countHi = 0
  #sum = 0
  #min = 0
  #max = 0
  #hasSum = false
  #hasMin = false
  #hasMax = false

  protected scan(to: number): void {
    const w = this.wire
    this.#counts.reset()
    this.#bounds.reset()
    this.#countLo = this.#countHi = this.#sum = this.#min = this.#max = 0
    this.#hasSum = this.#hasMin = this.#hasMax = false
    while (w.pos < to) {
      const tag = w.tag()
      if (this.times(tag) || this.#number(tag)) continue
      if (tag === 50) packed64(w, this.#counts)
      else if (tag === 58) packed64(w, this.#bounds)
      else if (tag === 66) this.exemplars.add(w)
      else if (tag === 74) this.core.attributes.add()
      else if (tag === 80) this.flags = w.uint32()
      else w.skip(tag, KNOWN)
    }
  }

  /** A field of eight bytes. */
  #number(tag: number): boolean {
    const w = this.wire
    if (tag !== 33 && tag !== 41 && tag !== 49 && tag !== 57 && tag !== 89 && tag !== 97) return false
    const value = w.double()
    if (tag === 33) {
      this.#countLo = w.lo
      this.#countHi = w.hi
    } else if (tag === 41) {
      this.#sum = value
      this.#hasSum = true
    } else if (tag === 49) this.#counts.push64(w.lo, w.hi)
    else if (tag === 57) this.#bounds.push64(w.lo, w.hi)
    else if (tag === 89) {
      this.#min = value
      this.#hasMin = true
    } else {
      this.#max = value
      this.#hasMax = true
    }
    return true
  }

  /** O78: bounds one fewer than buckets, and increasing; no buckets at all is count and sum only. */
  protected refusal(): string {
    if ((this.flags & NO_RECORDED_VALUE) !== 0) return ''
    const buckets = this.#counts.used >>> 1
    const bounds = this.#bounds.used >>> 1
    if (buckets === 0 ? bounds !== 0 : buckets !== bounds + 1)
      return 'histogram points whose buckets do not fit their bounds rejected'
    const view = new Float64Array(this.#bounds.data.buffer, 0, bounds)
    for (let i = 0; i < bounds; i++) {
      if (Number.isNaN(view[i]!) || (i > 0 && view[i]! <= view[i - 1]!))
        return 'histogram points with bounds that do not increase rejected'
    }
    return ''
  }

  protected write(block: HistogramBlock): void {
    block.count.push64(this.#countLo, this.#countHi)
    block.sum.pushDouble(this.#sum)
    block.min.pushDouble(this.#min)
    block.max.pushDouble(this.#max)
    block.hasSum.push(this.#hasSum ? 1 : 0)
    block.hasMinMax.push(this.#hasMin && this.#hasMax ? 1 : 0)
    this.#total.clear()
    for (let i = 0; i < this.#counts.used; i += 2) {
      block.counts.push64(this.#counts.data[i]!, this.#counts.data[i + 1]!)
      this.#total.add(this.#counts.data[i]!, this.#counts.data[i + 1]!)
    }
    for (let i = 0; i < this.#bounds.used; i += 2) block.bounds.push64(this.#bounds.data[i]!, this.#bounds.data[i + 1]!)
    block.countEnds.push(block.counts.used >>> 1)
    block.boundEnds.push(block.bounds.used >>> 1)
    if (this.#counts.used > 0 && !this.#total.is(this.#countLo, this.#countHi)) {
      this.core.intake.remark('histogram points kept whose count is not the sum of their buckets')
    }
    writeExemplars(this.core, this.exemplars, block.exemplars)
  }
}
