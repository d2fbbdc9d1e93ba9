import { type Ends, Words } from './columns.ts'
import { writeExemplars } from './exemplars.ts'
import { CountSum } from './histograms.ts'
import type { ExponentialBlock } from './metric-columns.ts'
import { NO_RECORDED_VALUE, PointReader } from './point.ts'
import { fields } from './wire.ts'

const KNOWN = fields(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14)
const BUCKETS_KNOWN = fields(1, 2)
/** Scales of the data model that can be held in doubles. */
const MIN_SCALE = -10
const MAX_SCALE = 20
/** A double lies between 2^-1074 and 2^1024. */
const MIN_EXPONENT = -1074
const MAX_EXPONENT = 1024
const MAX_INDEX = 0x7fffffff

class Side {
  offset = 0
  readonly counts = new Words()

  clear(): void {
    this.offset = 0
    this.counts.reset()
  }

  /** Whether each bucket that holds something overlaps the range of doubles: bucket i is (2^(i/2^scale), 2^((i+1)/2^scale)]. */
  fits(scale: number): boolean {
    const { data, used } = this.counts
    const size = used >>> 1
    if (size === 0) return true
    if (this.offset + size - 1 > MAX_INDEX) return false
    const width = 2 ** -scale
    for (let i = 0; i < size; i++) {
      if ((data[2 * i]! | data[2 * i + 1]!) === 0) continue
      const index = this.offset + i
      if (index * width >= MAX_EXPONENT || (index + 1) * width <= MIN_EXPONENT) return false
    }
    return true
  }

  writeTo(offsets: Words, ends: Ends, counts: Words, total: CountSum): void {
    offsets.push(this.offset)
    for (let i = 0; i < this.counts.used; i += 2) {
      counts.push64(this.counts.data[i]!, this.counts.data[i + 1]!)
      total.add(this.counts.data[i]!, this.counts.data[i + 1]!)
    }
    ends.push(counts.used >>> 1)
  }
}

/** Reads the points of exponential histograms. */
export class ExponentialReader extends PointReader<ExponentialBlock> {
  readonly #positive = new Side()
  readonly #negative = new Side()
  readonly #total = new CountSum()
  #scale = 0
  #countLo = 0
  #countHi = 0
  #zeroLo = 0
  #zeroHi = 0
  #sum = 0
  #min = 0
  #max = 0
  #threshold = 0
  #hasSum = false
  #hasMin = false
  #hasMax = false

  #reset(): void {
    this.#positive.clear()
    this.#negative.clear()
    this.#scale = this.#countLo = this.#countHi = this.#zeroLo = this.#zeroHi = 0
    this.#sum = this.#min = this.#max = this.#threshold = 0
    this.#hasSum = this.#hasMin = this.#hasMax = false
  }

  protected scan(to: number): void {
    const w = this.wire
    this.#reset()
    while (w.pos < to) {
      const tag = w.tag()
      if (this.times(tag) || this.#number(tag)) continue
      if (tag === 10) this.core.attributes.add()
      else if (tag === 48) this.#scale = w.sint32()
      else if (tag === 66) this.#buckets(this.#positive)
      else if (tag === 74) this.#buckets(this.#negative)
      else if (tag === 80) this.flags = w.uint32()
      else if (tag === 90) this.exemplars.add(w)
      else w.skip(tag, KNOWN)
    }
  }

  /** A field of eight bytes. */
  #number(tag: number): boolean {
    const w = this.wire
    if (tag !== 33 && tag !== 41 && tag !== 57 && tag !== 97 && tag !== 105 && tag !== 113) return false
    const value = w.double()
    if (tag === 33) {
      this.#countLo = w.lo
      this.#countHi = w.hi
    } else if (tag === 57) {
      this.#zeroLo = w.lo
      this.#zeroHi = w.hi
    } else if (tag === 41) {
      this.#sum = value
      this.#hasSum = true
    } else if (tag === 97) {
      this.#min = value
      this.#hasMin = true
    } else if (tag === 105) {
      this.#max = value
      this.#hasMax = true
    } else this.#threshold = value
    return true
  }

  #buckets(side: Side): void {
    const w = this.wire
    const outer = w.lim
    const to = w.until()
    w.lim = to
    while (w.pos < to) {
      const tag = w.tag()
      if (tag === 8) side.offset = w.sint32()
      else if (tag === 16) this.#bucket(side)
      else if (tag === 18) {
        const end = w.until()
        w.lim = end
        while (w.pos < end) this.#bucket(side)
        w.lim = to
      } else w.skip(tag, BUCKETS_KNOWN)
    }
    w.lim = outer
  }

  #bucket(side: Side): void {
    this.wire.varint()
    side.counts.push64(this.wire.lo, this.wire.hi)
  }

  protected refusal(): string {
    if ((this.flags & NO_RECORDED_VALUE) !== 0) return ''
    const scale = this.#scale
    const fits = scale >= MIN_SCALE && scale <= MAX_SCALE && this.#positive.fits(scale) && this.#negative.fits(scale)
    return fits ? '' : 'exponential histogram points with a scale or an index beyond the range of doubles rejected'
  }

  protected write(block: ExponentialBlock): void {
    const total = this.#total
    block.count.push64(this.#countLo, this.#countHi)
    block.sum.pushDouble(this.#sum)
    block.min.pushDouble(this.#min)
    block.max.pushDouble(this.#max)
    block.hasSum.push(this.#hasSum ? 1 : 0)
    block.hasMinMax.push(this.#hasMin && this.#hasMax ? 1 : 0)
    block.scale.push(this.#scale)
    block.zeroCount.push64(this.#zeroLo, this.#zeroHi)
    block.zeroThreshold.pushDouble(this.#threshold)
    total.clear()
    total.add(this.#zeroLo, this.#zeroHi)
    this.#positive.writeTo(block.positiveOffset, block.positiveEnds, block.positive, total)
    this.#negative.writeTo(block.negativeOffset, block.negativeEnds, block.negative, total)
    if ((this.flags & NO_RECORDED_VALUE) === 0 && !total.is(this.#countLo, this.#countHi)) {
      this.core.intake.remark('histogram points kept whose count is not the sum of their buckets')
    }
    writeExemplars(this.core, this.exemplars, block.exemplars)
  }
}
